package lightguest

import (
	"context"
	"fmt"
	"path"

	"mvdan.cc/sh/v3/interp"
)

// whichName is the guest's own command for "command -v".
const whichName = "command-v"

// lookHere has "command -v" look at the guest: the interpreter's own looks at the programs of this machine. It knows no functions of a
// script.
func lookHere(_ context.Context, args []string) ([]string, error) {
	if len(args) > 2 && args[0] == "command" && args[1] == "-v" {
		return append([]string{whichName}, args[2:]...), nil
	}
	return args, nil
}

// which names the commands that there are.
func which(p *process, args []string) int {
	code := 0
	for _, name := range args {
		info, err := p.g.root.Stat(p.path(name))
		switch {
		case commands[path.Base(name)] != nil && name != whichName || interp.IsBuiltin(name):
		case path.Base(name) != name && err == nil && !info.IsDir() && info.Mode()&0o111 != 0:
		default:
			code = 1
			continue
		}
		_, _ = fmt.Fprintln(p.out, name)
	}
	return code
}
