package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// The limits of buildTimeoutInMinutes. The published shape allows 1 to 5 as well, and the service's builds die with them.
const (
	minTimeout = 6
	maxTimeout = 960
)

func buildTimeout(t *template.ImageTemplate, r *report) {
	m, ok := t.BuildTimeout.Get()
	if !ok || m == 0 || m >= minTimeout && m <= maxTimeout {
		return
	}
	r.add(finding{at: t.BuildTimeout.Range, path: "properties.buildTimeoutInMinutes",
		summary: fmt.Sprintf("the build timeout is %d minutes", m),
		why:     fmt.Sprintf("it is %d to %d, or 0 for the default of 240", minTimeout, maxTimeout)})
}
