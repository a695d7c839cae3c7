package dap

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/engine/service"
)

// long is the template with a step that runs until it is let go.
var long = strings.Replace(template, "echo two", "long two", 1)

// running starts a session whose second step runs, and does not end by itself.
func (r *rig) running() (release func()) {
	r.Helper()
	held := make(chan struct{})
	r.bench.hold.Store(&held)
	r.write("web.json", long)
	r.start(nil)
	for !strings.Contains(event[*dap.OutputEvent](r).Body.Output, "long two") {
	}
	return func() { close(held) }
}

func TestPauseStopsBeforeTheNextStep(t *testing.T) {
	r := newRig(t)
	release := r.running()
	for _, command := range []string{"stackTrace", "continue", "next", "restartFrame", "scopes"} {
		if text := r.refused(command, map[string]any{"threadId": 1, "frameId": 2}); !strings.Contains(text, "running a step") {
			t.Errorf("%s while a step runs was refused with %q", command, text)
		}
	}
	reply[*dap.PauseResponse](r, "pause", map[string]any{"threadId": 1})
	release()
	if got, want := r.stopped(), "pause: customize[2] three:10, customize[1] two (done):9, customize[0] one (done):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if text := r.refused("pause", map[string]any{"threadId": 1}); !strings.Contains(text, "stands already") {
		t.Error(text)
	}
}

// Restart while a step runs gives that up: the run after it is the session's, and its end is not mistaken for the end.
func TestRestartWhileAStepRuns(t *testing.T) {
	r := newRig(t)
	r.running()
	r.write("web.json", template)
	reply[*dap.RestartResponse](r, "restart", map[string]any{})
	if got, want := r.stopped(), "restart: customize[0] one:8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	r.stopped()
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	if code := r.end(); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
}

// terminate ends the run, and with it the session; nothing is kept.
func TestTerminate(t *testing.T) {
	for name, stand := range map[string]bool{"while it stands": true, "while a step runs": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if stand {
				r.start(map[string]any{"stopOnEntry": true})
				r.stopped()
			} else {
				r.running()
			}
			reply[*dap.TerminateResponse](r, "terminate", map[string]any{})
			r.end()
			if r.bench.kept.Load() {
				t.Error("the build VM is kept")
			}
		})
	}
}

func TestTerminateBeforeAnythingRuns(t *testing.T) {
	r := newRig(t)
	reply[*dap.InitializeResponse](r, "initialize", map[string]any{"adapterID": "x"})
	reply[*dap.LaunchResponse](r, "launch", map[string]any{"template": r.file})
	reply[*dap.TerminateResponse](r, "terminate", nil)
	event[*dap.TerminatedEvent](r)
	reply[*dap.DisconnectResponse](r, "disconnect", nil)
	err := <-r.done
	if r.done <- err; err != nil || !r.bench.closed.Load() {
		t.Errorf("it ended with %v, closed: %v", err, r.bench.closed.Load())
	}
}

// Only an editor that says so leaves the build VM standing; one that runs a step is kept when that has ended.
func TestDisconnect(t *testing.T) {
	for _, tt := range []struct {
		name      string
		arguments any
		running   bool
		kept      bool
	}{
		{"says nothing", nil, false, false},
		{"ends it", map[string]any{"terminateDebuggee": true}, false, false},
		{"keeps it", map[string]any{"terminateDebuggee": false}, false, true},
		{"keeps it when it stands", map[string]any{"terminateDebuggee": false}, true, true},
		{"ends it while a step runs", map[string]any{}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			if tt.running {
				release := r.running()
				seq := r.send("disconnect", tt.arguments)
				if tt.kept {
					release()
				}
				for {
					if a, is := r.next().(*dap.DisconnectResponse); is && a.RequestSeq == seq {
						break
					}
				}
			} else {
				r.start(map[string]any{"stopOnEntry": true})
				r.stopped()
				reply[*dap.DisconnectResponse](r, "disconnect", tt.arguments)
			}
			err := <-r.done
			r.done <- err
			if got := r.bench.kept.Load(); err != nil || got != tt.kept {
				t.Errorf("kept: %v, error: %v", got, err)
			}
		})
	}
}

// An editor that goes away takes the run with it.
func TestEditorGoesAway(t *testing.T) {
	r := newRig(t)
	r.running()
	_ = r.in.Close()
	err := <-r.done
	if r.done <- err; !errors.Is(err, ErrNoDisconnect) || !r.bench.closed.Load() || r.bench.kept.Load() {
		t.Errorf("it ended with %v, closed: %v", err, r.bench.closed.Load())
	}
}

// An editor that does not read holds nothing up for ever.
func TestEditorThatDoesNotRead(t *testing.T) {
	w := newWriter(stuck{})
	for range waiting + 1 { // and one that is being written
		w.send(&dap.InitializedEvent{Event: dap.Event{Event: "initialized"}})
	}
	sent := make(chan int)
	go func() { sent <- w.send(&dap.TerminatedEvent{Event: dap.Event{Event: "terminated"}}) }()
	w.drop()
	if n := <-sent; n != 0 {
		t.Errorf("the message was sent as %d", n)
	}
}

// stuck is a pipe that nobody reads.
type stuck struct{}

func (stuck) Write([]byte) (int, error) { select {} }

var _ io.Writer = stuck{}

// Without a debugger a run is a run: nothing stops it.
func TestNoDebug(t *testing.T) {
	r := newRig(t)
	r.start(map[string]any{"noDebug": true, "stopOnEntry": true}, 8, 9, 10)
	if code := r.end(); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
}

// A failure that nobody wants to stop at ends the run, and is told in full.
func TestFailureEndsTheRun(t *testing.T) {
	r := newRig(t)
	r.write("web.json", strings.Replace(template, "echo two", "bad two", 1))
	r.start(map[string]any{"stopOnEntry": true})
	r.stopped()
	reply[*dap.SetExceptionBreakpointsResponse](r, "setExceptionBreakpoints", map[string]any{"filters": []string{}})
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	for !strings.Contains(event[*dap.OutputEvent](r).Body.Output, "error: customize[1] two exited with 3") {
	}
	if code := r.end(); code != 1 {
		t.Errorf("the exit code is %d", code)
	}
}

// A terminal in the build VM is the editor's own, with ingot shell in it.
func TestTerminal(t *testing.T) {
	r := newRig(t)
	r.bench.way = service.Way{Communicator: "ssh", Host: "127.0.0.1", Port: 1, User: "packer"}
	r.start(map[string]any{"stopOnEntry": true})
	r.stopped()
	for _, ask := range []struct {
		command   string
		arguments any
		fails     bool
	}{
		{"evaluate", map[string]any{"expression": "!shell", "context": "repl"}, false},
		{openTerminal, nil, false},
		{openTerminal, nil, true},
	} {
		seq := r.send(ask.command, ask.arguments)
		asked := event[*dap.RunInTerminalRequest](r)
		if got := asked.Arguments; got.Kind != "integrated" || !slices.Equal(got.Args, []string{"ingot", "shell", "3f2a9c11"}) {
			t.Errorf("asked for %+v", got)
		}
		answer := &dap.RunInTerminalResponse{}
		answer.Type, answer.Command, answer.RequestSeq, answer.Success = "response", "runInTerminal", asked.Seq, !ask.fails
		answer.Message = "no room"
		if err := dap.WriteProtocolMessage(r.in, answer); err != nil {
			t.Fatal(err)
		}
		for {
			a, is := r.next().(dap.ResponseMessage)
			if !is || a.GetResponse().RequestSeq != seq {
				continue
			}
			if got := a.GetResponse(); got.Success == ask.fails || ask.fails && !strings.Contains(got.Message, "no room") {
				t.Errorf("%s was answered with %+v", ask.command, got)
			}
			break
		}
	}
}

// What is watched is asked again and again, so it may be nothing but a variable.
func TestEvaluateRefusals(t *testing.T) {
	r := newRig(t)
	r.start(map[string]any{"stopOnEntry": true})
	r.stopped()
	for _, tt := range []struct{ expression, context, want string }{
		{"", "repl", "nothing to run"},
		{"rm -rf /", "watch", "it may change nothing"},
		{"x", "hover", "pointing"},
		{"true", "repl", "no connection to the VM"}, // the machine of this test cannot be reached
		{"$PATH", "watch", "no connection to the VM"},
	} {
		if text := r.refused("evaluate", map[string]any{"expression": tt.expression, "context": tt.context}); !strings.Contains(text, tt.want) {
			t.Errorf("%q as %s was refused with %q, want %q", tt.expression, tt.context, text, tt.want)
		}
	}
}

// An edit is told as soon as it is saved, and breakpoints go with their customizers.
func TestEditIsTold(t *testing.T) {
	r := newRig(t)
	r.start(nil, 9)
	r.stopped()
	r.write("web.json", strings.Replace(template, "echo one", "echo first", 1))
	for !strings.Contains(event[*dap.OutputEvent](r).Body.Output, "customize[0] one was edited") {
	}
	if b := event[*dap.BreakpointEvent](r).Body; b.Reason != "changed" || b.Breakpoint.Line != 9 {
		t.Errorf("the breakpoint is %+v", b)
	}
	event[*dap.InvalidatedEvent](r)
	r.write("web.json", strings.Replace(template, `"echo one"`, `"echo one`, 1))
	for !strings.Contains(event[*dap.OutputEvent](r).Body.Output, "cannot be built as it is now") {
	}
	// Nothing is lost: the machine stands where it did.
	if frames := reply[*dap.StackTraceResponse](r, "stackTrace", map[string]any{"threadId": 1}).Body.StackFrames; len(frames) != 2 {
		t.Errorf("the frames are %+v", frames)
	}
}

// Lines are handed on whole, and none is longer than a message may be.
func TestLines(t *testing.T) {
	var got []string
	l := &lines{category: "stdout", say: func(_, text string) { got = append(got, text) }}
	for _, p := range []string{"a", "b\nc\nd", "", "\n", strings.Repeat("x", maxText+5)} {
		if n, err := l.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	l.flush()
	if want := []string{"ab\nc\n", "d\n", strings.Repeat("x", maxText), "xxxxx"}; !slices.Equal(got, want) {
		t.Errorf("got %d texts, %q", len(got), got)
	}
}
