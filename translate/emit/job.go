package emit

import "github.com/ingot-build/ingot/translate/plan"

// A job is one Packer template of the folder.
type job struct {
	plan  *plan.Plan
	steps []plan.Step // become the provisioners, in order
	dir   string      // below the folder, with a slash at its end; "" for the folder itself

	validates bool // the steps look at an image; nothing is made of the machine afterwards
	ofResult  bool // the machine is made from what the build made, and not from the plan's source
}

// jobs lists the Packer templates that a plan needs: the build, and a second one for a validation of what it made. If only the
// source is to be validated, then that is all.
func jobs(p *plan.Plan) []job {
	build := job{plan: p, steps: p.Steps}
	v := p.Validation
	switch {
	case v == nil || len(v.Steps) == 0 && !v.SourceOnly:
		return []job{build}
	case v.SourceOnly:
		return []job{{plan: p, steps: v.Steps, validates: true}}
	default:
		return []job{build, {plan: p, steps: v.Steps, dir: ValidateDir + "/", validates: true, ofResult: true}}
	}
}
