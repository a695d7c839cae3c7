package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// runAsSystem covers customizers and validators.
func runAsSystem(t *template.ImageTemplate, r *report) {
	powerShells(t, func(p *template.PowerShell) {
		elevated, known := p.RunElevated.Get()
		if p.RunAsSystem.Value && !elevated && (known || p.RunElevated.IsAbsent()) {
			r.add(finding{at: p.RunAsSystem.Range, path: p.Path + ".runAsSystem",
				summary: fmt.Sprintf("%s is to run as the system without being elevated", label(p.Common)),
				why:     "runAsSystem chooses the user of an elevated run", fix: `add "runElevated": true`})
		}
	})
}

// powerShells calls f for every PowerShell customizer and validator.
func powerShells(t *template.ImageTemplate, f func(*template.PowerShell)) {
	for _, c := range t.Customize.Value {
		if p, ok := c.(*template.PowerShell); ok {
			f(p)
		}
	}
	for _, v := range t.Validate.InVMValidations.Value {
		if p, ok := v.(*template.PowerShell); ok {
			f(p)
		}
	}
}
