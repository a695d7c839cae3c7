package shell

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func sudoRedirect(f *File, report func(scriptrule.Finding)) {
	for _, w := range f.Writes {
		if w.Command == nil || w.Command.Sudo == nil || w.Root {
			continue
		}
		if dir := f.system(w.File, w.From); dir != "" {
			report(scriptrule.Finding{From: w.From, To: w.To, Summary: fmt.Sprintf("sudo does not reach this redirection into %q", dir),
				Why: "the shell opens the file before it starts sudo, and the shell is not root",
				Fix: "pipe into sudo tee, or put all of it into sudo sh -c '…'"})
		}
	}
}
