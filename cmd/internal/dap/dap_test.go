package dap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-dap"
)

func TestBreakpointsAndSteps(t *testing.T) {
	r := newRig(t)
	set := r.start(nil, 9)
	if b := set.Body.Breakpoints[0]; !b.Verified || b.Line != 9 {
		t.Errorf("the breakpoint is %+v", b)
	}
	if got, want := r.stopped(), "breakpoint: customize[1] two:9, customize[0] one (done):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reply[*dap.NextResponse](r, "next", map[string]any{"threadId": 1})
	if got, want := r.stopped(), "step: customize[2] three:10, customize[1] two (done):9, customize[0] one (done):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	if got, want := r.stopped(), "step: generalize (all customizers are done):10, customize[2] three (done):10, customize[1] two (done):9, "+
		"customize[0] one (done):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	if code := r.end(); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
}

// A failed step is an exception. Its mended text is run when somebody goes on.
func TestFailureEditAndContinue(t *testing.T) {
	r := newRig(t)
	r.write("web.json", strings.Replace(template, "echo two", "bad two", 1))
	r.start(nil)
	if got, want := r.stopped(), "exception: customize[1] two (failed):9, customize[0] one (done):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	info := reply[*dap.ExceptionInfoResponse](r, "exceptionInfo", map[string]any{"threadId": 1})
	if diff := cmp.Diff(info.Body, dap.ExceptionInfoResponseBody{
		ExceptionId: "customize[1] two exited with 3", Description: "#!/bin/sh -e\nbad two\n", BreakMode: "always",
	}); diff != "" {
		t.Error(diff)
	}
	// As it is it would fail again, so the session stays where it is, and says so.
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	if out := event[*dap.OutputEvent](r).Body; out.Category != "important" || !strings.Contains(out.Output, "failed, and is as it was") {
		t.Errorf("the output is %+v", out)
	}
	r.stopped()
	r.write("web.json", template)
	reply[*dap.ContinueResponse](r, "continue", map[string]any{"threadId": 1})
	if got, want := r.stopped(), "step: generalize (all customizers are done):10, customize[2] three (done):10, customize[1] two (done):9, "+
		"customize[0] one (done, reused):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRestartFrameRewinds(t *testing.T) {
	r := newRig(t)
	r.start(map[string]any{"stopOnEntry": true})
	if got, want := r.stopped(), "entry: customize[0] one:8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reply[*dap.StepOutResponse](r, "stepOut", map[string]any{"threadId": 1})
	r.stopped()
	frames := reply[*dap.StackTraceResponse](r, "stackTrace", map[string]any{"threadId": 1, "startFrame": 2, "levels": 1}).Body.StackFrames
	if len(frames) != 1 || !frames[0].CanRestart || !strings.HasPrefix(frames[0].Name, "customize[1]") {
		t.Fatalf("the frames are %+v", frames)
	}
	reply[*dap.RestartFrameResponse](r, "restartFrame", map[string]any{"frameId": frames[0].Id})
	if got, want := r.stopped(), "restart: customize[1] two:9, customize[0] one (done, reused):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reply[*dap.StepBackResponse](r, "stepBack", map[string]any{"threadId": 1})
	if got, want := r.stopped(), "step: customize[0] one:8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if text := r.refused("stepBack", map[string]any{"threadId": 1}); !strings.Contains(text, "first customizer") {
		t.Errorf("refused with %q", text)
	}
	targets := reply[*dap.GotoTargetsResponse](r, "gotoTargets", map[string]any{"source": map[string]any{"path": r.file}, "line": 10}).Body.Targets
	if len(targets) != 1 || targets[0].Label != "run to customize[2] three" {
		t.Fatalf("the targets are %+v", targets)
	}
	reply[*dap.GotoResponse](r, "goto", map[string]any{"threadId": 1, "targetId": targets[0].Id})
	if got, want := r.stopped(), "goto: customize[2] three:10, customize[1] two (done):9, customize[0] one (done):8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
