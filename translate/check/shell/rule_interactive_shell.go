package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func interactiveShell(f *File, report func(scriptrule.Finding)) {
	for i, c := range f.Commands {
		if c.Fed || c.open() || c.Behind || !c.opensShell() {
			continue
		}
		why := "it gets the end of input at once, and ends"
		if i+1 < len(f.Commands) {
			why += "; the commands after it do not run in it, but as before, without the rights it was to give them"
		}
		report(c.finding(fmt.Sprintf("%q opens a shell, and nobody types into it", f.short(c)), why,
			"put sudo before each command, or give the shell its commands with -c"))
	}
}

// opensShell reports whether the command is a shell without anything to run.
func (c *Command) opensShell() bool {
	switch {
	case c.wrapped("exec"):
		return false // it may be meant to put another shell in place of this one
	case c.Name == "sudo": // with options alone
		words := texts(c.Args)
		return !slices.ContainsFunc(words, func(w string) bool {
			return strings.Trim(w, "-isHEn") != "" && !oneOf(w, "--login", "--shell")
		}) && c.has("is", "login", "shell")
	case c.Name == "su":
		_, text := c.su()
		return text == nil && !c.has("h", "help", "version") && c.Sudo != nil
	case isShell(c.Name):
		return c.shellText() == nil && len(c.scripts()) == 0 && !c.has("cs", "version", "help", "rcfile", "init-file")
	}
	return false
}
