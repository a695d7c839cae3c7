package dap

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/workbench"
)

// A reference to variables is made of the frame and of what is shown of it, so that none is ever out of date.
const (
	scopeStep = iota + 1
	scopeEnvironment
	scopeMachine
	scopeScript
	scopes // how many a frame may have
)

func reference(step, scope int) int { return frameID(step)*scopes + scope }

func (a *adapter) onScopes(_ context.Context, m *dap.ScopesRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	_, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	step, err := stepOf(st, m.Arguments.FrameId)
	if err != nil {
		return nil, nil, err
	}
	i := step.Index
	r := &dap.ScopesResponse{}
	r.Body.Scopes = []dap.Scope{{Name: "Step", PresentationHint: "locals", VariablesReference: reference(i, scopeStep)}}
	if i >= st.At { // the machine is as it is now: nothing is known of it at an earlier step
		r.Body.Scopes = append(r.Body.Scopes,
			// Expensive: it asks the build VM, and is read when somebody opens it.
			dap.Scope{Name: "Environment", VariablesReference: reference(i, scopeEnvironment), Expensive: true},
			dap.Scope{Name: "Machine", VariablesReference: reference(i, scopeMachine), Expensive: true})
	}
	return r, nil, nil
}

func (a *adapter) onVariables(ctx context.Context, m *dap.VariablesRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	_, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	ref := m.Arguments.VariablesReference
	step, err := stepOf(st, ref/scopes)
	now := ref%scopes == scopeEnvironment || ref%scopes == scopeMachine
	if err != nil || ref < 0 || now && step.Index < st.At {
		return nil, nil, fmt.Errorf("there are no variables %d", ref)
	}
	var list []dap.Variable
	switch ref % scopes {
	case scopeStep:
		list = a.stepVariables(*step)
	case scopeScript:
		list = scriptVariables(a.written(*step))
	case scopeEnvironment:
		list, err = a.environ(ctx, st)
	case scopeMachine:
		list, err = a.machine(ctx, st)
	default:
		err = fmt.Errorf("there are no variables %d", ref)
	}
	if err != nil {
		return nil, nil, err
	}
	if m.Arguments.Filter == "indexed" { // all have names
		list = nil
	}
	from := min(max(m.Arguments.Start, 0), len(list))
	list = list[from:]
	if n := m.Arguments.Count; n > 0 && n < len(list) {
		list = list[:n]
	}
	r := &dap.VariablesResponse{}
	r.Body.Variables = []dap.Variable{}
	for _, v := range list {
		v.Name, v.Value = bounded(v.Name), a.mask(bounded(v.Value))
		r.Body.Variables = append(r.Body.Variables, v)
	}
	return r, nil, nil
}

// written is a step as the image template has it now; nil where that has none of this id any more.
func (a *adapter) written(s workbench.Step) *place {
	for _, p := range a.places() {
		if p.step.ID == s.ID {
			return &p
		}
	}
	return nil
}

// stepVariables are the properties of a step, and what came of it.
func (a *adapter) stepVariables(s workbench.Step) []dap.Variable {
	var list []dap.Variable
	add := func(name, value string) {
		if value != "" {
			list = append(list, dap.Variable{Name: name, Value: value})
		}
	}
	add("id", s.ID)
	add("name", s.Name)
	if p := a.written(s); p != nil {
		list = append(list, properties(p, s.Index)...)
	}
	add("state", string(s.Phase))
	if s.Elapsed > 0 {
		add("took", s.Elapsed.Round(10*time.Millisecond).String())
	}
	add("reused", strconv.FormatBool(s.Reused))
	if s.Changed {
		add("edited", "true")
	}
	return list
}

// properties are what the image template says about a step.
func properties(p *place, i int) []dap.Variable {
	var list []dap.Variable
	add := func(name, value string) {
		if value != "" {
			list = append(list, dap.Variable{Name: name, Value: value})
		}
	}
	yes := func(name string, b bool) {
		if b {
			add(name, "true")
		}
	}
	s := p.step
	add("path", s.Origin.Path)
	switch {
	case s.Shell != nil:
		add("type", "Shell")
		yes("asRoot", s.Shell.AsRoot)
	case s.File != nil:
		add("type", "File")
		add("destination", s.File.Destination)
	case s.PowerShell != nil:
		add("type", "PowerShell")
		yes("runElevated", s.PowerShell.Elevated)
		yes("runAsSystem", s.PowerShell.AsSystem)
		if len(s.PowerShell.ValidExitCodes) > 0 {
			add("validExitCodes", strings.Trim(fmt.Sprint(s.PowerShell.ValidExitCodes), "[]"))
		}
	case s.WindowsRestart != nil:
		add("type", "WindowsRestart")
		add("restartCommand", s.WindowsRestart.Command)
		add("restartCheckCommand", s.WindowsRestart.CheckCommand)
		add("restartTimeout", s.WindowsRestart.Timeout)
	case s.WindowsUpdate != nil:
		add("type", "WindowsUpdate")
		add("searchCriteria", s.WindowsUpdate.SearchCriteria)
		add("filters", strings.Join(s.WindowsUpdate.Filters, ", "))
	}
	if c := s.Content(); c != nil {
		add("uri", c.URI)
		add("file", p.script)
		add("sha256", c.SHA256)
		if lines := strings.Count(c.Text, "\n"); lines > 0 {
			list = append(list, dap.Variable{
				Name: "script", Value: fmt.Sprintf("%d lines", lines), VariablesReference: reference(i, scopeScript), NamedVariables: lines,
			})
		}
	}
	return list
}

// scriptVariables are the lines of an inline script, as the build VM gets them.
func scriptVariables(p *place) []dap.Variable {
	if p == nil || p.step.Content() == nil {
		return nil
	}
	var list []dap.Variable
	for line := range strings.Lines(p.step.Content().Text) {
		list = append(list, dap.Variable{Name: strconv.Itoa(len(list) + 1), Value: strings.TrimRight(line, "\n")})
	}
	return list
}
