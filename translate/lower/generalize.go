package lower

import (
	_ "embed" // the scripts

	"github.com/ingot-build/ingot/translate/plan"
)

// deprovisionPath is where the service puts its script; a customizer that writes the same path replaces it.
const deprovisionPath = "/tmp/DeprovisioningScript.sh"

//go:embed scripts/deprovision.sh
var deprovisionScript string

//go:embed scripts/generalize.sh
var generalizeScript string

// lowerPrepare puts the deprovisioning script in place, as the build user: a customizer runs as that user too and must be able
// to overwrite it.
func lowerPrepare(l *lowering) {
	l.p.Steps = append(l.p.Steps, plan.Step{
		ID:     "prepare",
		Hidden: true,
		File: &plan.File{
			Content:     plan.Content{FileName: "DeprovisioningScript.sh", Text: deprovisionScript},
			Destination: deprovisionPath,
		},
	})
}

// lowerGeneralize runs whatever is in that place by now.
func lowerGeneralize(l *lowering) {
	l.p.Steps = append(l.p.Steps, plan.Step{
		ID:     "generalize",
		Hidden: true,
		Shell: &plan.Shell{
			Script:   plan.Content{FileName: "generalize.sh", Text: generalizeScript},
			AsRoot:   true,
			LastWord: true,
		},
	})
}
