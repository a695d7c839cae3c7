package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func windowsCustomizer(t *template.ImageTemplate, r *report) {
	for _, c := range t.Customize.Value {
		var kind string
		switch c.(type) {
		case *template.PowerShell:
			kind = "PowerShell"
		case *template.WindowsRestart:
			kind = "WindowsRestart"
		case *template.WindowsUpdate:
			kind = "WindowsUpdate"
		default:
			continue
		}
		r.add(finding{at: c.Base().Range, path: c.Base().Path,
			summary: fmt.Sprintf("%s customizers are not covered yet", kind),
			why:     "Ingot builds Linux images on this machine; Windows is still to come",
			fix:     "use Shell and File customizers on a Linux source"})
	}
}
