package dap

import (
	"context"

	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// A Session is what is debugged: *workbench.Session is one. Its package says what the methods do.
type Session interface {
	Run(ctx context.Context) (service.Result, error)
	Status() workbench.Status
	Output(id string, from, n int) (list []workbench.Line, first, end int)

	Continue(ctx context.Context) error
	Step(ctx context.Context) error
	RunTo(ctx context.Context, step int) error
	Rewind(ctx context.Context, step int) error
	Finish(ctx context.Context, anyway bool) error
	Pause() error
	Leave(keep bool) error

	SetBreaks(ids ...string)
	BreakOnFailure(on bool)
	Touch()
}

// Target is what was launched.
type Target struct {
	Session Session
	// Plan is the image template as it was read last, also while the run is still made of what it was before. It is only looked at.
	Plan   func() *plan.Plan
	Script func(uri string) (file string, ok bool) // the file of this machine that a URI of a customizer stands for
	Mask   func(string) string                     // takes the values of secure parameters out of a text
	Close  func()                                  // gives up what Launch opened; called once, after the session's end
}

// status is how things are; it may be asked at any time after launch.
func (a *adapter) status() (Session, workbench.Status) {
	a.mu.Lock()
	s := a.target.Session
	a.mu.Unlock()
	return s, s.Status()
}

// stands reports whether somebody has to say how the build VM goes on.
func stands(st workbench.Status) bool {
	return st.State == workbench.Standing || st.State == workbench.Failed
}

// atEnd reports whether all customizers are done.
func atEnd(st workbench.Status) bool { return st.At >= st.Last() }

// first is the number of the first step that somebody wrote.
func first(st workbench.Status) int {
	for _, s := range st.Steps {
		if s.Index >= 0 && !s.Hidden {
			return s.Index
		}
	}
	return 0
}

// where is the place of a step in the image template as it is now: that is what the editor shows. Where it was edited above the step, the
// place is that of the text which the run is made of.
func where(st workbench.Status, now places, step workbench.Step) diag.Range {
	if st.Edited < 0 || step.Index <= st.Edited {
		for _, p := range now {
			if p.step.ID == step.ID {
				return p.step.Origin.Range
			}
		}
	}
	return step.Range
}
