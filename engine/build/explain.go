package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// explain turns whatever ended a run into what the caller is promised: nil, the cause of a cancelled context, or one of this
// package's errors. What could not be cleaned up is part of the message, never lost.
func (s *state) explain(ctx context.Context, err error) error {
	later := err // than a validation whose failure did not end the run
	err = errors.Join(s.invalid, err)
	if err == nil {
		return nil
	}
	var timeout *TimeoutError
	cause := context.Cause(ctx)
	if cause != nil && !errors.As(cause, &timeout) {
		// Cancelled. Only a failed clean-up is worth more words than that.
		if only := cleanupOf(err, cause); only != nil {
			return errors.Join(cause, only)
		}
		return cause
	}
	var findings *DiagnosticsError
	var host *HostError
	var layer *NoLayerError
	if errors.As(err, &findings) || errors.As(err, &host) || errors.As(err, &layer) {
		return err
	}
	refused := azurearm.Refusal(err)
	p := unfold(err)
	p.Fix = join("; ", p.Fix, "full log: ingot logs "+s.id)
	var failed *packercore.ProvisionError
	var partial *distribute.PartialError
	var invalid *ValidationError
	switch {
	case timeout != nil:
		p.What = timeout.Error()
		p.Where = s.said.step()
		p.Why = "the run had not finished by then; " + s.said.last("the step said nothing")
		if errors.As(err, &partial) {
			p.Why = "the run had not finished by then; " + partial.Error()
		}
		p.Fix = "raise buildTimeoutInMinutes, or pass --timeout; " + p.Fix
	case errors.Is(err, syscall.ENOSPC):
		p.Why = join("\n", "no space is left on this machine's disk", p.Why)
		p.Fix = "free some room (ingot clean, ingot gallery rm, ingot image rm) and run again"
	case errors.As(err, &invalid):
		p = s.validationProblem(invalid, later)
	case errors.As(err, &failed) && failed.Index < len(s.Plan.Steps):
		st := s.Plan.Steps[failed.Index]
		p = s.provisionProblem(failed, "customizer", st)
		if s.verifying {
			p.Why = join("\n", p.Why, "it did not fail in the container, where all of the image was built before: this was the VM of --verify-in-vm")
		}
		if st.Generalizes() {
			p = s.generalizeProblem(failed, p)
		}
	case errors.As(err, &partial):
		p.What = partial.Error()
	case refused != nil:
		said := refused.Problem()
		said.Fix = join("; ", said.Fix, p.Fix)
		p = said
	}
	if s.kept != nil {
		p.Fix = join("; ", fmt.Sprintf("look inside %s: %s; remove it with: %s", s.kept.Name, wayIn(*s.kept), s.cleanUp()), p.Fix)
	}
	if left := cleanupOf(err, nil); left != nil {
		p.Fix += "; left behind: " + left.Error() + "; remove it with: " + s.cleanUp()
	}
	return &RunError{Problem: p, Err: err}
}

// cleanupOf finds the failures of undo in a joined error: steps.Run words them "clean up <step>: …".
func cleanupOf(err, ignore error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var left []error
	for _, e := range joined.Unwrap() {
		if e == ignore {
			continue
		}
		if strings.HasPrefix(e.Error(), "clean up ") {
			left = append(left, e)
		} else if inner := cleanupOf(e, ignore); inner != nil {
			left = append(left, inner)
		}
	}
	return errors.Join(left...)
}

// provisionProblem words the failure of a customizer or validator with the place it was written at.
func (s *state) provisionProblem(failed *packercore.ProvisionError, kind string, st plan.Step) events.Problem {
	label := st.Name
	if label == "" {
		label = st.ID
	}
	if st.Hidden {
		kind = "hidden step"
	}
	p := unfold(failed.Err)
	p.What = fmt.Sprintf("%s %q failed: %s", kind, label, p.What)
	if failed.ExitCode >= 0 {
		p.What = fmt.Sprintf("%s %q exited with %d", kind, label, failed.ExitCode)
	}
	p.Where = strings.TrimPrefix(st.Origin.Range.String()+", step "+st.ID, ", ")
	p.Why = join("\n", p.Why, s.said.lastOf(st.ID, "it printed nothing"))
	p.Fix = join("; ", p.Fix, s.toVMInstead(st), fmt.Sprintf("full log: ingot logs %s --step '%s'", s.id, st.ID))
	return p
}

// unfold takes apart the text of an error from a Packer component: those travel as text, over several lines. The first line says
// what, a line "fix: …" how to go on, and what is left, such as the end of the console, is evidence.
func unfold(err error) events.Problem {
	first, rest, _ := strings.Cut(err.Error(), "\n")
	p := events.Problem{What: first}
	var why []string
	for line := range strings.Lines(rest) {
		if fix, ok := strings.CutPrefix(strings.TrimSpace(line), "fix:"); ok {
			p.Fix = join("; ", p.Fix, strings.TrimSpace(fix))
		} else if line = strings.TrimRight(line, "\n"); line != "" {
			why = append(why, strings.TrimPrefix(line, "  "))
		}
	}
	p.Why = strings.Join(why, "\n")
	return p
}

// join joins the parts that say something.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// recent remembers the step that is running and the last line it printed, to say with a failure. It is safe for concurrent use.
type recent struct {
	mu      sync.Mutex
	current string
	running map[string]string        // title by step
	done    map[string]bool          // steps that came to a good end
	lines   map[string]events.Output // last line by step; one from stderr is not replaced by one from stdout
}

func newRecent() *recent {
	return &recent{running: map[string]string{}, done: map[string]bool{}, lines: map[string]events.Output{}}
}

func (r *recent) note(e events.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.State == nil:
	case e.State.Phase == events.Running:
		r.current = e.Step
		r.running[e.Step] = e.State.Title
	default:
		delete(r.running, e.Step)
		r.done[e.Step] = e.State.Phase == events.Done
	}
	if e.Output == nil || strings.TrimSpace(e.Output.Text) == "" || e.Output.Stream == events.Say {
		return
	}
	if r.lines[e.Step].Stream == events.Stderr && e.Output.Stream != events.Stderr {
		return
	}
	r.lines[e.Step] = *e.Output
}

func (r *recent) isDone(step string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done[step]
}

// unfinished gives the title of every step that began and did not say how it ended.
func (r *recent) unfinished() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.running)
}

func (r *recent) step() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == "" {
		return ""
	}
	return "step " + r.current
}

// last gives the last line of the current step, or otherwise when it printed none.
func (r *recent) last(otherwise string) string {
	r.mu.Lock()
	current := r.current
	r.mu.Unlock()
	return r.lastOf(current, otherwise)
}

// lastOf gives the last line of a step, or otherwise when it printed none.
func (r *recent) lastOf(step, otherwise string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if line := strings.TrimSpace(r.lines[step].Text); line != "" {
		return "last line: " + line
	}
	return otherwise
}
