package workbench

import (
	"maps"
	"slices"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/diag"
)

// State is what a session does.
type State string

// The states.
const (
	Starting  State = "starting"  // a machine is being made ready: booted, or started from a layer
	Running   State = "running"   // step At is run
	Standing  State = "standing"  // the machine stands before step At, and waits for an order
	Failed    State = "failed"    // step At failed; the machine stands as that left it, and waits for an order
	Finishing State = "finishing" // the image is made: generalized, validated, distributed
	Over      State = "over"      // the run is over, and no machine is there; an order begins another run
	Ended     State = "ended"     // the session is over
)

// Reason is why the machine stands.
type Reason string

// The reasons.
const (
	AtEntry      Reason = "entry"      // the first step that is run, with StopFirst
	AtBreakpoint Reason = "breakpoint" // there is one on this step
	AtGoal       Reason = "goal"       // it was run, or gone back, to here
	AfterStep    Reason = "step"       // one step was asked for
	AtPause      Reason = "pause"      // a pause was asked for
	AllDone      Reason = "all done"   // all customizers are done: Finish makes the image
	AtFailure    Reason = "failure"    // in state Failed
	NotTaken     Reason = "not taken"  // the template was edited to something that cannot be resolved: see the step's output
)

// Step is a step of the plan, or a stage of Ingot's own.
type Step struct {
	Index  int // in the plan's Steps; -1: a stage, such as resolve, boot, validate[0], distribute[0]
	ID     string
	Name   string // that the image template gives it; may be ""
	Title  string
	Hidden bool       // not in the image template: prepare and generalize
	Range  diag.Range // of the customizer, in the template

	Phase   events.Phase
	Started time.Time     // of a step that was begun
	Elapsed time.Duration // of one that is over
	Reused  bool          // Done, and not run: the machine came from a layer
	Detail  string

	Break   bool // a breakpoint is on it
	Changed bool // it was edited since it was run, or would be
}

// Status is all there is to know at a moment. It is the caller's own.
type Status struct {
	State  State
	At     int // in Running, Standing, Failed: the step
	Reason Reason
	Run    string       // id; "" while there is none
	Way    *service.Way // into the machine; nil: there is none, or it cannot be reached yet
	Steps  []Step       // in order: the stages before, the plan's steps, the stages after

	BreakOnFailure bool
	Pausing        bool // it will stand before the next step
	Touched        bool // somebody was let into the machine, or a step was run twice or left out: it is not what the template makes

	Failure *service.ProvisionError // in Failed
	Problem *events.Problem         // of the run, once told
	Result  service.Result          // of the run, in Over and Ended
	Err     error                   // the same; nil: it went well
	LoadErr error                   // why the template cannot be built as it is now; nil: it can
	Edited  int                     // the first step that differs from what was run; -1: none
}

// Step gives a step of the plan by its number; nil: there is none.
func (st *Status) Step(i int) *Step {
	for k := range st.Steps {
		if i >= 0 && st.Steps[k].Index == i {
			return &st.Steps[k]
		}
	}
	return nil
}

// Last is the number of the plan's last step, which generalizes.
func (st *Status) Last() int {
	last := -1
	for _, step := range st.Steps {
		last = max(last, step.Index)
	}
	return last
}

// Status tells how things are.
func (s *Session) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{
		State: s.state, At: s.at, Reason: s.reason, Run: s.run, BreakOnFailure: s.breakFailure, Pausing: s.goal.pause, Touched: s.touched,
		Failure: s.failure, Problem: s.problem, Result: s.result, Err: s.err, LoadErr: s.loadErr, Edited: s.edited(),
	}
	if s.way != nil {
		way := *s.way
		st.Way = &way
	}
	changed := s.changedSteps()
	for _, step := range s.steps {
		c := *step
		c.Break, c.Changed = s.breaks[c.ID], changed[c.ID]
		st.Steps = append(st.Steps, c)
	}
	return st
}

// Breaks lists the ids of the steps with breakpoints, sorted.
func (s *Session) Breaks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.breaks))
}
