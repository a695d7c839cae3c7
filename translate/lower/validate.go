package lower

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// lowerValidate: without validators there is nothing that could fail, so the rest of "validate" has no effect then; except that a
// run of the source alone is no build.
func lowerValidate(l *lowering) {
	v := l.t.Validate
	if len(v.InVMValidations.Value) == 0 && !v.SourceValidationOnly.Value {
		return
	}
	l.p.Validation = &plan.Validation{
		SourceOnly:       v.SourceValidationOnly.Value,
		DistributeAnyway: v.ContinueDistributeOnFailure.Value,
	}
	for i, validator := range v.InVMValidations.Value {
		base := validator.Base()
		step := step(fmt.Sprintf("validate[%d]", i), base)
		number := fmt.Sprintf("validate-%02d", i+1)
		switch c := validator.(type) {
		case *template.Shell:
			step.Shell = &plan.Shell{Script: shellScript(number, c)}
		case *template.PowerShell:
			step.PowerShell = powerShell(number, c)
		case *template.File:
			step.File = l.file(number, c)
		default:
			panic(fmt.Sprintf("lower: validator %T should not have passed check", validator))
		}
		l.p.Validation.Steps = append(l.p.Validation.Steps, step)
	}
}

// lowerSourceOnly: when only the source is validated, no image comes of the run.
func lowerSourceOnly(l *lowering) {
	if l.p.Validation == nil || !l.p.Validation.SourceOnly {
		return
	}
	l.p.Steps, l.p.Destinations, l.p.OptimizeBoot = nil, nil, false
}
