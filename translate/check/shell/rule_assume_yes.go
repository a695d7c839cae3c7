package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func assumeYes(f *File, report func(scriptrule.Finding)) {
	lower := strings.ToLower(f.Text)
	answered := map[*manager]bool{
		aptGet: strings.Contains(lower, "apt::get::assume-yes"),
		dnf:    strings.Contains(lower, "assumeyes"),
	}
	for _, c := range f.Commands {
		if c.Fed || answered[managers[c.Name]] {
			continue // yes | apt-get install
		}
		at, option, ok := c.asksFirst()
		if !ok {
			continue
		}
		found := c.finding(fmt.Sprintf("%q asks before it goes on, and nobody answers", f.Text[c.Word.From:at.To]),
			c.whenAsks()+"; there is no terminal in a build, the end of input is taken for no, and the command fails",
			"add "+strings.TrimSpace(option))
		found.From, found.To = c.Word.From, at.To
		if !c.place.whole && c.Word.From < at.To {
			found.Edits = []scriptrule.Edit{{From: at.To, To: at.To, Text: option}}
		}
		if c.Word.From >= at.To {
			found.Summary = fmt.Sprintf("%q asks before it goes on, and nobody answers", c.Name)
		}
		report(found)
	}
}

// asksFirst reports whether the command asks for a yes, after which of its words an option would answer, and which.
func (c *Command) asksFirst() (after Arg, option string, ok bool) {
	if m, verb, _ := c.packages(); m != nil {
		if verb == nil || !slices.Contains(m.asks, verb.Text) || c.dry(m) {
			return Arg{}, "", false
		}
		switch m {
		case aptGet:
			return *verb, " -y", !c.maybe("y", "yes", "assume-yes", "assume-no") && c.quiet() < 2
		case zypper:
			return c.Word, " --non-interactive", !c.maybe("yn", "no-confirm", "non-interactive", "non-interactive-include-reboot-patches")
		default:
			return *verb, " -y", !c.maybe("y", "yes", "assumeyes")
		}
	}
	words := c.plain("-n", "--name", "-p", "--prefix", "-c", "--channel", "-r", "--requirement")
	if len(words) == 0 {
		return Arg{}, "", false
	}
	switch verb := words[0]; c.Name {
	case "conda", "mamba":
		return verb, " -y", slices.Contains([]string{"install", "create", "update", "upgrade", "remove", "uninstall"}, verb.Text) &&
			!c.maybe("yhd", "yes", "help", "dry-run", "json", "quiet")
	case "pip", "pip3":
		return verb, " -y", verb.Text == "uninstall" && !c.maybe("yh", "yes", "help")
	case "ufw":
		return c.Word, " --force", slices.Contains([]string{"enable", "reset"}, verb.Text) && !c.maybe("", "force", "dry-run")
	}
	return Arg{}, "", false
}

// whenAsks tells when the command asks.
func (c *Command) whenAsks() string {
	if _, verb, _ := c.packages(); managers[c.Name] == aptGet && verb != nil && oneOf(verb.Text, "install", "reinstall") {
		return "it asks as soon as it would install more than what is named"
	}
	return "it asks for a yes"
}

// quiet counts -q: twice means yes to apt-get.
func (c *Command) quiet() int {
	n := 0
	for _, a := range c.Args {
		switch {
		case a.Text == "--quiet":
			n++
		case strings.HasPrefix(a.Text, "-q=") || strings.HasPrefix(a.Text, "--quiet="):
			return 2
		case strings.HasPrefix(a.Text, "-") && !strings.HasPrefix(a.Text, "--") && !strings.HasPrefix(a.Text, "-o"):
			n += strings.Count(a.Text, "q")
		}
	}
	return n
}
