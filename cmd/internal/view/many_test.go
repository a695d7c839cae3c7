package view

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

// TestOneLine makes one step of a whole run.
func TestOneLine(t *testing.T) {
	var told []string
	to := &recorder{event: func(e events.Event) {
		told = append(told, strings.Join([]string{e.Step, string(e.State.Phase), e.State.Detail}, " "))
	}}
	line := &OneLine{Name: "web", To: to}
	for _, e := range []events.Event{
		{State: &events.State{Phase: events.Running, Title: "web"}},
		{Step: "boot", State: &events.State{Phase: events.Pending, Title: "boot"}},
		{Step: "boot", State: &events.State{Phase: events.Running, Title: "boot"}},
		{Step: "boot", Output: &events.Output{Text: "Linux"}},
		{Step: "boot", State: &events.State{Phase: events.Running, Detail: "TCG"}},
		{Step: "boot", State: &events.State{Phase: events.Done}},
		{Step: "customize[0]", State: &events.State{Phase: events.Running, Title: "customize[0] install"}},
		{State: &events.State{Phase: events.Failed, Elapsed: time.Second}},
	} {
		line.Event(e)
	}
	want := []string{"web running ", "web running boot", "web running customize[0] install", "web failed customize[0] install"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type recorder struct {
	Run
	event func(events.Event)
}

func (r *recorder) Event(e events.Event) { r.event(e) }

func TestPrefixed(t *testing.T) {
	var out strings.Builder
	var mu sync.Mutex
	a, b := &Prefixed{Out: &out, Name: "a", Mu: &mu}, &Prefixed{Out: &out, Name: "b", Mu: &mu}
	for _, w := range []struct {
		to   *Prefixed
		text string
	}{{a, "one\ntw"}, {b, "three\n"}, {a, "o\n\n"}} {
		if n, err := w.to.Write([]byte(w.text)); n != len(w.text) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	if diff := cmp.Diff("a: one\nb: three\na: two\na: \n", out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTally(t *testing.T) {
	var out strings.Builder
	err := Tally(&out, Palette{}, []Ending{
		{Name: "good", State: "Succeeded", Run: "1"}, {Name: "half", State: "PartiallySucceeded", Run: "2"}, {Name: "bad", State: "Failed"},
	})
	want := "\n1 of 3 image templates built\n  \"half\" only partly distributed: ingot logs 2\n  \"bad\" failed\n"
	if diff := cmp.Diff(want, out.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
