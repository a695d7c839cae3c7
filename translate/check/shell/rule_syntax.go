package shell

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func parses(f *File, report func(scriptrule.Finding)) {
	if f.Err == nil || len(f.Gaps) > 0 { // a command that is not known may be what is missing
		return
	}
	at := min(int(f.Err.Pos.Offset()), len(f.Text))
	shell := f.Shell
	switch shell {
	case "":
		shell = "a shell"
	case "sh":
		shell = "/bin/sh"
	}
	report(scriptrule.Finding{From: at, To: min(at+1, len(f.Text)), Summary: fmt.Sprintf("%s cannot read this script: %s", shell, f.Err.Text),
		Why: "the shell reads a script as it goes: what stands before this place has been done by then"})
}
