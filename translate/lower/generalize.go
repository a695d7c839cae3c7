package lower

import (
	_ "embed" // the scripts

	"github.com/ingot-build/ingot/translate/plan"
)

//go:embed scripts/deprovision.sh
var deprovisionShell string

//go:embed scripts/generalize.sh
var generalizeShell string

//go:embed scripts/deprovision.ps1
var deprovisionPowerShell string

//go:embed scripts/generalize.ps1
var generalizePowerShell string

// lowerPrepare puts the deprovisioning script where the service puts it, as the build user: a customizer runs as that user too and
// must be able to overwrite it.
func lowerPrepare(l *lowering) {
	file := &plan.File{
		Content:     plan.Content{FileName: "DeprovisioningScript.sh", Text: deprovisionShell},
		Destination: "/tmp/DeprovisioningScript.sh",
	}
	if l.p.OS == plan.Windows {
		file = &plan.File{
			Content:     plan.Content{FileName: "DeprovisioningScript.ps1", Text: deprovisionPowerShell},
			Destination: `c:\DeprovisioningScript.ps1`,
		}
	}
	l.p.Steps = append(l.p.Steps, plan.Step{ID: "prepare", Hidden: true, File: file})
}

// lowerGeneralize runs whatever is in that place by now. On Windows the machine stays up and its user with it, so that is a step
// like others.
func lowerGeneralize(l *lowering) {
	s := plan.Step{ID: "generalize", Hidden: true}
	if l.p.OS == plan.Windows {
		s.PowerShell = &plan.PowerShell{Script: plan.Content{FileName: "generalize.ps1", Text: generalizePowerShell}}
	} else {
		s.Shell = &plan.Shell{
			Script:   plan.Content{FileName: "generalize.sh", Text: generalizeShell},
			AsRoot:   true,
			LastWord: true,
		}
	}
	l.p.Steps = append(l.p.Steps, s)
}
