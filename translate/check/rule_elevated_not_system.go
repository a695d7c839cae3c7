package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// elevatedNotSystem is no fault: some scripts want the user's profile. Most that hang do so for want of the other
// right.
func elevatedNotSystem(t *template.ImageTemplate, r *report) {
	powerShells(t, func(p *template.PowerShell) {
		system, known := p.RunAsSystem.Get()
		if p.RunElevated.Value && !system && (known || p.RunAsSystem.IsAbsent()) && t.Since("2020-02-14") {
			r.add(finding{at: p.RunElevated.Range, path: p.Path + ".runElevated",
				summary: fmt.Sprintf("%s runs elevated, as the build user", label(p.Common)),
				why:     "installers that want the rights of the system hang or fail then",
				fix:     `add "runAsSystem": true where a script needs it`})
		}
	})
}
