package view

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

var marksTold = []events.Event{
	{Step: "customize[0]", State: &events.State{Phase: events.Pending, Title: "customize[0] kernel"}},
	{Step: "customize[0]", Mark: &events.Mark{
		Command: "sudo modprobe overlay", Kind: "modules", Why: "a container may load none", At: "web.json:14:9",
	}},
	{Step: "customize[0]", Mark: &events.Mark{
		Command: "reboot", Kind: "reboot", Why: "nothing starts it", At: "a.sh:3:1", Fix: "--on auto\x1b[31m",
	}},
}

func TestMarksInPlainText(t *testing.T) {
	var b bytes.Buffer
	v := &Plain{Log: &b}
	for _, e := range marksTold {
		v.Event(e)
	}
	want := `     0.0s  web.json:14:9: warning: customize[0]: sudo modprobe overlay [modules]: a container may load none
     0.0s  a.sh:3:1: warning: customize[0]: reboot [reboot]: nothing starts it
     0.0s  fix: --on auto
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("plain (-want +got):\n%s", diff)
	}
}

// TestMarksLive holds that marks stay on the screen, once, before the step runs, and that its line has the first of them.
func TestMarksLive(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	l := NewLive(Screen{Writer: &b, Size: func() (int, int) { return 120, 40 }}, &b, Palette{}, func() time.Time { return now })
	for _, e := range marksTold {
		l.Event(e)
	}
	l.Event(events.Event{Step: "customize[0]", State: &events.State{Phase: events.Running, Title: "customize[0] kernel"}})
	l.Event(events.Event{Step: "customize[0]", State: &events.State{Phase: events.Done, Title: "customize[0] kernel", Elapsed: time.Second}})
	if err := l.End(Ending{}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, once := range []string{"web.json:14:9: warning: customize[0]: sudo modprobe", "a.sh:3:1: warning", "fix: --on auto"} {
		if n := strings.Count(text, once); n != 1 {
			t.Errorf("%d times %q in:\n%s", n, once, text)
		}
	}
	if line := "1.0s  customize[0] kernel  ! sudo modprobe overlay [modules] and 1 more"; !strings.Contains(text, line) {
		t.Errorf("no %q in:\n%s", line, text)
	}
}

func TestNeedsKernel(t *testing.T) {
	m := kernelbound.Mark{
		Step: "customize[1]", Command: "swapon /s", Kind: kernelbound.Mount, Why: "none", File: "web.json", Line: 4, Column: 2,
	}
	for _, tt := range []struct {
		marks, unread []kernelbound.Mark
		advice, want  string
	}{
		{nil, nil, "", "image template \"web\": nothing that is known needs a kernel of its own\n"},
		{[]kernelbound.Mark{m}, nil, "fix:  use --on auto", "web.json:4:2: warning: customize[1]: swapon /s [mount]: none\n" +
			"image template \"web\": 1 command needs a kernel of its own\n  fix:  use --on auto\n"},
		{nil, []kernelbound.Mark{{Step: "customize[0]", Command: "a.sh", Why: "it is fetched", File: "web.json", Line: 3, Column: 1}}, "",
			"web.json:3:1: info: customize[0]: a.sh was not looked into: it is fetched\n" +
				"image template \"web\": nothing that is known needs a kernel of its own\n"},
	} {
		var b bytes.Buffer
		if err := NeedsKernel(&b, Palette{}, "web", tt.marks, tt.unread, tt.advice); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, b.String()); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	}
}
