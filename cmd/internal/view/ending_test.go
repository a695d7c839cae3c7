package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

// What the build VM showed stands between the failure's own words and what to do about it; a machine's text moves no cursor.
func TestProblemWithFindings(t *testing.T) {
	problem := events.Problem{
		What: `hidden step "generalize" exited with 1`, Where: "step generalize", Why: "last line: >>> gave up", Fix: "full log: ingot logs 3f2a",
		Findings: []events.Finding{
			{What: "a restart is pending", Why: "Sysprep waits", Fix: "add a WindowsRestart customizer", Lines: []string{"key \x1b[2Jone", "key two"}},
			{What: "Sysprep has not begun"},
		},
	}
	const want = `error: hidden step "generalize" exited with 1
  at:   step generalize
  why:  last line: >>> gave up
  found in the build VM:
  - a restart is pending
    why:  Sysprep waits
    log:  key one
          key two
    fix:  add a WindowsRestart customizer
  - Sysprep has not begun
  fix:  full log: ingot logs 3f2a
`
	var b strings.Builder
	err := Problem(&b, Palette{}, problem)
	if diff := cmp.Diff(want, b.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	// The event of it and the error of the run are one and the same, and it is shown once.
	b.Reset()
	events := board{problems: []events.Problem{problem}}
	if err := conclude(&b, &b, Palette{}, Palette{}, &events, Ending{Problems: events.problems}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "a restart is pending"); n != 1 {
		t.Errorf("shown %d times:\n%s", n, b.String())
	}
}
