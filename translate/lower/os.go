package lower

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// lowerOS: nothing in an image template names the operating system, and the id of a source shows nothing of it. The service asks the
// source image.
func lowerOS(l *lowering) {
	isWindows, known := check.BuildsWindows(l.t)
	l.p.OS = plan.Linux
	if isWindows {
		l.p.OS = plan.Windows
	}
	if !known {
		at := l.t.Source.SourceRange()
		l.diags.Add(diag.Diagnostic{
			Severity: diag.Warning, Code: CodeSystemGuessed, Subject: at, Path: sourcePath,
			Summary: "nothing shows the operating system of the source, which is taken for Linux",
			Why:     "it decides how the build VM is reached and how the image is generalized",
			Fix:     fmt.Sprintf("for Windows, add a PowerShell customizer; for Linux, a Shell one: %s", `{"type": "Shell", "inline": ["true"]}`),
		})
	}
}
