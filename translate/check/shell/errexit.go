package shell

import (
	"slices"
	"strings"
)

// errexit reports whether the script ends at a command that fails: set -e, and nowhere set +e.
func (f *File) errexit() bool {
	on := f.Inline
	if !f.Inline {
		on = slices.ContainsFunc(interpreter(f.Text).args, func(arg string) bool {
			return strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.Contains(arg, "e")
		})
	}
	for _, c := range f.Commands {
		if c.Name != "set" || c.Inner > 0 {
			continue
		}
		switch {
		case c.has("e") || c.option("-o", "errexit"):
			on = true
		case c.open() || c.option("+o", "errexit") || slices.ContainsFunc(c.Args, func(a Arg) bool {
			return strings.HasPrefix(a.Text, "+") && strings.Contains(a.Text, "e")
		}):
			return false
		}
	}
	return on
}

// option reports whether one of the words is flag or ends in its letter, as -eo does, and the next one is value.
func (c *Command) option(flag, value string) bool {
	for i, a := range c.Args[:max(0, len(c.Args)-1)] {
		if strings.HasPrefix(a.Text, flag[:1]) && strings.HasSuffix(a.Text, flag[1:]) && c.Args[i+1].Text == value {
			return true
		}
	}
	return false
}
