package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// timeoutWindows leaves the numbers that are no timeout at all to buildTimeout.
func timeoutWindows(t *template.ImageTemplate, r *report) {
	const enough = 60
	m, ok := t.BuildTimeout.Get()
	if e := buildSystem(t); ok && m >= minTimeout && m < enough && e.system == windows {
		r.add(finding{at: t.BuildTimeout.Range, path: "properties.buildTimeoutInMinutes",
			summary: fmt.Sprintf("%d minutes are short for a Windows image", m),
			why:     "the time covers the start of the VM, customizers, restarts, sysprep and the distribution to every region",
			fix:     fmt.Sprintf("write %d or more, or 0 for the default of 240", enough),
			related: e.at, relatedMessage: e.what})
	}
}
