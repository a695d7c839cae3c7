package dap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
)

// Launch is what a launch configuration says: its names are those of the flags of ingot build.
type Launch struct {
	Template       string            `json:"template"`       // path of the JSON file
	ImageTemplate  string            `json:"imageTemplate"`  // which, when the file has several
	Parameters     map[string]string `json:"parameters"`     // of a deployment template
	ParameterFiles []string          `json:"parameterFiles"` // paths
	Cwd            string            `json:"cwd"`            // where relative paths begin; "" is where the adapter was started
	On             string            `json:"on"`             // local or fast
	CPUs           int               `json:"cpus"`
	Memory         int               `json:"memory"` // MiB
	Firmware       string            `json:"firmware"`
	Accel          string            `json:"accel"`
	Layers         string            `json:"layers"`
	NoCache        bool              `json:"noCache"`
	Rebuild        string            `json:"rebuild"` // a step
	Timeout        string            `json:"timeout"`
	Args           []string          `json:"args"`        // other flags of ingot build
	StopOnEntry    bool              `json:"stopOnEntry"` // stand before the first customizer
	NoDebug        bool              `json:"noDebug"`     // the editor's "run without debugging"
}

// launchNames are the properties of a launch configuration; those in the second row are the editor's own.
var launchNames = []string{
	"template", "imageTemplate", "parameters", "parameterFiles", "cwd", "on", "cpus", "memory", "firmware", "accel", "layers", "noCache",
	"rebuild", "timeout", "args", "stopOnEntry", "noDebug",
	"type", "request", "name", "presentation", "preLaunchTask", "postDebugTask", "internalConsoleOptions", "debugServer", "serverReadyAction",
	"suppressMultipleSessionWarning", "console", "windows", "linux", "osx", "restart", "program",
}

// Watch is told what happens in a session.
type Watch struct {
	Event  events.Sink
	Notify func() // as workbench.Options has it
}

// parse reads the arguments of a launch. warnings are about what would have no effect.
func (l *Launch) parse(arguments json.RawMessage) (warnings []string, err error) {
	if err := json.Unmarshal(arguments, l); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) && typ.Field != "" {
			return nil, fmt.Errorf("launch configuration: %q cannot be of the kind %s", typ.Field, typ.Value)
		}
		return nil, fmt.Errorf("read the launch configuration: %w", err)
	}
	if l.Template == "" {
		return nil, errors.New("the launch configuration names no image template\n" +
			"  fix:  add \"template\": \"${file}\", or the path of a JSON file")
	}
	if l.On != "" && l.On != "local" && l.On != "fast" {
		return nil, fmt.Errorf("\"on\": %q cannot be debugged here: rewinding needs layers, which are kept on this machine\n"+
			"  fix:  leave it out, or say \"fast\"; on Azure: ingot build --on azure --on-error shell", l.On)
	}
	var given map[string]json.RawMessage
	_ = json.Unmarshal(arguments, &given) // it is an object, as was seen above
	var names []string
	for name := range given {
		if !slices.Contains(launchNames, name) && !strings.HasPrefix(name, "_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		text := fmt.Sprintf("the launch configuration has %q, which is unknown and has no effect", bounded(name))
		if near := diag.Near(name, launchNames); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		warnings = append(warnings, text)
	}
	return warnings, nil
}

func (a *adapter) onInitialize(_ context.Context, m *dap.InitializeRequest, content []byte) (dap.ResponseMessage, func(), error) {
	// The library's type cannot tell "not said", which is true for these two, from false.
	var said struct {
		Arguments struct {
			LinesStartAt1   *bool `json:"linesStartAt1"`
			ColumnsStartAt1 *bool `json:"columnsStartAt1"`
		} `json:"arguments"`
	}
	_ = json.Unmarshal(content, &said) // it was read before, as another type
	args := m.Arguments
	if args.PathFormat != "" && args.PathFormat != "path" {
		return nil, nil, fmt.Errorf("pathFormat %q is not spoken here: only \"path\" is", args.PathFormat)
	}
	isFalse := func(b *bool) bool { return b != nil && !*b }
	a.mu.Lock()
	a.stage = initialized
	a.client = client{
		name: args.ClientName, line0: isFalse(said.Arguments.LinesStartAt1), column0: isFalse(said.Arguments.ColumnsStartAt1),
		terminal: args.SupportsRunInTerminalRequest, progress: args.SupportsProgressReporting, refetch: args.SupportsInvalidatedEvent,
	}
	a.mu.Unlock()
	r := &dap.InitializeResponse{}
	r.Body = dap.Capabilities{
		SupportsConfigurationDoneRequest:   true,
		SupportsBreakpointLocationsRequest: true,
		SupportsRestartFrame:               true,
		SupportsRestartRequest:             true,
		SupportsStepBack:                   true,
		SupportsGotoTargetsRequest:         true,
		SupportsExceptionInfoRequest:       true,
		SupportsTerminateRequest:           true,
		SupportTerminateDebuggee:           true,
		SupportsCancelRequest:              true,
		SupportsLoadedSourcesRequest:       true,
		SupportsDelayedStackTraceLoading:   true,
		ExceptionBreakpointFilters: []dap.ExceptionBreakpointsFilter{{
			Filter: filterFailed, Label: "Failed steps", Default: true,
			Description: "Stop when a customizer fails, with the build VM as it was left",
		}},
	}
	return r, nil, nil
}

// onLaunch reads the image template. Nothing runs before the editor has set its breakpoints.
func (a *adapter) onLaunch(ctx context.Context, m *dap.LaunchRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	var l Launch
	warnings, err := l.parse(m.Arguments)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range warnings {
		a.say("important", text)
	}
	target, err := a.Options.Launch(ctx, l, Watch{Event: a.event, Notify: a.wakeUp})
	if err != nil {
		var findings *FindingsError
		if errors.As(err, &findings) {
			a.findings(findings.List)
		}
		return nil, nil, err
	}
	a.mu.Lock()
	a.stage, a.launch, a.target, a.bars = launched, l, target, map[string]bool{}
	a.mu.Unlock()
	return &dap.LaunchResponse{}, func() {
		a.send(&dap.InitializedEvent{Event: dap.Event{Event: "initialized"}})
	}, nil
}

func (a *adapter) onAttach(context.Context, *dap.AttachRequest, []byte) (dap.ResponseMessage, func(), error) {
	return nil, nil, errors.New("a run that is under way cannot be attached to: it was not started to be stopped at its steps\n" +
		"  fix:  use \"request\": \"launch\"; the steps that are kept already are not run again")
}

// onConfigurationDone starts the run.
func (a *adapter) onConfigurationDone(context.Context, *dap.ConfigurationDoneRequest, []byte) (dap.ResponseMessage, func(), error) {
	return &dap.ConfigurationDoneResponse{}, a.start, nil
}

// start carries the run out beside the conversation.
func (a *adapter) start() {
	// The run is stopped by its own context: the conversation's ends only after it.
	ctx, stop := context.WithCancel(context.WithoutCancel(a.ctx))
	ended := make(chan struct{})
	a.mu.Lock()
	s, l := a.target.Session, a.launch
	a.stage, a.stop, a.ended = running, stop, ended
	a.mu.Unlock()
	if l.NoDebug {
		s.SetBreaks()
		s.BreakOnFailure(false)
	}
	a.send(&dap.ProcessEvent{Event: dap.Event{Event: "process"}, Body: dap.ProcessEventBody{Name: l.Template, StartMethod: "launch"}})
	a.send(&dap.ThreadEvent{Event: dap.Event{Event: "thread"}, Body: dap.ThreadEventBody{Reason: "started", ThreadId: theThread}})
	over := make(chan struct{})
	a.wait.Go(func() { a.follow(over) })
	a.wait.Go(func() {
		defer stop()
		_, err := s.Run(ctx)
		close(over)
		a.over(err)
		close(ended)
	})
}
