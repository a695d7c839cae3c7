package build

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/diag"
)

// PartlyError says that some builds of a Packer template failed and others did not.
type PartlyError struct {
	Failed, All int
	Err         error
}

// Error counts the builds.
func (e *PartlyError) Error() string { return fmt.Sprintf("%d of %d builds failed", e.Failed, e.All) }

// Unwrap returns what the builds failed of.
func (e *PartlyError) Unwrap() error { return e.Err }

// PreparePacker reads a Packer template as it is, without an image template before it. The caller closes the result. What is wrong
// with the template is a *DiagnosticsError.
func PreparePacker(ctx context.Context, reg packercore.Registry, opts packercore.Options) (*packercore.Prepared, error) {
	p, err := packercore.Prepare(ctx, reg, opts)
	found := packercore.TemplateErrors(err)
	if found == nil {
		return p, err
	}
	var list diag.List
	for _, e := range found {
		list.Add(diag.Diagnostic{Severity: diag.Error, Subject: e.Range, Path: e.Path, Summary: opts.Mask.Text(e.Err.Error())})
	}
	return nil, &DiagnosticsError{List: list}
}

// RunPacker runs what PreparePacker gave. emit must be safe for concurrent use; mask is that of the options.
//
// The error is the cause of ctx when it was cancelled; else a *RunError for each build that failed, joined, in a *PartlyError when
// another one did not.
func RunPacker(
	ctx context.Context, p *packercore.Prepared, runID string, timeout time.Duration, mask *events.Mask, emit func(events.Event),
) ([]packercore.Result, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, &TimeoutError{After: timeout})
		defer cancel()
	}
	s := &packerRun{id: runID, mask: mask, said: newRecent()}
	tell := func(e events.Event) {
		s.said.note(e)
		emit(e)
	}
	for _, step := range p.Steps() {
		tell(events.Event{Step: step.ID, State: &events.State{Phase: events.Pending, Title: step.Title}})
	}
	results, err := p.Run(ctx, tell)
	phase := events.Failed
	if context.Cause(ctx) != nil {
		phase = events.Cancelled
	}
	for id, title := range s.said.unfinished() {
		tell(events.Event{Step: id, State: &events.State{Phase: phase, Title: title}})
	}
	if err == nil {
		return results, nil
	}
	var timedOut *TimeoutError
	if cause := context.Cause(ctx); cause != nil && !errors.As(cause, &timedOut) && errors.Is(err, cause) {
		return results, cause
	}
	var failed []error
	for _, r := range results {
		if r.Err != nil {
			failed = append(failed, s.explain(r, len(results) > 1))
		}
	}
	err = errors.Join(failed...)
	if len(failed) < len(results) {
		err = &PartlyError{Failed: len(failed), All: len(results), Err: err}
	}
	return results, err
}

// packerRun knows what the steps of a run printed.
type packerRun struct {
	id   string
	mask *events.Mask
	said *recent
}

// explain words the failure of one build. many says that there are others, so that it has to be named.
func (s *packerRun) explain(r packercore.Result, many bool) error {
	p := unfold(r.Err)
	log := "full log: ingot logs " + s.id
	var failed *packercore.ProvisionError
	var late *TimeoutError
	switch {
	case errors.As(r.Err, &late):
		p.What = "the time given with --timeout is over"
		p.Why = fmt.Sprintf("the build had not finished after %s", late.After)
	case errors.As(r.Err, &failed):
		p = unfold(failed.Err)
		if failed.ExitCode >= 0 {
			p.What = fmt.Sprintf("it exited with %d", failed.ExitCode)
		}
		title := failed.Type
		if failed.Name != "" {
			title = fmt.Sprintf("%s %q", failed.Type, failed.Name)
		}
		p.What = fmt.Sprintf("provisioner %s failed: %s", title, p.What)
		p.Where = "step " + failed.Step
		p.Why = join("\n", p.Why, s.said.lastOf(failed.Step, "it printed nothing"))
		log = fmt.Sprintf("full log: ingot logs %s --step '%s'", s.id, failed.Step)
	}
	p.Fix = join("; ", p.Fix, log)
	if many {
		p.What = fmt.Sprintf("build %s: %s", r.Name, p.What)
	}
	p.What, p.Why, p.Fix = s.mask.Text(p.What), s.mask.Text(p.Why), s.mask.Text(p.Fix)
	return &RunError{Problem: p, Err: r.Err}
}
