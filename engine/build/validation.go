package build

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// Validation is what came of the validation of an image, or of a source image.
type Validation string

// The outcomes. The zero one is that of a run without a validation.
const (
	NotValidated     Validation = "NotRun" // the run ended before it
	ValidationPassed Validation = "Succeeded"
	ValidationFailed Validation = "Failed"
	ValidationCut    Validation = "Canceled" // the run was cancelled, or its time was over, during it
)

// ValidationError says that an image did not pass its validation: a validator failed, or the validation VM did not come up.
type ValidationError struct{ Err error }

// Error says what failed.
func (e *ValidationError) Error() string { return "validation: " + e.Err.Error() }

// Unwrap returns what failed.
func (e *ValidationError) Unwrap() error { return e.Err }

// What the builder does with the validation VM by itself. All step ids of a validation begin alike; see OfValidation.
const (
	stepValidateBoot     = "validate boot"
	stepValidateShutdown = "validate shutdown"
)

// OfValidation reports whether a step is part of the validation: its output belongs into validation.log.
func OfValidation(step string) bool { return strings.HasPrefix(step, "validate") }

// validates reports whether the plan wants a validation; one without validators makes only a source boot.
func validates(p *plan.Plan) bool {
	return p.Validation != nil && (p.Validation.SourceOnly || len(p.Validation.Steps) > 0)
}

// sourceOnly reports whether the source image is validated, and nothing else is done.
func sourceOnly(p *plan.Plan) bool { return p.Validation != nil && p.Validation.SourceOnly }

// powerOffPatience is how long a validation VM gets to power off. Its disk is thrown away, so it need not be long.
const powerOffPatience = "30s"

// validateImage starts another VM from the disk that the build made, or from the source image, and runs the validators in it. The
// disk is only read: what the validators change goes into an overlay of their own. An image that fails is not distributed, unless
// the image template wants that; then the failure is kept for the end of the run.
func validateImage(ctx context.Context, s *state) error {
	s.setState(ctx, store.Running, store.Validating)
	if s.validatedBefore() {
		s.reuseVerdict()
		return nil
	}
	m := machine{
		staged: s.staged, folder: s.packer, steps: s.Plan.Validation.Steps,
		boot: stepValidateBoot, shutdown: stepValidateShutdown, sub: store.Validating, console: "validation-console.log",
		onError: onError(s.Plan.OnError.KeepValidationVM), spare: true,
	}
	if !sourceOnly(s.Plan) {
		err := s.validateInVM(ctx)
		if err != nil {
			return err
		}
		if m.staged, err = s.stageMachine(ctx, filepath.Join(s.stagingDir(), emit.ValidateDir), s.built, true); err != nil {
			return err
		}
		m.folder = filepath.Join(s.packer, emit.ValidateDir)
	}
	if !s.Target.Info().External { // another one has nothing to wait for: it deletes the VM
		m.staged.Vars["shutdown_timeout"] = powerOffPatience
	}
	s.validation = ValidationCut
	err := s.run(ctx, m)
	switch {
	case err == nil || s.passed(m):
		s.validation = ValidationPassed
		s.noteVerdict(ctx)
		return context.Cause(ctx) // which the builder does not say at its very end
	case context.Cause(ctx) != nil:
		return err
	case packercore.TemplateErrors(err) != nil: // a fault of Ingot's: no machine was made
		s.validation = NotValidated
		return err
	}
	s.validation = ValidationFailed
	err = &ValidationError{Err: err}
	if !s.Plan.Validation.DistributeAnyway || sourceOnly(s.Plan) {
		return err
	}
	s.invalid = err
	text := "the image is distributed all the same: continueDistributeOnFailure is true"
	s.emit(events.Event{Step: stepValidateShutdown, Output: &events.Output{Stream: events.Say, Text: text}})
	return nil
}

// stageMachine makes ready what a VM over a disk needs, below dir.
func (s *state) stageMachine(ctx context.Context, dir string, base target.Disk, validates bool) (target.Staged, error) {
	return s.Target.Stage(ctx, s.stageRequest(dir, base, validates))
}

// stageRequest says what a VM over a disk is for.
func (s *state) stageRequest(dir string, base target.Disk, validates bool) target.Request {
	return target.Request{
		RunID: s.id, Dir: dir, Plan: s.Plan, Base: base, Machine: s.Machine, Timeout: s.Timeout, Validates: validates,
		Record: func(ctx context.Context, kind store.Kind, name string) error {
			return s.Ledger.Record(ctx, s.id, kind, name)
		},
		Strike: func(ctx context.Context, kind store.Kind, name string) error {
			return s.Ledger.Strike(ctx, s.id, kind, name)
		},
	}
}

// passed reports whether every validator of m succeeded. What comes after that, such as a guest that does not power off, says
// nothing about the image.
func (s *state) passed(m machine) bool {
	for _, st := range m.steps {
		if !s.said.isDone(st.ID) {
			return false
		}
	}
	return s.said.isDone(m.boot)
}

// validationProblem words the failure of a validation, and of what came after it.
func (s *state) validationProblem(invalid *ValidationError, later error) events.Problem {
	var p events.Problem
	var failed *packercore.ProvisionError
	if errors.As(invalid, &failed) && failed.Index >= 0 && failed.Index < len(s.Plan.Validation.Steps) {
		p = s.provisionProblem(failed, "validator", s.Plan.Validation.Steps[failed.Index])
	} else {
		p = unfold(invalid.Err)
		p.What = "the validation VM failed: " + p.What
		p.Where = "step " + stepValidateBoot
		p.Fix = join("; ", p.Fix, "full log: ingot logs "+s.id)
	}
	switch {
	case sourceOnly(s.Plan):
	case s.invalid == nil:
		p.Why = join("\n", p.Why, "the image was not distributed")
	case later != nil:
		p.Why = join("\n", p.Why, "the image was to be distributed all the same, and that failed too: "+unfold(later).What)
	default:
		p.Why = join("\n", p.Why, "the image was distributed all the same, since continueDistributeOnFailure is true")
	}
	return p
}
