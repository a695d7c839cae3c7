package build

import (
	"context"
	"fmt"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// A Bench decides how a run goes on while its build VM stands still. Its methods are called one at a time; an error of theirs ends the run.
//
// A move that cannot be made is said in the run's stream, and the bench is asked again: an image template that cannot be resolved as it
// is now, or an image that was to go on without being generalized.
type Bench interface {
	// Before is asked before each step that is run, and after the last one.
	Before(ctx context.Context, at Stop) (Move, error)
	// Failed is asked about a step that failed, in place of Request.Attend.
	Failed(ctx context.Context, at Stop, failed *packercore.ProvisionError) (Move, error)
}

// Stop is where a build VM stands.
type Stop struct {
	Plan *plan.Plan // as it is run now: resolved
	Next int        // index into Plan.Steps of the step that comes, or that failed; their number after the last one
	Way  packercore.Way
}

// Move is what a bench decided.
type Move struct {
	Kind MoveKind
	To   int        // with Rewind: the step before which the build VM is to stand; steps between it and where a machine is kept are run
	Plan *plan.Plan // with Rewind: the image template as it is now, as Translate made it; nil: as it was
}

// MoveKind is a kind of decision.
type MoveKind int

// The kinds of decisions.
const (
	GoOn   MoveKind = iota // run the step; after a failure: go on as if it had not failed
	Again                  // after a failure: run the step once more, on the machine as it is; before a step: GoOn
	Rewind                 // give this machine up; go on with one that stands before step To, or as near before it as is kept
	Leave                  // end the run here: no image is made of it, and the machine is removed
	Keep                   // the same, and the machine stays for a look inside
)

// Stopped says that a run ended before its end because somebody wanted that: no image was made.
type Stopped struct {
	Next  int    `json:"next"`           // index of the step that was not run; their number after the last one
	Step  string `json:"step,omitempty"` // its id; "" after the last one
	Title string `json:"-"`
}

// String is a sentence for people.
func (s Stopped) String() string {
	if s.Step == "" {
		return "stopped after the last step, as asked; no image was made"
	}
	return fmt.Sprintf("stopped before %s, as asked; no image was made", s.Title)
}

// stoppedAt is where a run of p stopped.
func stoppedAt(p *plan.Plan, next int) *Stopped {
	s := &Stopped{Next: next}
	if next < len(p.Steps) {
		s.Step, s.Title = p.Steps[next].ID, p.Steps[next].Title()
	}
	return s
}
