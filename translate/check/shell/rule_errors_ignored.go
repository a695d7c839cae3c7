package shell

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func errorsIgnored(f *File, report func(scriptrule.Finding)) {
	if f.Inline || f.Tree == nil || f.stops || f.mindsErrors() {
		return
	}
	var first *Command
	n := 0
	for _, c := range f.Commands {
		if c.matters() && !c.Asked && !c.Func && !c.Sub {
			if n++; first == nil {
				first = c
			}
		}
	}
	last := f.Commands[max(0, len(f.Commands)-1):]
	if n == 0 || n == 1 && first == last[0] { // its status is that of the script
		return
	}
	report(first.finding("the script goes on after commands that fail, as this one may",
		"the status of a script is that of its last command, whatever happened before", "put set -e into its second line"))
}

// mindsErrors reports whether the script looks at what its commands return, in whatever way.
func (f *File) mindsErrors() bool {
	if strings.Contains(f.Text, "$?") || strings.Contains(f.Text, "${?}") {
		return true
	}
	return slices.ContainsFunc(f.Commands, func(c *Command) bool {
		return c.Name == "exit" && c.Branch || c.Name == "trap" && slices.Contains(texts(c.Args), "ERR") || c.Name == "set"
	})
}
