package dap

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// places are the steps of a plan with the files that they are written in, by index.
type places []place

type place struct {
	step   *plan.Step
	file   string // absolute, without links; "" of a step that nobody wrote
	script string // the same, of what it runs or puts into the build VM; "" when that is not a file on this machine
}

// places finds them in the image template as it is now.
func (a *adapter) places() places {
	a.mu.Lock()
	t := a.target
	a.mu.Unlock()
	return placesOf(t.Plan(), t.Script)
}

func placesOf(p *plan.Plan, script func(uri string) (string, bool)) places {
	list := make(places, len(p.Steps))
	real := map[string]string{} // most steps are in one file
	find := func(path string) string {
		if _, known := real[path]; !known {
			real[path] = realPath(path)
		}
		return real[path]
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		list[i].step = s
		if s.Hidden || s.Origin.Range.Start.Line == 0 {
			continue
		}
		list[i].file = find(s.Origin.Range.File)
		if c := s.Content(); c != nil && c.URI != "" {
			if file, ok := script(c.URI); ok {
				list[i].script = find(file)
			}
		}
	}
	return list
}

// found is where a line leads.
type found struct {
	steps []*plan.Step // one, or several that the same text makes, or that run the same script; nil for none
	at    diag.Range   // of the first
	why   string       // why there is none, or why it is elsewhere
}

// locate finds the customizer that a line of a file belongs to, or else the next one below. file is as realPath gives it.
func (in places) locate(file string, line int) found {
	var best, scripted found
	here := false
	for _, p := range in {
		at := p.step.Origin.Range
		if p.script != "" && p.script == file {
			scripted.steps, scripted.at = append(scripted.steps, p.step), cmp.Or(scripted.at, at)
		}
		if p.file == "" || p.file != file {
			continue
		}
		here = true
		switch {
		case at.End.Line < line:
		case best.steps == nil || at.Start.Byte < best.at.Start.Byte:
			best = found{steps: []*plan.Step{p.step}, at: at}
		case at == best.at: // a copy loop makes many of one text
			best.steps = append(best.steps, p.step)
		}
	}
	switch {
	case best.steps != nil:
		return best
	case here:
		return found{why: "no customizer is here or below; what comes after the last one cannot be stepped through"}
	case scripted.steps != nil:
		scripted.why = "a script is one step: the build VM stops before it, at " + scripted.steps[0].Title()
		return scripted
	default:
		return found{why: fmt.Sprintf("no customizer of the image template is in %s, and none runs it", filepath.Base(file))}
	}
}

// realPath gives the absolute path without links, or as it was given where there is no such file. "" stays "".
func realPath(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// source names a file for the editor.
func source(file string) *dap.Source {
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	return &dap.Source{Name: filepath.Base(file), Path: file}
}
