package shell

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func downloadToShell(f *File, report func(scriptrule.Finding)) {
	for _, p := range f.Pipes {
		for i, c := range p.Parts[:len(p.Parts)-1] {
			to := p.Parts[i+1]
			if c == nil || to == nil || !c.downloads() || !to.runsInput() {
				continue
			}
			found := c.finding(fmt.Sprintf("%q runs a download that nothing has checked", to.Name),
				"what comes may change between two builds, or break off in the middle: the shell runs what it has got",
				"write it into a file, compare its checksum (sha256sum -c), and run that")
			if !c.place.whole && to.To > found.From {
				found.To = to.To
			}
			report(found)
		}
	}
	for i, c := range f.Commands { // bash <(curl …), sh -c "$(curl …)"
		if isShell(c.Name) && c.Call != nil && c.substituted(f.Commands[:i]) {
			report(c.finding(fmt.Sprintf("%q runs a download that nothing has checked", c.Name),
				"what comes may change between two builds, or break off in the middle: the shell runs what it has got",
				"write it into a file, compare its checksum (sha256sum -c), and run that"))
		}
	}
}

// downloads reports whether the command writes what it downloads to its standard output.
func (c *Command) downloads() bool {
	switch c.Name {
	case "curl":
		return !c.has("oOIT", "output", "remote-name", "head", "upload-file") && len(c.plain()) > 0
	case "wget":
		return slices.Equal(texts(c.after("-O", "--output-document")), []string{"-"}) ||
			slices.ContainsFunc(c.Args, func(a Arg) bool {
				return strings.HasPrefix(a.Text, "-") && !strings.HasPrefix(a.Text, "--") && strings.HasSuffix(a.Text, "O-")
			}) || c.has("O") && slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Text == "-" })
	}
	return false
}

// runsInput reports whether the command runs its standard input.
func (c *Command) runsInput() bool {
	switch {
	case isShell(c.Name) || c.Name == "zsh":
		return c.shellText() == nil && (c.has("s") || len(c.scripts()) == 0 || c.scripts()[0].Text == "-")
	case slices.Contains([]string{"python", "python3", "perl", "ruby", "node"}, c.Name):
		return !c.has("cmeEnp") && (len(c.plain()) == 0 || c.plain()[0].Text == "-")
	}
	return false
}

// substituted reports whether a shell is given a download as its script: sh -c "$(curl …)", bash <(curl …).
// Commands in its words come before it.
func (c *Command) substituted(before []*Command) bool {
	script := -1
	if text := c.shellText(); text != nil {
		script = text.From
	} else if words := c.scripts(); len(words) > 0 {
		script = words[0].From
	}
	if script < 0 || c.place.whole {
		return false
	}
	for _, w := range c.Call.Args {
		from, to := c.place.span(w)
		if from != script {
			continue
		}
		for i := len(before) - 1; i >= 0 && before[i].From > from; i-- {
			if in := before[i]; in.To < to && in.Inner == c.Inner && in.downloads() && onlySubstitution(w) {
				return true
			}
		}
		return false
	}
	return false
}

func insecureDownload(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if option := c.unchecked(); option != nil {
			name := option.Text
			if !strings.HasPrefix(name, "--") {
				name = "-k" // more may stand in the same word
			}
			report(scriptrule.Finding{From: option.From, To: option.To,
				Summary: fmt.Sprintf("%q does not check where it gets things from", c.Name),
				Why:     fmt.Sprintf("with %q anybody on the way can put something else in their place", name),
				Fix:     "take the option out, and install the certificate or key that is missing"})
		}
	}
	for _, p := range f.Pipes {
		for i, c := range p.Parts[:len(p.Parts)-1] {
			to := p.Parts[i+1]
			if c == nil || to == nil || !c.downloads() || !(to.runsInput() || to.is("apt-key", "add") || to.is("gpg") || to.is("tar")) {
				continue
			}
			for _, a := range c.plain("-H", "-A", "-e", "-x", "--header", "--user-agent", "--referer", "--proxy") {
				if strings.HasPrefix(a.Text, "http://") && !local(a.Text) {
					report(scriptrule.Finding{From: a.From, To: a.To, Summary: "the download is used as it comes, and comes over http",
						Why: "anybody on the way can put something else in its place", Fix: "use https"})
				}
			}
		}
	}
}

// unchecked is the option that tells a command not to check certificates or signatures; nil if there is none.
func (c *Command) unchecked() *Arg {
	m, verb, _ := c.packages()
	for i := range c.Args {
		a := &c.Args[i]
		long := strings.HasPrefix(a.Text, "--")
		switch {
		case c.Name == "curl" && (a.Text == "--insecure" || a.Text == "--proxy-insecure" || !long && c.letter(a.Text, 'k')):
			if slices.ContainsFunc(c.Args, func(a Arg) bool { return local(a.Text) }) {
				return nil
			}
			return a
		case c.Name == "wget" && a.Text == "--no-check-certificate":
			return a
		case m == aptGet && oneOf(a.Text, "--allow-unauthenticated", "--allow-insecure-repositories", "--force-yes"):
			return a
		case m == dnf && a.Text == "--nogpgcheck":
			return a
		case m == zypper && a.Text == "--no-gpg-checks" && verb != nil:
			return a
		case (c.Name == "pip" || c.Name == "pip3") && a.Text == "--trusted-host":
			return a
		}
	}
	return nil
}

// letter reports whether a cluster of letters of curl has one before the first that takes a value.
func (c *Command) letter(cluster string, letter rune) bool {
	if len(cluster) < 2 || cluster[0] != '-' {
		return false
	}
	for _, r := range cluster[1:] {
		if r == letter {
			return true
		}
		if strings.ContainsRune("AbcCdDeEFhHKmoPQrtTuUwxXyYz", r) {
			return false
		}
	}
	return false
}

// local reports whether an address is that of the build VM itself, or of the metadata service that Azure has there.
func local(url string) bool {
	for _, host := range []string{"localhost", "127.0.0.1", "169.254.169.254", "168.63.129.16", "[::1]"} {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), host); ok &&
			(rest == "" || strings.ContainsAny(rest[:1], ":/?")) {
			return true
		}
	}
	return false
}

// onlySubstitution reports whether a word is one substitution, quoted or not.
func onlySubstitution(w *syntax.Word) bool {
	if len(w.Parts) != 1 {
		return false
	}
	part := w.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	switch part := part.(type) {
	case *syntax.CmdSubst:
		return len(part.Stmts) == 1
	case *syntax.ProcSubst:
		return len(part.Stmts) == 1
	}
	return false
}
