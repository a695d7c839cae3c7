package dap

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/translate/diag"
)

// filterFailed is the exception breakpoint of steps that fail.
const filterFailed = "failed"

// maxBreakpoints bounds how many are set at a time.
const maxBreakpoints = 1000

// breakpoints are what the editor has set, by absolute path of the file.
type breakpoints struct {
	files map[string][]wanted
	last  int // the last id that was given
}

// wanted is one breakpoint as it was set.
type wanted struct {
	id     int
	line   int // from 1
	refuse string
}

func (a *adapter) onSetBreakpoints(_ context.Context, m *dap.SetBreakpointsRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	args := m.Arguments
	file := args.Source.Path
	if !filepath.IsAbs(file) {
		return nil, nil, fmt.Errorf("breakpoints are set in files with an absolute path, which %q is not", bounded(file))
	}
	if len(args.Breakpoints) == 0 { // what older editors send
		for _, line := range args.Lines {
			args.Breakpoints = append(args.Breakpoints, dap.SourceBreakpoint{Line: line})
		}
	}
	key := realPath(file)
	a.mu.Lock()
	n := len(args.Breakpoints)
	for other, list := range a.breaks.files {
		if other != key {
			n += len(list)
		}
	}
	if n > maxBreakpoints {
		a.mu.Unlock()
		return nil, nil, fmt.Errorf("these would be %d breakpoints: more than %d are not taken", n, maxBreakpoints)
	}
	var list []wanted
	for _, b := range args.Breakpoints {
		a.breaks.last++
		w := wanted{id: a.breaks.last, line: a.client.lineIn(b.Line)}
		if b.Condition != "" || b.HitCondition != "" || b.LogMessage != "" {
			w.refuse = "a breakpoint on a customizer has no condition and no message: a step runs once"
		}
		list = append(list, w)
	}
	a.breaks.files[key] = list
	if len(list) == 0 {
		delete(a.breaks.files, key)
	}
	a.mu.Unlock()
	places := a.places()
	r := &dap.SetBreakpointsResponse{}
	r.Body.Breakpoints = []dap.Breakpoint{}
	for _, w := range list {
		r.Body.Breakpoints = append(r.Body.Breakpoints, a.breakpoint(places, key, w))
	}
	a.applyBreaks(places)
	return r, nil, nil
}

// breakpoint is what the editor is told of one.
func (a *adapter) breakpoint(in places, file string, w wanted) dap.Breakpoint {
	b := dap.Breakpoint{Id: w.id}
	if w.refuse != "" {
		b.Message, b.Line = w.refuse, a.client.lineOut(w.line)
		return b
	}
	f := in.locate(file, w.line)
	b.Message = f.why
	if len(f.steps) == 0 {
		b.Line = a.client.lineOut(w.line)
		return b
	}
	b.Verified, b.Source = true, source(f.at.File)
	b.Line, b.EndLine = a.client.lineOut(f.at.Start.Line), a.client.lineOut(f.at.End.Line)
	return b
}

// applyBreaks tells the session which steps to stop before.
func (a *adapter) applyBreaks(in places) {
	a.mu.Lock()
	s := a.target.Session
	var ids []string
	if !a.launch.NoDebug {
		for id := range a.breaks.hits(in) {
			ids = append(ids, id)
		}
	}
	a.mu.Unlock()
	slices.Sort(ids)
	s.SetBreaks(ids...)
}

// hits gives the breakpoints that stop before each step, by its id. a.mu is held.
func (b *breakpoints) hits(in places) map[string][]int {
	hits := map[string][]int{}
	for file, list := range b.files {
		for _, w := range list {
			if w.refuse != "" {
				continue
			}
			for _, step := range in.locate(file, w.line).steps {
				hits[step.ID] = append(hits[step.ID], w.id)
			}
		}
	}
	for _, ids := range hits {
		slices.Sort(ids)
	}
	return hits
}

func (a *adapter) onBreakpointLocations(
	_ context.Context, m *dap.BreakpointLocationsRequest, _ []byte,
) (dap.ResponseMessage, func(), error) {
	r := &dap.BreakpointLocationsResponse{}
	r.Body.Breakpoints = []dap.BreakpointLocation{}
	if m.Arguments == nil {
		return r, nil, nil
	}
	from := a.client.lineIn(m.Arguments.Line)
	to := from
	if m.Arguments.EndLine != 0 {
		to = a.client.lineIn(m.Arguments.EndLine)
	}
	told := map[diag.Range]bool{}
	file := realPath(m.Arguments.Source.Path)
	for _, p := range a.places() {
		at := p.step.Origin.Range
		if told[at] || p.file != file || at.Start.Line > to || at.End.Line < from {
			continue
		}
		told[at] = true
		r.Body.Breakpoints = append(r.Body.Breakpoints, dap.BreakpointLocation{
			Line: a.client.lineOut(at.Start.Line), Column: a.client.columnOut(at.Start.Column), EndLine: a.client.lineOut(at.End.Line),
		})
	}
	return r, nil, nil
}

func (a *adapter) onSetExceptionBreakpoints(
	_ context.Context, m *dap.SetExceptionBreakpointsRequest, _ []byte,
) (dap.ResponseMessage, func(), error) {
	on := slices.Contains(m.Arguments.Filters, filterFailed) ||
		slices.ContainsFunc(m.Arguments.FilterOptions, func(o dap.ExceptionFilterOptions) bool { return o.FilterId == filterFailed })
	a.mu.Lock()
	s, debug := a.target.Session, !a.launch.NoDebug
	a.mu.Unlock()
	s.BreakOnFailure(on && debug)
	return &dap.SetExceptionBreakpointsResponse{}, nil, nil
}

// lineIn and lineOut are between the editor's lines and those that begin at 1; columnOut is the same for columns.
func (c client) lineIn(line int) int {
	if c.line0 {
		return line + 1
	}
	return line
}

func (c client) lineOut(line int) int {
	if c.line0 {
		return line - 1
	}
	return line
}

func (c client) columnOut(column int) int {
	if c.column0 {
		return column - 1
	}
	return column
}
