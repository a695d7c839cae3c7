package shell

import (
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// builtins change the shell that they run in. As programs they do not exist, or do nothing.
var builtins = []string{"cd", "source", ".", "export", "alias", "unalias", "set", "unset", "shopt", "umask", "pushd", "popd", "ulimit",
	"eval", "declare", "local", "readonly", "trap", "hash", "type"}

func sudoBuiltin(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if c.Sudo == nil || !slices.Contains(builtins, c.Name) {
			continue
		}
		found := c.finding(fmt.Sprintf("sudo cannot run %q", c.Name),
			"it is a command of the shell: there is no such program, or one that leaves the script as it is",
			"put it and what needs it into sudo sh -c '…'")
		if c.Sudo.From < c.Word.To {
			found.From, found.To = c.Sudo.From, c.Word.To
		}
		report(found)
	}
}
