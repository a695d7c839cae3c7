package view

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

// TestFrames plays a run and draws the screen at chosen moments: what has scrolled up, and the frame below it.
func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		name          string
		events        []events.Event
		width, height int
		at            []int // milliseconds
	}{
		{"wide", webRun(false), 100, 30, []int{5, 1100, 6000, 14000, 20500}},
		{"narrow", webRun(false), 40, 30, []int{1100, 6000, 14000, 20500}},
		{"low", webRun(false), 80, 6, []int{5, 6000, 14000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var text strings.Builder
			var b board
			next := 0
			for _, ms := range tt.at {
				now := t0.Add(time.Duration(ms) * time.Millisecond)
				for ; next < len(tt.events) && !tt.events[next].Time.After(now); next++ {
					b.apply(tt.events[next])
				}
				fmt.Fprintf(&text, "-- at %d ms, %dx%d --\n", ms, tt.width, tt.height)
				frame := b.frame(Palette{}, now, tt.width, tt.height)
				if len(frame) > tt.height-1 {
					t.Errorf("at %d ms the frame has %d lines", ms, len(frame))
				}
				for _, l := range frame {
					if w := ansi.StringWidth(l); w > tt.width-1 {
						t.Errorf("at %d ms a line is %d wide: %q", ms, w, l)
					}
					text.WriteString(strings.TrimRight(l, " ") + "\n")
				}
			}
			golden(t, "frame-"+tt.name+".txt", text.String())
		})
	}
}

func TestViewsAtTheEnd(t *testing.T) {
	good := Ending{Run: "3f2a9c1e", Name: "linux-web", State: "Succeeded", Elapsed: 83 * time.Second, Outputs: []Output{webOutput},
		LogPath: "/state/ingot/runs/3f2a9c1e/customization.log"}
	bad := Ending{Run: "3f2a9c1e", Name: "linux-web", State: "Failed", ExitCode: 1, Elapsed: 15 * time.Second,
		Problems: []events.Problem{nginxProblem}, LogPath: good.LogPath}
	for _, tt := range []struct {
		name string
		fail bool
		end  Ending
	}{{"good", false, good}, {"bad", true, bad}} {
		t.Run("plain "+tt.name, func(t *testing.T) {
			var b strings.Builder
			play(t, &Plain{Out: &b, Log: &b}, webRun(tt.fail), tt.end)
			golden(t, "plain-"+tt.name+".txt", b.String())
		})
		t.Run("json "+tt.name, func(t *testing.T) {
			var b strings.Builder
			play(t, &JSON{Out: &b}, webRun(tt.fail), tt.end)
			golden(t, "json-"+tt.name+".jsonl", b.String())
		})
		t.Run("live "+tt.name, func(t *testing.T) {
			term := &terminal{width: 100}
			clock := t0
			l := newStillLive(term, &clock)
			for _, e := range webRun(tt.fail) {
				clock = e.Time
				l.Event(e)
			}
			if err := l.End(tt.end); err != nil {
				t.Fatal(err)
			}
			golden(t, "live-"+tt.name+".txt", term.text())
		})
	}
}

func play(t *testing.T, v Run, list []events.Event, end Ending) {
	t.Helper()
	for _, e := range list {
		v.Event(e)
	}
	if err := v.End(end); err != nil {
		t.Fatal(err)
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 0: "0.0s", 4240 * time.Millisecond: "4.2s", 59940 * time.Millisecond: "59.9s",
		59960 * time.Millisecond: "1m 00s", 65 * time.Second: "1m 05s", time.Hour + 3*time.Minute: "1h 03m",
	} {
		if got := clock(d); got != want {
			t.Errorf("clock(%v): got %q, want %q", d, got, want)
		}
	}
}
