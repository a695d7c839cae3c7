package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// timeoutOptimize goes by what the service says of itself: boot optimization takes about 20 minutes for an image of 30
// GB, and 34 for one of 127 GB. Windows is the business of timeoutWindows.
func timeoutOptimize(t *template.ImageTemplate, r *report) {
	const enough = 40
	m, ok := t.BuildTimeout.Get()
	if !ok || m < minTimeout || m >= enough || t.Optimize.VMBootState.Value != "Enabled" || buildSystem(t).system != linux {
		return
	}
	r.add(finding{at: t.BuildTimeout.Range, path: "properties.buildTimeoutInMinutes",
		summary: fmt.Sprintf("%d minutes are short for a build with boot optimization", m),
		why:     "the optimization alone takes about 20 minutes for an image of 30 GB",
		fix:     fmt.Sprintf("write %d or more, or 0 for the default of 240", enough),
		related: t.Optimize.VMBootState.Range, relatedMessage: "the optimization is asked for here"})
}
