package workbench

import (
	"context"
	"errors"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

func TestStopsByItselfBeforeGeneralize(t *testing.T) {
	r := newRig(t, false, "A", "B")
	r.start()
	r.stands(3, AllDone)
	r.did("start at 0; prepare: prepare; customize[0]: A; customize[1]: B")
	r.must(r.Finish(t.Context(), false))
	st := r.until("the end", func(st Status) bool { return st.State == Over })
	if st.Err != nil || st.Result.Run.ID != "run1" {
		t.Errorf("over with %v, run %s", st.Err, st.Result.Run.ID)
	}
	r.did("generalize: generalize; image")
	r.must(r.Leave(false))
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

func TestStepping(t *testing.T) {
	r := newRig(t, true, "A", "B", "C")
	r.start()
	r.stands(1, AtEntry)
	r.must(r.Step(t.Context()))
	r.stands(2, AfterStep)
	r.must(r.RunTo(t.Context(), 3))
	st := r.stands(3, AtGoal)
	r.did("start at 0; prepare: prepare; customize[0]: A; customize[1]: B")
	if s := st.Step(2); s.Phase != events.Done || s.Title != "customize[1] b" {
		t.Errorf("step 2 is %+v", s)
	}
	r.must(r.Rewind(t.Context(), 2))
	st = r.stands(2, AtGoal)
	if s := st.Step(1); !s.Reused {
		t.Errorf("step 1 was run: %+v", s)
	}
	r.must(r.Step(t.Context()))
	r.stands(3, AfterStep)
	r.did("back to 2; start at 2; customize[1]: B")
}

func TestBreakpoints(t *testing.T) {
	r := newRig(t, false, "A", "B", "C")
	r.SetBreaks("customize[1]", "customize[9]")
	r.start()
	r.stands(2, AtBreakpoint)
	r.must(r.Continue(t.Context()))
	r.stands(4, AllDone)
	// Another run comes from the last layer, which is past the breakpoint: it goes back for it.
	r.said()
	r.must(r.Finish(t.Context(), false))
	r.until("the end", func(st Status) bool { return st.State == Over })
	r.must(r.Continue(t.Context()))
	r.stands(2, AtBreakpoint)
	r.did("generalize: generalize; image; start at 4; back to 2; start at 2")
}

func TestEditAndGoOn(t *testing.T) {
	for name, tt := range map[string]struct {
		file  string
		did   string
		first int
	}{
		"a step that was run":  {"a", "back to 1; start at 1; customize[0]: new; customize[1]: B; customize[2]: C", 1},
		"the step that comes":  {"c", "back to 3; start at 3; customize[2]: new", 3},
		"a step behind others": {"b", "back to 2; start at 2; customize[1]: new; customize[2]: C", 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, false, "A", "B", "C")
			r.SetBreaks("customize[2]")
			r.start()
			r.stands(3, AtBreakpoint)
			r.said()
			r.SetBreaks()
			r.write(tt.file, "new")
			st := r.until("the edit", func(st Status) bool { return st.Edited >= 0 })
			if st.Edited != tt.first || !st.Step(tt.first).Changed || st.Step(tt.first%3+1).Changed {
				t.Errorf("edited %d: %+v", st.Edited, st.Steps)
			}
			r.must(r.Continue(t.Context()))
			st = r.stands(4, AllDone)
			r.did(tt.did)
			if st.Edited >= 0 {
				t.Error("still edited")
			}
		})
	}
}

func TestAnEditThatChangesNothing(t *testing.T) {
	r := newRig(t, false, "A", "B")
	r.SetBreaks("customize[1]")
	r.start()
	r.stands(2, AtBreakpoint)
	r.said()
	r.write("a", "x")
	r.until("the edit", func(st Status) bool { return st.Edited == 1 })
	r.write("a", "A")
	r.until("its end", func(st Status) bool { return st.Edited < 0 })
	r.must(r.Continue(t.Context()))
	r.stands(3, AllDone)
	r.did("customize[1]: B")
}

func TestFailures(t *testing.T) {
	fails := func(t *testing.T) *rig {
		r := newRig(t, false, "A", "bad", "C")
		r.start()
		r.stands(2, AtFailure)
		r.said()
		return r
	}
	t.Run("as it was", func(t *testing.T) {
		r := fails(t)
		var refused *RefusedError
		if err := r.Continue(t.Context()); !errors.As(err, &refused) || refused.Advice == "" {
			t.Errorf("went on: %v", err)
		}
		if err := r.RunTo(t.Context(), 3); !errors.As(err, &refused) {
			t.Errorf("ran on: %v", err)
		}
	})
	t.Run("edited", func(t *testing.T) {
		r := fails(t)
		r.write("b", "good")
		r.must(r.Continue(t.Context()))
		if st := r.stands(4, AllDone); st.Touched {
			t.Error("touched")
		}
		r.did("back to 2; start at 2; customize[1]: good; customize[2]: C")
	})
	t.Run("again", func(t *testing.T) {
		r := fails(t)
		r.must(r.Again())
		st := r.stands(2, AtFailure)
		r.did("customize[1]: bad")
		if !st.Touched || st.Failure == nil {
			t.Errorf("touched %v, %v", st.Touched, st.Failure)
		}
	})
	t.Run("left out", func(t *testing.T) {
		r := fails(t)
		r.must(r.Skip())
		r.stands(4, AllDone)
		r.did("customize[2]: C")
		if err := r.Finish(t.Context(), false); err == nil {
			t.Error("an image of what the template does not make")
		}
		r.must(r.Rewind(t.Context(), 1))
		if st := r.stands(1, AtGoal); st.Touched {
			t.Error("touched after the way back")
		}
		if len(r.layers) != 3 {
			t.Errorf("layers of a machine that was touched: %v", r.layers)
		}
	})
	t.Run("without a stop", func(t *testing.T) {
		r := newRig(t, false, "A", "bad", "C")
		r.BreakOnFailure(false)
		r.start()
		st := r.until("the end", func(st Status) bool { return st.State == Over })
		var failed *service.ProvisionError
		if !errors.As(st.Err, &failed) {
			t.Errorf("over with %v", st.Err)
		}
		r.write("b", "good")
		r.must(r.Continue(t.Context()))
		r.stands(4, AllDone)
	})
}

func TestGoingBackWhileAStepRuns(t *testing.T) {
	r := newRig(t, false, "A", "long", "C")
	r.hold["long"] = make(chan struct{})
	r.start()
	r.until("the step", func(st Status) bool { return st.State == Running && st.At == 2 })
	var refused *RefusedError
	for name, order := range map[string]error{
		"continue": r.Continue(t.Context()), "again": r.Again(), "keep": r.Leave(true), "finish": r.Finish(t.Context(), true),
	} {
		if !errors.As(order, &refused) || refused.Reason == "" {
			t.Errorf("%s: %v", name, order)
		}
	}
	r.must(r.Rewind(t.Context(), 1))
	r.stands(1, AtGoal)
	if r.runs != 2 {
		t.Errorf("%d runs", r.runs)
	}
}

func TestPause(t *testing.T) {
	r := newRig(t, false, "A", "long", "C")
	r.hold["long"] = make(chan struct{})
	r.start()
	r.until("the step", func(st Status) bool { return st.State == Running && st.At == 2 })
	r.must(r.Pause())
	close(r.hold["long"])
	r.stands(3, AtPause)
	if err := r.Pause(); err == nil {
		t.Error("paused what stands")
	}
	r.must(r.Continue(t.Context()))
	r.stands(4, AllDone)
}

func TestATemplateThatIsBroken(t *testing.T) {
	broken := errors.New("a comma is missing")
	r := newRig(t, true, "A", "B")
	r.start()
	r.stands(1, AtEntry)
	r.fake.mu.Lock()
	r.broken = broken
	r.fake.mu.Unlock()
	r.write("t.json", "{,}")
	r.until("the finding", func(st Status) bool { return errors.Is(st.LoadErr, broken) })
	if err := r.Continue(t.Context()); !errors.Is(err, broken) {
		t.Errorf("went on with %v", err)
	}
	r.stands(1, AtEntry)
	r.fake.mu.Lock()
	r.broken = nil
	r.fake.mu.Unlock()
	r.must(r.Continue(t.Context()))
	r.stands(3, AllDone)
}

// TestARunThatTurnsATemplateDown has an edit that only shows itself to be bad when the run makes it exact.
func TestARunThatTurnsATemplateDown(t *testing.T) {
	r := newRig(t, false, "A", "B", "C")
	r.SetBreaks("customize[2]")
	r.start()
	r.stands(3, AtBreakpoint)
	r.refuse = "nowhere"
	r.write("a", "nowhere")
	r.said()
	r.must(r.Continue(t.Context()))
	st := r.stands(3, NotTaken)
	r.did("refused")
	if st.LoadErr == nil || st.Edited != 1 || st.Step(1).Phase != events.Done {
		t.Errorf("%v, edited %d, %+v", st.LoadErr, st.Edited, st.Steps)
	}
	r.SetBreaks()
	r.write("a", "A2")
	r.must(r.Continue(t.Context()))
	r.stands(4, AllDone)
	r.did("back to 1; start at 1; customize[0]: A2; customize[1]: B; customize[2]: C")
}

func TestANewStep(t *testing.T) {
	r := newRig(t, false, "A", "B")
	r.start()
	r.stands(3, AllDone)
	r.said()
	r.fake.mu.Lock()
	r.extra = []plan.Step{{ID: "customize[2]", Shell: &plan.Shell{Script: plan.Content{URI: "b"}}}}
	r.fake.mu.Unlock()
	r.must(r.Continue(t.Context()))
	st := r.stands(4, AllDone)
	r.did("back to 3; start at 3; customize[2]: B")
	if st.Last() != 4 || st.Steps[1].ID != "boot" || st.Steps[len(st.Steps)-1].ID != "distribute[0]" {
		t.Errorf("%+v", st.Steps)
	}
}

func TestLeaving(t *testing.T) {
	t.Run("kept", func(t *testing.T) {
		r := newRig(t, true, "A")
		r.start()
		r.stands(1, AtEntry)
		r.said()
		r.must(r.Leave(true))
		if err := <-r.done; err != nil {
			t.Error(err)
		}
		r.did("4 at 1")
		if err := r.Continue(t.Context()); err == nil {
			t.Error("a session that is over goes on")
		}
	})
	t.Run("while a step runs", func(t *testing.T) {
		r := newRig(t, false, "long")
		r.hold["long"] = make(chan struct{})
		r.start()
		r.until("the step", func(st Status) bool { return st.State == Running && st.At == 1 })
		r.must(r.Leave(false))
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	})
	t.Run("before it began", func(t *testing.T) {
		r := newRig(t, false, "A")
		r.must(r.Leave(false))
		r.start()
		if err := <-r.done; err != nil || r.runs != 0 {
			t.Errorf("%v, %d runs", err, r.runs)
		}
	})
}

func TestWhatIsCancelled(t *testing.T) {
	r := newRig(t, true, "A")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := r.Run(ctx)
		r.done <- err
	}()
	r.stands(1, AtEntry)
	cancel()
	if err := <-r.done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if st := r.Status(); st.State != Ended {
		t.Errorf("state %s", st.State)
	}
}

func TestOutputAndDiff(t *testing.T) {
	r := newRig(t, false, "A", "B")
	r.start()
	r.stands(3, AllDone)
	list, first, end := r.Output("customize[1]", 0, 10)
	if len(list) != 1 || list[0].Text != "B" || first != 0 || end != 1 {
		t.Errorf("output %v, %d to %d", list, first, end)
	}
	r.said()
	if _, err := r.Session.Diff(t.Context(), 2); err != nil {
		t.Error(err)
	}
	r.did("diff run1@customize[1] run1@customize[1]+")
	var l lines
	for range 3 * keepLines {
		l.add(Line{})
	}
	if n := len(l.list); n < keepLines || n > 2*keepLines || l.dropped+n != 3*keepLines {
		t.Errorf("%d lines kept, %d dropped", n, l.dropped)
	}
}

func TestUnknownSteps(t *testing.T) {
	r := newRig(t, true, "A")
	r.start()
	r.stands(1, AtEntry)
	for _, i := range []int{-1, 0, 9} {
		if err := r.Rewind(t.Context(), i); err == nil {
			t.Errorf("went back to %d", i)
		}
		if err := r.RunTo(t.Context(), i); err == nil {
			t.Errorf("ran to %d", i)
		}
	}
	if err := r.Rewind(t.Context(), 2); err == nil {
		t.Error("went back to what comes later")
	}
}
