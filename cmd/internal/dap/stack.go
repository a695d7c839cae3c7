package dap

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/events"
)

func (a *adapter) onThreads(context.Context, *dap.ThreadsRequest, []byte) (dap.ResponseMessage, func(), error) {
	name := "build VM"
	if _, st := a.status(); st.Run != "" {
		name += " of run " + st.Run
	}
	r := &dap.ThreadsResponse{}
	r.Body.Threads = []dap.Thread{{Id: theThread, Name: name}}
	return r, nil, nil
}

// A frame is a step: the one that comes or failed is on top, and those that made the machine what it is are below it, the newest first.
// So restarting any of them is rewinding to before it. Frames and goto targets have the same numbers.
func frameID(step int) int { return step + 1 }

func stepOf(st workbench.Status, id int) (*workbench.Step, error) {
	if step := st.Step(id - 1); step != nil {
		return step, nil
	}
	return nil, fmt.Errorf("there is no frame %d", id)
}

func (a *adapter) onStackTrace(_ context.Context, m *dap.StackTraceRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	_, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	var frames []dap.StackFrame
	now := a.places()
	for _, step := range slices.Backward(st.Steps) {
		if step.Index == st.At || step.Index >= 0 && step.Index < st.At && !step.Hidden {
			frames = append(frames, a.frame(st, now, step))
		}
	}
	r := &dap.StackTraceResponse{}
	r.Body.TotalFrames = len(frames)
	from := min(max(m.Arguments.StartFrame, 0), len(frames))
	to := len(frames)
	if n := m.Arguments.Levels; n > 0 && n < to-from {
		to = from + n
	}
	r.Body.StackFrames = append([]dap.StackFrame{}, frames[from:to]...)
	return r, nil, nil
}

func (a *adapter) frame(st workbench.Status, now places, s workbench.Step) dap.StackFrame {
	f := dap.StackFrame{Id: frameID(s.Index), Name: s.Title, CanRestart: s.Index >= first(st)}
	switch {
	case s.Index < st.At && s.Reused:
		f.Name += " (done, reused)"
	case s.Index < st.At:
		f.Name += " (done)"
	case st.State == workbench.Failed:
		f.Name += " (failed)"
	case atEnd(st):
		f.Name += " (all customizers are done)"
	}
	if s.Changed {
		f.Name += " (edited)"
	}
	at := where(st, now, s)
	if s.Hidden { // nobody wrote it: somebody looks at the end of the customizer before
		f.PresentationHint = "subtle"
		if before := st.Step(s.Index - 1); before != nil {
			at = where(st, now, *before)
			at.Start = at.End
		}
	}
	if at.Start.Line > 0 {
		f.Source = source(at.File)
		f.Line, f.Column = a.client.lineOut(at.Start.Line), a.client.columnOut(at.Start.Column)
		if at.End != at.Start {
			f.EndLine, f.EndColumn = a.client.lineOut(at.End.Line), a.client.columnOut(at.End.Column)
		}
	}
	return f
}

func (a *adapter) onExceptionInfo(context.Context, *dap.ExceptionInfoRequest, []byte) (dap.ResponseMessage, func(), error) {
	s, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	step := st.Step(st.At)
	if st.State != workbench.Failed || step == nil {
		return nil, nil, errors.New("no step has failed")
	}
	_, first, end := s.Output(step.ID, 0, 0)
	said, _, _ := s.Output(step.ID, max(first, end-lastLines), lastLines)
	text := ""
	for _, line := range said {
		if line.Stream != events.Say { // what the guest said, not what was said of it
			text += line.Text + "\n"
		}
	}
	r := &dap.ExceptionInfoResponse{}
	r.Body = dap.ExceptionInfoResponseBody{
		ExceptionId: a.mask(bounded(whatFailed(st))), Description: a.mask(bounded(text)), BreakMode: "always",
	}
	return r, nil, nil
}

// lastLines is how many lines of a step's output tell why it failed.
const lastLines = 12

// parts is a problem without its first part, a line for each other one.
func parts(p events.Problem) string {
	text := ""
	for _, part := range []struct{ name, text string }{{"at: ", p.Where}, {"why: ", p.Why}, {"fix: ", p.Fix}} {
		if part.text != "" {
			text += part.name + part.text + "\n"
		}
	}
	for _, f := range p.Findings {
		text += "found: " + f.What + "\n"
		if f.Fix != "" {
			text += "fix: " + f.Fix + "\n"
		}
	}
	return text
}

// onLoadedSources lists the files that the image template is made of, and the scripts.
func (a *adapter) onLoadedSources(context.Context, *dap.LoadedSourcesRequest, []byte) (dap.ResponseMessage, func(), error) {
	r := &dap.LoadedSourcesResponse{}
	r.Body.Sources = []dap.Source{}
	told := map[string]bool{"": true}
	for _, p := range a.places() {
		for _, file := range []string{p.file, p.script} {
			if !told[file] {
				told[file] = true
				r.Body.Sources = append(r.Body.Sources, *source(file))
			}
		}
	}
	return r, nil, nil
}
