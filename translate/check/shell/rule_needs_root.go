package shell

import (
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

const whyRoot = `the build user "packer" is not root; sudo asks it for no password`

func needsRoot(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if f.certainly(c) {
			report(f.withoutSudo(c))
		}
	}
}

// certainly reports whether a command needs root and has it not, and the build ends there.
func (f *File) certainly(c *Command) bool {
	return f.Inline && c.Sure() && c.From < f.known && !f.mindsRoot && f.stops && !c.Root && c.User == "" && len(c.Wrappers) == 0 &&
		c.alwaysRoot()
}

func (f *File) withoutSudo(c *Command) scriptrule.Finding {
	found := c.finding(fmt.Sprintf("%q needs root, and runs without sudo", f.naming(c)), whyRoot, "put sudo before it")
	found.From, found.To = c.Word.From, c.Word.To
	if !c.place.whole && c.From == c.Word.From && len(c.Wrappers) == 0 && len(c.Env) == 0 {
		found.Edits = []scriptrule.Edit{{From: c.From, To: c.From, Text: "sudo "}}
	}
	return found
}

// naming is the command with what it is told to do: "apt-get install".
func (f *File) naming(c *Command) string {
	if _, verb, _ := c.packages(); verb != nil {
		return c.Name + " " + verb.Text
	}
	if words := c.plain(); c.Name == "systemctl" && len(words) > 0 && words[0].Known() {
		return c.Name + " " + words[0].Text
	}
	return c.Name
}

// alwaysRoot reports whether the command fails for everybody but root.
func (c *Command) alwaysRoot() bool {
	if c.has("h", "help", "version") || c.open() {
		return false
	}
	if m, verb, _ := c.packages(); m != nil {
		return verb != nil && !c.dry(m) && (slices.Contains(m.asks, verb.Text) || slices.Contains(m.changes, verb.Text)) &&
			!c.has("", "downloadonly", "download-only", "root") && c.Name != "aptitude"
	}
	switch c.Name {
	case "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod":
		return len(c.plain()) > 0 && !c.has("DRP", "root", "prefix", "defaults")
	case "dpkg":
		return c.has("iP", "install", "purge", "configure") &&
			!c.has("", "root", "instdir", "dry-run", "simulate", "no-act", "force-not-root")
	}
	return false
}
