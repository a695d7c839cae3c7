package dap

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/plan"
)

// template is an image template with customizers at the lines 8, 9 and 10, and the last one with a script of its own.
const template = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates",
  "apiVersion": "2024-02-01",
  "location": "westus2", "identity": { "type": "UserAssigned", "userAssignedIdentities": { "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id": {} } },
  "properties": {
    "source": { "type": "PlatformImage", "publisher": "debian", "offer": "debian-12", "sku": "12", "version": "latest" },
    "customize": [
      { "type": "Shell", "name": "one", "inline": ["echo one"] },
      { "type": "Shell", "name": "two", "inline": ["echo two"] },
      { "type": "Shell", "name": "three", "scriptUri": "three.sh" }
    ],
    "distribute": [{ "type": "VHD", "runOutputName": "out" }]
  }
}
`

// rig is an editor that talks to an adapter.
type rig struct {
	*testing.T
	file  string
	in    *io.PipeWriter
	got   chan dap.Message
	seq   int
	later []dap.Message // events that nobody asked for yet
	done  chan error
	bench *steps
	codec *dap.Codec
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{T: t, file: filepath.Join(dir, "web.json"), got: make(chan dap.Message, 1000), done: make(chan error, 1), codec: codec()}
	r.bench = &steps{}
	r.write("web.json", template)
	r.write("three.sh", "echo three\n")
	toAdapter, in := io.Pipe()
	out, fromAdapter := io.Pipe()
	r.in = in
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r.done <- Serve(ctx, toAdapter, fromAdapter, Options{
			Launch: r.launch, ExitCode: func(error) int { return 1 }, Terminal: []string{"ingot", "shell"},
		})
		_ = fromAdapter.Close()
	}()
	go func() {
		defer close(r.got)
		buf := bufio.NewReader(out)
		for {
			content, err := dap.ReadBaseMessage(buf)
			if err != nil {
				return
			}
			m, err := r.codec.DecodeMessage(content)
			if err != nil {
				t.Errorf("the adapter sent %s: %v", content, err)
				return
			}
			r.got <- m
		}
	}()
	t.Cleanup(func() {
		cancel()
		_ = in.Close()
		<-r.done
		_ = out.Close()
	})
	return r
}

func (r *rig) write(name, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(r.file), name), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

// launch is Options.Launch with a service whose machines do nothing.
func (r *rig) launch(_ context.Context, l Launch, w Watch) (*Target, error) {
	var shown atomic.Pointer[plan.Plan]
	read := func(context.Context) (*workbench.Template, error) {
		data, err := os.ReadFile(l.Template)
		if err != nil {
			return nil, err
		}
		var both [2]*plan.Plan
		for i := range both {
			p, list := translate.Translate(translate.Source{File: l.Template, Data: data}, translate.Options{Check: check.Options{Translate: true}})
			if list.HasErrors() {
				return nil, &FindingsError{List: list}
			}
			both[i] = p
		}
		shown.Store(both[1])
		return &workbench.Template{Plan: both[0], Files: []string{l.Template}}, nil
	}
	if _, err := read(r.Context()); err != nil {
		return nil, err
	}
	s := workbench.New(workbench.Options{
		Load: read, Service: r.bench, Request: service.BuildRequest{TemplateFile: l.Template}, Sink: w.Event, Notify: w.Notify,
		StopFirst: l.StopOnEntry && !l.NoDebug,
	})
	local := resolve.Options{TemplateDir: filepath.Dir(l.Template)}
	return &Target{
		Session: s, Plan: shown.Load, Script: local.LocalFile,
		Mask:  func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") },
		Close: func() { r.bench.closed.Store(true) },
	}, nil
}

// send sends a request, and gives its number.
func (r *rig) send(command string, arguments any) int {
	r.Helper()
	r.seq++
	m := map[string]any{"seq": r.seq, "type": "request", "command": command}
	if arguments != nil {
		m["arguments"] = arguments
	}
	text, err := json.Marshal(m)
	if err != nil {
		r.Fatal(err)
	}
	if err := dap.WriteBaseMessage(r.in, text); err != nil {
		r.Fatal(err)
	}
	return r.seq
}

// next gives the next message.
func (r *rig) next() dap.Message {
	r.Helper()
	select {
	case m, ok := <-r.got:
		if !ok {
			r.Fatal("the adapter says no more")
		}
		return m
	case <-time.After(20 * time.Second):
		r.Fatal("the adapter says nothing")
	}
	return nil
}

// reply sends a request and gives the answer, which is an error only if that is asked for.
func reply[R dap.Message](r *rig, command string, arguments any) R {
	r.Helper()
	seq := r.send(command, arguments)
	for {
		m := r.next()
		if a, is := m.(dap.ResponseMessage); is && a.GetResponse().RequestSeq == seq {
			if got, ok := m.(R); ok {
				return got
			}
			text, _ := json.Marshal(m)
			r.Fatalf("%s was answered with %s", command, text)
		}
		r.later = append(r.later, m)
	}
}

// refused sends a request that has to be refused, and gives the reason.
func (r *rig) refused(command string, arguments any) string {
	r.Helper()
	return reply[*dap.ErrorResponse](r, command, arguments).Message
}

// event gives the next event of a kind, past those that came before it.
func event[E dap.Message](r *rig) E {
	r.Helper()
	for len(r.later) > 0 {
		m := r.later[0]
		r.later = r.later[1:]
		if e, is := m.(E); is {
			return e
		}
	}
	for {
		if e, is := r.next().(E); is {
			return e
		}
	}
}

// start goes through the first requests as editors do, up to the first stop.
func (r *rig) start(launch map[string]any, lines ...int) *dap.SetBreakpointsResponse {
	r.Helper()
	reply[*dap.InitializeResponse](r, "initialize", map[string]any{
		"adapterID": "ingot", "supportsRunInTerminalRequest": true, "supportsProgressReporting": true, "supportsInvalidatedEvent": true,
	})
	all := map[string]any{"template": r.file}
	for name, value := range launch {
		all[name] = value
	}
	reply[*dap.LaunchResponse](r, "launch", all)
	event[*dap.InitializedEvent](r)
	set := r.breakpoints(r.file, lines...)
	reply[*dap.SetExceptionBreakpointsResponse](r, "setExceptionBreakpoints", map[string]any{"filters": []string{"failed"}})
	reply[*dap.ConfigurationDoneResponse](r, "configurationDone", nil)
	return set
}

func (r *rig) breakpoints(file string, lines ...int) *dap.SetBreakpointsResponse {
	r.Helper()
	list := []any{}
	for _, l := range lines {
		list = append(list, map[string]any{"line": l})
	}
	return reply[*dap.SetBreakpointsResponse](r, "setBreakpoints", map[string]any{"source": map[string]any{"path": file}, "breakpoints": list})
}

// stopped waits for the build VM to stand, and says why and where: the frames from the top.
func (r *rig) stopped() string {
	r.Helper()
	e := event[*dap.StoppedEvent](r)
	var frames []string
	for _, f := range reply[*dap.StackTraceResponse](r, "stackTrace", map[string]any{"threadId": 1}).Body.StackFrames {
		frames = append(frames, fmt.Sprintf("%s:%d", f.Name, f.Line))
	}
	return e.Body.Reason + ": " + strings.Join(frames, ", ")
}

// end is the exit code that the run ends with.
func (r *rig) end() int {
	r.Helper()
	code := event[*dap.ExitedEvent](r).Body.ExitCode
	event[*dap.TerminatedEvent](r)
	reply[*dap.DisconnectResponse](r, "disconnect", map[string]any{})
	err := <-r.done
	r.done <- err
	if err != nil {
		r.Errorf("the session ended with: %v", err)
	}
	if !r.bench.closed.Load() {
		r.Error("what was launched is not closed")
	}
	return code
}

// steps is a service whose machines only say what they would run. A script with "bad" in it fails.
type steps struct {
	closed atomic.Bool
	way    service.Way
	hold   atomic.Pointer[chan struct{}] // a step with "long two" in it waits for this
	kept   atomic.Bool
	runs   atomic.Int32
}

func (f *steps) Diff(context.Context, string, string, diskdiff.Options) (*diskdiff.Report, error) {
	return nil, errors.New("not asked for")
}

func (f *steps) Build(ctx context.Context, r service.BuildRequest, sink events.Sink) (res service.Result, err error) {
	run := fmt.Sprintf("3f2a9c1%x", f.runs.Add(1))
	res.Run.ID = run
	state := func(step string, s events.State) { sink(events.Event{Run: run, Step: step, State: &s}) }
	p, from := r.Plan, 0
	for _, st := range p.Steps {
		state(st.ID, events.State{Phase: events.Pending, Title: st.Title()})
	}
again:
	state("boot", events.State{Phase: events.Running, Title: "boot", Detail: "TCG"})
	state("boot", events.State{Phase: events.Done, Title: "boot", Elapsed: time.Second})
	for i := 0; i < len(p.Steps); i++ {
		if i < from {
			state(p.Steps[i].ID, events.State{Phase: events.Done, Title: p.Steps[i].Title(), Reused: true})
			continue
		}
		stop := service.Stop{Plan: p, Next: i, Way: f.way}
		move, err := r.Bench.Before(ctx, stop)
		if err == nil && move.Kind == service.GoOn {
			move, err = f.run(ctx, run, p.Steps[i], filepath.Dir(r.TemplateFile), r.Bench, stop, state, sink)
		}
		switch {
		case err != nil:
			return res, err
		case move.Kind == service.Rewind:
			if from = move.To; move.Plan != nil {
				p = move.Plan
			}
			goto again
		case move.Kind == service.Keep:
			f.kept.Store(true)
			return res, nil
		case move.Kind == service.Leave:
			return res, nil
		}
	}
	sink(events.Event{Run: run, RunOutput: &events.RunOutput{Name: "out", Type: "VHD", Path: "/gallery/out.vhd"}})
	return res, nil
}

func (f *steps) run(
	ctx context.Context, run string, st plan.Step, dir string, bench service.Bench, stop service.Stop, state func(string, events.State),
	sink events.Sink,
) (service.Move, error) {
	title := st.Title()
	text := st.Content().Text
	if uri := st.Content().URI; uri != "" {
		data, _ := os.ReadFile(filepath.Join(dir, uri))
		text = string(data)
	}
	state(st.ID, events.State{Phase: events.Running, Title: title, Provisioner: "shell"})
	for _, line := range slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return s == "" || st.Hidden }) {
		sink(events.Event{Run: run, Step: st.ID, Output: &events.Output{Stream: events.Stdout, Text: line}})
	}
	if c := f.hold.Load(); c != nil && strings.Contains(text, "long two") {
		select {
		case <-*c:
		case <-ctx.Done():
			state(st.ID, events.State{Phase: events.Cancelled, Title: title})
			return service.Move{}, context.Cause(ctx)
		}
	}
	if !strings.Contains(text, "bad") {
		state(st.ID, events.State{Phase: events.Done, Title: title, Elapsed: time.Second})
		return service.Move{}, nil
	}
	state(st.ID, events.State{Phase: events.Failed, Title: title, Elapsed: time.Second})
	failed := &service.ProvisionError{Index: stop.Next, ExitCode: 3, Err: errors.New("exit 3")}
	move, err := bench.Failed(ctx, stop, failed)
	if err == nil && move.Kind == service.Leave {
		problem := events.Problem{What: title + " exited with 3"}
		sink(events.Event{Run: run, Problem: &problem})
		return move, failed
	}
	return move, err
}
