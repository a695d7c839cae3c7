package dap

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/translate/plan"
)

// news is what the editor was told last.
type news struct {
	stands  bool
	plan    *plan.Plan
	edited  int // as in workbench.Status, but 0 for what it says with -1
	refused string
}

// wakeUp is told of each change of the session. It does not wait: many changes may be one wake.
func (a *adapter) wakeUp() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// follow tells the editor what becomes of the session, until that is over.
func (a *adapter) follow(over <-chan struct{}) {
	for {
		select {
		case <-a.wake:
			a.moved()
		case <-over:
			return
		}
	}
}

// moved tells the editor that the build VM stands, that the run is over, or that the image template was edited meanwhile.
func (a *adapter) moved() {
	a.mu.Lock()
	orders := a.orders
	a.mu.Unlock()
	s, st := a.status()
	now := a.places()
	a.edits(st, now)
	a.mu.Lock()
	keep, debug := a.keep, !a.launch.NoDebug
	a.mu.Unlock()
	switch {
	case st.State == workbench.Over: // to an editor that is the end: its restart button begins another session
		_ = s.Leave(false) // it may be left already
		return
	case stands(st) && keep:
		_ = s.Leave(true)
		return
	case stands(st) && !debug && st.Reason == workbench.AllDone:
		_ = s.Finish(a.ctx, false) // nobody was in the build VM
		return
	}
	a.mu.Lock()
	if !stands(st) {
		a.news.stands = false
		a.mu.Unlock()
		return
	}
	if a.ordering > 0 || a.orders != orders { // whoever gives an order wakes us afterwards: this is where the build VM stood before
		a.mu.Unlock()
		return
	}
	told := a.news.stands
	a.news.stands = true
	intent := a.intent
	var hits []int
	if step := st.Step(st.At); step != nil {
		hits = a.breaks.hits(now)[step.ID]
	}
	a.mu.Unlock()
	if told {
		return
	}
	e := &dap.StoppedEvent{Event: dap.Event{Event: "stopped"}, Body: dap.StoppedEventBody{ThreadId: theThread, AllThreadsStopped: true}}
	switch {
	case st.State == workbench.Failed:
		e.Body.Reason, e.Body.Description, e.Body.Text = "exception", "Customizer failed", a.mask(bounded(whatFailed(st)))
	case st.Reason == workbench.AllDone:
		e.Body.Reason, e.Body.Description = "step", "All customizers are done: continue makes the image"
	case intent != "":
		e.Body.Reason = intent
	default:
		e.Body.Reason = reasons[st.Reason]
	}
	if st.Reason == workbench.AtBreakpoint {
		e.Body.HitBreakpointIds = hits
	}
	if e.Body.Reason == "" {
		e.Body.Reason = "step"
	}
	a.send(e)
}

// reasons are the protocol's words for why the build VM stands.
var reasons = map[workbench.Reason]string{
	workbench.AtEntry: "entry", workbench.AtBreakpoint: "breakpoint", workbench.AtGoal: "step", workbench.AfterStep: "step",
	workbench.AtPause: "pause",
}

// whatFailed is a clause about the step that failed.
func whatFailed(st workbench.Status) string {
	step := st.Step(st.At)
	switch {
	case step == nil || st.Failure == nil:
		return "a step failed"
	case st.Failure.Disconnected:
		return fmt.Sprintf("%s lost the connection to the build VM", step.Title)
	case st.Failure.ExitCode >= 0:
		return fmt.Sprintf("%s exited with %d", step.Title, st.Failure.ExitCode)
	}
	return fmt.Sprintf("%s failed: %v", step.Title, st.Failure.Err)
}

// edits tells that the image template is not as it was: where its breakpoints are now, and what would be run again.
func (a *adapter) edits(st workbench.Status, now places) {
	a.mu.Lock()
	latest := a.target.Plan()
	fresh := a.news.plan != nil && a.news.plan != latest && !reflect.DeepEqual(a.news.plan, latest) // places are in it, too
	edited, refused := st.Edited+1, ""
	if st.LoadErr != nil {
		refused = st.LoadErr.Error()
	}
	say := ""
	switch {
	case refused != a.news.refused && refused != "":
		say = "the image template cannot be built as it is now: " + refused
	case edited != a.news.edited && edited > 0:
		if step := st.Step(st.Edited); step != nil {
			say = fmt.Sprintf("%s was edited: restart its frame, or one below it, to go on with what it is now", step.Title)
		}
	}
	changed := fresh || edited != a.news.edited || refused != a.news.refused
	a.news.plan, a.news.edited, a.news.refused = latest, edited, refused
	begun := a.stage == running
	a.mu.Unlock()
	if say != "" {
		a.say("console", say)
	}
	if fresh {
		a.moveBreakpoints(now)
		files := map[string]bool{}
		for _, p := range now {
			if p.file != "" && !files[p.file] {
				files[p.file] = true
				a.send(&dap.LoadedSourceEvent{Event: dap.Event{Event: "loadedSource"},
					Body: dap.LoadedSourceEventBody{Reason: "changed", Source: *source(p.step.Origin.Range.File)}})
			}
		}
	}
	if changed && a.client.refetch && begun {
		a.send(&dap.InvalidatedEvent{Event: dap.Event{Event: "invalidated"},
			Body: dap.InvalidatedEventBody{Areas: []dap.InvalidatedAreas{"stacks", "variables"}}})
	}
}

// moveBreakpoints looks again which customizers the breakpoints are on, and tells what is different.
func (a *adapter) moveBreakpoints(now places) {
	a.mu.Lock()
	files := map[string][]wanted{}
	for file, list := range a.breaks.files {
		files[file] = slices.Clone(list)
	}
	a.mu.Unlock()
	for file, list := range files {
		for _, w := range list {
			b := a.breakpoint(now, file, w)
			a.send(&dap.BreakpointEvent{Event: dap.Event{Event: "breakpoint"}, Body: dap.BreakpointEventBody{Reason: "changed", Breakpoint: b}})
		}
	}
	a.applyBreaks(now)
}
