package check

import "github.com/ingot-build/ingot/translate/template"

// updateRestart is about updates after something that may have left a restart pending.
func updateRestart(t *template.ImageTemplate, r *report) {
	var script template.Customizer // that no restart followed
	for _, c := range t.Customize.Value {
		switch c.(type) {
		case *template.PowerShell:
			script = c
		case *template.WindowsRestart, *template.UnknownCustomizer:
			script = nil
		case *template.WindowsUpdate:
			if script != nil {
				r.add(finding{at: c.Base().Range, path: c.Base().Path,
					summary: "updates are installed after a script, without a restart between",
					why:     "if the script leaves an installation or a restart pending, Windows Update ends with 0x80240016",
					fix:     `put {"type": "WindowsRestart"} before it`,
					related: script.Base().Range, relatedMessage: "the script is here"})
			}
			script = nil // the updates restart Windows as they need
		}
	}
}
