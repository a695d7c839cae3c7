package view

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// TestReused shows steps that were not run as such, and says at the end what was reused and where the run was stopped.
func TestReused(t *testing.T) {
	reused := events.Event{Run: "0123abcd", Step: "customize[0]", State: &events.State{Phase: events.Done, Title: "customize[0] install", Reused: true}}
	end := Ending{
		Run: "0123abcd", Name: "web", State: "Succeeded", Elapsed: time.Second, Stopped: "stopped before customize[1], as asked; no image was made",
		Reused: &Reused{Steps: 1, Of: 2, Text: "1 of 2 steps are reused (kept 3 minutes ago)"},
	}
	var out, log bytes.Buffer
	plain := &Plain{Out: &out, Log: &log}
	plain.Event(reused)
	if err := plain.End(end); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"customize[0] install: reused, not run\n",
		`image template "web" stopped after 1.0s, run 0123abcd`,
		"\n  stopped before customize[1], as asked; no image was made\n",
		"\n  layers: 1 of 2 steps are reused (kept 3 minutes ago)\n",
	} {
		if !strings.Contains(out.String()+log.String(), want) {
			t.Errorf("%q is missing in:\n%s%s", want, out.String(), log.String())
		}
	}

	var b board
	s := b.apply(reused)
	if line := strings.Join(finished(Palette{}, s), "\n"); !strings.Contains(line, "reused  customize[0] install") || strings.Contains(line, "0.0s") {
		t.Errorf("the live view has %q", line)
	}
	// A step that was reused, and is run after all: somebody went back.
	s = b.apply(events.Event{Step: "customize[0]", State: &events.State{Phase: events.Done, Elapsed: 2 * time.Second}})
	if line := finished(Palette{}, s)[0]; strings.Contains(line, "reused") || !strings.Contains(line, "2.0s") {
		t.Errorf("the live view has %q", line)
	}

	var jsonOut bytes.Buffer
	if err := (&JSON{Out: &jsonOut}).End(end); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"reused":{"steps":1,"of":2,"text":"1 of 2 steps`, `"stopped":"stopped before customize[1]`} {
		if !strings.Contains(jsonOut.String(), want) {
			t.Errorf("%s is missing in %s", want, jsonOut.String())
		}
	}
}
