package dap

import (
	"context"
	"errors"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/workbench"
)

// theThread is the build VM: a run has one.
const theThread = 1

// A flow request is answered first, and carried out then: what it leads to is told by events.

// errRuns says that the build VM does not stand.
var errRuns = errors.New("the build VM is running a step\n  fix:  press pause, which stops it before the next one")

// standing gives the session and its state when the build VM stands.
func (a *adapter) standing() (Session, workbench.Status, error) {
	a.mu.Lock()
	s := a.target.Session
	ended := a.ended
	a.mu.Unlock()
	select {
	case <-ended:
		return nil, workbench.Status{}, errOver
	default:
	}
	st := s.Status()
	if !stands(st) {
		return nil, workbench.Status{}, errRuns
	}
	return s, st, nil
}

var errOver = errors.New("the run has ended")

// flow makes a request that lets the build VM go on. do is called after the answer was sent.
func (a *adapter) flow(
	r dap.ResponseMessage, intent string, do func(context.Context, Session, workbench.Status) error,
) (dap.ResponseMessage, func(), error) {
	s, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	return r, func() { a.goOn(intent, func() error { return do(a.ctx, s, st) }) }, nil
}

// goOn carries out what lets the build VM go on. The editor shows it as running from the answer on, so an error has to stop it again.
func (a *adapter) goOn(intent string, do func() error) {
	a.mu.Lock()
	a.intent = intent
	a.orders++
	a.ordering++ // the session tells of changes while it takes an order, and still stands then
	a.vars = environment{}
	a.mu.Unlock()
	err := do()
	if err != nil {
		a.say("important", worded(err).Error())
	}
	a.mu.Lock()
	a.ordering--
	a.news.stands = false
	a.mu.Unlock()
	a.wakeUp()
}

// onContinue runs to the next breakpoint. Behind the last customizer that is the end: the image is made.
func (a *adapter) onContinue(context.Context, *dap.ContinueRequest, []byte) (dap.ResponseMessage, func(), error) {
	r := &dap.ContinueResponse{Body: dap.ContinueResponseBody{AllThreadsContinued: true}}
	return a.flow(r, "", func(ctx context.Context, s Session, st workbench.Status) error {
		if atEnd(st) {
			return s.Finish(ctx, false)
		}
		return s.Continue(ctx)
	})
}

func step(ctx context.Context, s Session, st workbench.Status) error {
	if atEnd(st) {
		return s.Finish(ctx, false)
	}
	return s.Step(ctx)
}

// onNext runs one step.
func (a *adapter) onNext(context.Context, *dap.NextRequest, []byte) (dap.ResponseMessage, func(), error) {
	return a.flow(&dap.NextResponse{}, "", step)
}

// onStepIn is the same: there is nothing smaller than a step to go into.
func (a *adapter) onStepIn(context.Context, *dap.StepInRequest, []byte) (dap.ResponseMessage, func(), error) {
	return a.flow(&dap.StepInResponse{}, "", step)
}

// onStepOut leaves the customizers: it runs all that are left.
func (a *adapter) onStepOut(context.Context, *dap.StepOutRequest, []byte) (dap.ResponseMessage, func(), error) {
	return a.flow(&dap.StepOutResponse{}, "", func(ctx context.Context, s Session, st workbench.Status) error {
		if atEnd(st) {
			return s.Finish(ctx, false)
		}
		return s.RunTo(ctx, st.Last())
	})
}

// onStepBack rewinds to before the last customizer that ran.
func (a *adapter) onStepBack(context.Context, *dap.StepBackRequest, []byte) (dap.ResponseMessage, func(), error) {
	s, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	to := st.At - 1
	if to < first(st) {
		return nil, nil, errors.New("this is the first customizer: there is none before it")
	}
	return &dap.StepBackResponse{}, func() { a.goOn("step", func() error { return s.Rewind(a.ctx, to) }) }, nil
}

// onReverseContinue rewinds to the breakpoint before, or to the first customizer.
func (a *adapter) onReverseContinue(context.Context, *dap.ReverseContinueRequest, []byte) (dap.ResponseMessage, func(), error) {
	s, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	to := first(st)
	for _, step := range st.Steps {
		if step.Break && step.Index < st.At {
			to = max(to, step.Index)
		}
	}
	return &dap.ReverseContinueResponse{}, func() { a.goOn("step", func() error { return s.Rewind(a.ctx, to) }) }, nil
}

// onPause stops the build VM before the next step: one that runs cannot be held up.
func (a *adapter) onPause(context.Context, *dap.PauseRequest, []byte) (dap.ResponseMessage, func(), error) {
	s, st := a.status()
	if stands(st) {
		return nil, nil, errors.New("the build VM stands already")
	}
	return &dap.PauseResponse{}, func() {
		if err := s.Pause(); err != nil {
			a.say("important", worded(err).Error())
		}
	}, nil
}

// onRestartFrame rewinds to before the step of a frame.
func (a *adapter) onRestartFrame(_ context.Context, m *dap.RestartFrameRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	s, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	to, err := stepOf(st, m.Arguments.FrameId)
	if err != nil {
		return nil, nil, err
	}
	return &dap.RestartFrameResponse{}, func() { a.goOn("restart", func() error { return s.Rewind(a.ctx, to.Index) }) }, nil
}

// onRestart rewinds to before the first customizer, with the image template as it is now. A step that runs is stopped.
func (a *adapter) onRestart(context.Context, *dap.RestartRequest, []byte) (dap.ResponseMessage, func(), error) {
	s, st := a.status()
	return &dap.RestartResponse{}, func() { a.goOn("restart", func() error { return s.Rewind(a.ctx, first(st)) }) }, nil
}

// onGotoTargets says what going to a line would be: further on the steps between are run, back the machine is rewound.
func (a *adapter) onGotoTargets(_ context.Context, m *dap.GotoTargetsRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	_, st := a.status()
	r := &dap.GotoTargetsResponse{}
	r.Body.Targets = []dap.GotoTarget{}
	f := a.places().locate(realPath(m.Arguments.Source.Path), a.client.lineIn(m.Arguments.Line))
	for _, to := range f.steps {
		for _, step := range st.Steps {
			if step.ID != to.ID || step.Index < 0 {
				continue
			}
			verb := "run to"
			if step.Index <= st.At {
				verb = "rewind to before"
			}
			r.Body.Targets = append(r.Body.Targets, dap.GotoTarget{
				Id: frameID(step.Index), Label: verb + " " + step.Title,
				Line: a.client.lineOut(f.at.Start.Line), EndLine: a.client.lineOut(f.at.End.Line),
			})
		}
	}
	return r, nil, nil
}

func (a *adapter) onGoto(_ context.Context, m *dap.GotoRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	s, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	to, err := stepOf(st, m.Arguments.TargetId)
	if err != nil {
		return nil, nil, err
	}
	return &dap.GotoResponse{}, func() {
		a.goOn("goto", func() error {
			if to.Index <= st.At {
				return s.Rewind(a.ctx, to.Index)
			}
			return s.RunTo(a.ctx, to.Index)
		})
	}, nil
}
