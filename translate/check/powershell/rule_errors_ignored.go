package powershell

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func errorsIgnored(f *File, report func(scriptrule.Finding)) {
	var last *Assignment
	for _, a := range f.Assignments {
		if a.Name == "erroractionpreference" {
			last = a
		}
	}
	if last == nil || last.Nested > 0 || !strings.EqualFold(last.Value.Value, "SilentlyContinue") {
		return
	}
	report(scriptrule.Finding{From: last.From, To: last.To,
		Summary: fmt.Sprintf("%q hides every error from here on", last.Value.Value),
		Why:     "a script that fails half way looks like one that went well, and nothing is in the log",
		Fix:     `write 'Stop', and add "-ErrorAction SilentlyContinue" to the commands that may fail`})
}
