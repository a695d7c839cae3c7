package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func reboots(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		switch c.power() {
		case "restart":
			report(c.finding(fmt.Sprintf("%q restarts the build VM", f.short(c)),
				"the connection breaks off here, and there is no customizer that waits for a Linux machine to be back",
				"leave it out: the VMs made of the image start from its disk anyway"))
		case "off":
			report(c.finding(fmt.Sprintf("%q turns the build VM off", f.short(c)),
				"the connection breaks off here, and nothing turns the machine on again", "leave it out"))
		}
	}
	for _, w := range f.Writes {
		if w.File.Text == "/proc/sysrq-trigger" {
			report(scriptrule.Finding{From: w.From, To: w.To, Summary: `"/proc/sysrq-trigger" restarts or stops the build VM`,
				Why: "the connection breaks off here", Fix: "leave it out"})
		}
	}
}

// power tells what becomes of the machine: "restart", "off", or "" for nothing.
func (c *Command) power() string {
	if c.has("", "help", "version", "wtmp-only") || c.open() {
		return ""
	}
	words := texts(c.plain("-t", "-M", "-H"))
	first := ""
	if len(words) > 0 {
		first = words[0]
	}
	switch c.Name {
	case "reboot":
		if !c.has("w") {
			return "restart"
		}
	case "poweroff", "halt":
		if !c.has("w") {
			return "off"
		}
	case "shutdown":
		switch {
		case c.has("ck", "show"): // takes it back, or only says so
			return ""
		case c.has("r", "reboot"):
			return "restart"
		case len(words) > 0 || c.has("hPH", "poweroff", "halt"):
			return "off"
		}
	case "init", "telinit":
		return map[string]string{"6": "restart", "0": "off"}[first]
	case "systemctl":
		unit := ""
		if first == "start" || first == "isolate" {
			if len(words) > 1 {
				unit = strings.TrimSuffix(words[1], ".target")
			}
		} else if slices.Contains([]string{"reboot", "soft-reboot", "poweroff", "halt", "kexec"}, first) {
			unit = first
		}
		switch unit {
		case "reboot", "soft-reboot", "kexec":
			return "restart"
		case "poweroff", "halt":
			return "off"
		}
	}
	return ""
}

// short is the text of a command for a message.
func (f *File) short(c *Command) string {
	text := f.Text[min(c.From, len(f.Text)):min(c.To, len(f.Text))]
	if c.place.whole || len(c.Env) > 0 || len(text) > 60 {
		text = strings.Join(append([]string{c.Name}, texts(c.Args)...), " ")
	}
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	return visible(text)
}

// visible is a text for a message.
func visible(text string) string { return strings.ReplaceAll(text, unknown, "…") }
