package build_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/plan"
)

// decisions is a bench whose decisions were written down before.
type decisions struct {
	moves []build.Move // one after another; then GoOn
	errs  map[int]error
	asked []string
	plan  func(i int) *plan.Plan // that comes with move i; nil: none
}

func (s *decisions) next(what string, at build.Stop) (build.Move, error) {
	i := len(s.asked)
	s.asked = append(s.asked, fmt.Sprintf("%s %d", what, at.Next))
	if i >= len(s.moves) {
		return build.Move{}, s.errs[i]
	}
	m := s.moves[i]
	if s.plan != nil {
		m.Plan = s.plan(i)
	}
	return m, s.errs[i]
}

func (s *decisions) Before(_ context.Context, at build.Stop) (build.Move, error) {
	return s.next("before", at)
}

func (s *decisions) Failed(_ context.Context, at build.Stop, _ *packercore.ProvisionError) (build.Move, error) {
	return s.next("failed", at)
}

// TestBench has somebody decide how a run goes on, at each stop of its build VM.
func TestBench(t *testing.T) {
	on, again, leave, keep := build.Move{}, build.Move{Kind: build.Again}, build.Move{Kind: build.Leave}, build.Move{Kind: build.Keep}
	back := func(to int) build.Move { return build.Move{Kind: build.Rewind, To: to} }
	for name, tt := range map[string]struct {
		fails   int // how often the first step does
		moves   []build.Move
		errs    map[int]error
		asked   []string
		boots   int
		stopped string // what the run says of its end; "": it has an image
		ended   string // what it failed of; "": it did not
		kept    bool
		said    string
	}{
		"nothing is decided":  {asked: []string{"before 0", "before 1", "before 2"}, boots: 1},
		"left at once":        {moves: []build.Move{leave}, asked: []string{"before 0"}, boots: 1, stopped: "stopped before customize[0] install"},
		"left after the last": {moves: []build.Move{on, on, leave}, asked: []string{"before 0", "before 1", "before 2"}, boots: 1, stopped: "stopped after the last step"},
		"kept":                {moves: []build.Move{on, keep}, asked: []string{"before 0", "before 1"}, boots: 1, stopped: "stopped before customize[1]", kept: true},
		"gone back": {
			moves: []build.Move{on, back(0)}, asked: []string{"before 0", "before 1", "before 0", "before 1", "before 2"}, boots: 2,
		},
		"gone back to a step that nothing is kept of": {
			moves: []build.Move{on, on, back(1)}, boots: 2,
			asked: []string{"before 0", "before 1", "before 2", "before 0", "before 1", "before 2"},
		},
		"gone back, again and again, and left": {
			moves: []build.Move{back(0), back(0), back(0), on, leave}, boots: 4, stopped: "stopped before customize[1]",
			asked: []string{"before 0", "before 0", "before 0", "before 0", "before 1"},
		},
		"failed, and run again": {
			fails: 1, moves: []build.Move{on, again}, asked: []string{"before 0", "failed 0", "before 1", "before 2"}, boots: 1,
		},
		"failed, and gone on": {
			fails: 1, moves: []build.Move{on, on}, asked: []string{"before 0", "failed 0", "before 1", "before 2"}, boots: 1,
		},
		"failed, and gone back": {
			fails: 1, moves: []build.Move{on, back(0)}, asked: []string{"before 0", "failed 0", "before 0", "before 1", "before 2"}, boots: 2,
		},
		"failed, and left": {fails: 1, moves: []build.Move{on, leave}, asked: []string{"before 0", "failed 0"}, boots: 1, ended: "exited with 3"},
		"failed, and kept": {fails: 1, moves: []build.Move{on, keep}, asked: []string{"before 0", "failed 0"}, boots: 1, ended: "exited with 3", kept: true},
		"nobody decides any more": {
			errs: map[int]error{1: errors.New("the terminal is gone")}, asked: []string{"before 0", "before 1"}, boots: 1, ended: "the terminal is gone",
		},
		"nobody decides about a failure": {
			fails: 1, errs: map[int]error{1: errors.New("the terminal is gone")}, asked: []string{"before 0", "failed 0"}, boots: 1,
			ended: "exited with 3", said: "nobody decided about this: the terminal is gone",
		},
		"gone back to nowhere": {
			moves: []build.Move{back(7), leave}, asked: []string{"before 0", "before 0"}, boots: 1, stopped: "stopped before customize[0]",
			said: "there is no step 7 to go back to: the image template has 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			decides := &decisions{moves: tt.moves, errs: tt.errs}
			b.decides = decides
			b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: tt.fails, Exit: 3}}
			if tt.fails == 0 {
				b.guest.Rules = nil
			}
			boots := 0
			b.at = func(where string) error {
				if where == "boot" {
					boots++
				}
				return nil
			}
			outputs, err := b.run(t.Context())
			if tt.ended == "" && err != nil || tt.ended != "" && (err == nil || !strings.Contains(err.Error(), tt.ended)) {
				t.Errorf("ended with %v, want %q", err, tt.ended)
			}
			if diff := cmp.Diff(tt.asked, decides.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if boots != tt.boots || (b.result.Kept != nil) != tt.kept {
				t.Errorf("%d boots, want %d; kept %v", boots, tt.boots, b.result.Kept)
			}
			stopped := ""
			if b.result.Stopped != nil {
				stopped = b.result.Stopped.String()
			}
			if !strings.HasPrefix(stopped, tt.stopped) || (tt.stopped == "") != (stopped == "") {
				t.Errorf("stopped: %q, want %q", stopped, tt.stopped)
			}
			if made := len(outputs) == 2; made != (tt.ended == "" && tt.stopped == "") {
				t.Errorf("outputs: %v", outputs)
			}
			if tt.said != "" && !b.said(tt.said) {
				t.Errorf("%q was not said", tt.said)
			}
			if b.said("giving up") && slices.ContainsFunc(tt.moves, func(m build.Move) bool { return m.Kind == build.Rewind || m.Kind == build.Leave }) {
				t.Error("the builder's farewell to a machine that nobody wants is shown")
			}
		})
	}
}

// said reports whether a line with text was in the run's stream.
func (b *bench) said(text string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.events, func(e events.Event) bool { return e.Output != nil && strings.Contains(e.Output.Text, text) })
}

// TestBenchWithAnEdit goes back with an image template that was changed, and with one that cannot be built.
func TestBenchWithAnEdit(t *testing.T) {
	b := newBench(t)
	edited := *b.plan
	edited.Steps = slices.Clone(b.plan.Steps)
	edited.Steps[1].File = &plan.File{Content: plan.Content{FileName: "02-page.html", URI: "other.html"}, Destination: "/tmp/other.html"}
	edited.Steps = append(edited.Steps, plan.Step{
		ID: "customize[2]", Shell: &plan.Shell{Script: plan.Content{FileName: "03-new.sh", Text: "#!/bin/sh\necho new\n"}},
	})
	edited.Destinations = edited.Destinations[:1]
	decides := &decisions{
		moves: []build.Move{{}, {Kind: build.Rewind, To: 1}, {Kind: build.Rewind, To: 1}},
		plan: func(i int) *plan.Plan {
			if i == 2 { // the file that the edit names comes a moment after it
				if err := os.WriteFile(filepath.Join(b.root(), "other.html"), []byte("<h1>other</h1>"), 0o600); err != nil {
					t.Error(err)
				}
			}
			p := edited
			return &p
		},
	}
	b.decides = decides
	outputs, err := b.run(t.Context())
	if err != nil || len(outputs) != 1 {
		t.Fatal(outputs, err)
	}
	want := []string{"before 0", "before 1", "before 1", "before 0", "before 1", "before 2", "before 3"}
	if diff := cmp.Diff(want, decides.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if !b.said("the image template as it is now cannot be built") || !b.said("other.html") {
		t.Error("nothing says why the first edit was not taken")
	}
	if got := string(b.guest.Files()["/tmp/other.html"]); got != "<h1>other</h1>" {
		t.Errorf("the guest has %q", got)
	}
	text, err := os.ReadFile(filepath.Join(b.dirs.State, "runs", b.ran, "plan.json"))
	if err != nil || !strings.Contains(string(text), "other.html") {
		t.Errorf("the run's plan is the old one: %v\n%s", err, text)
	}
}

// TestBenchCannotSkipGeneralize: an image that is not generalized is none, whatever somebody decides.
func TestBenchCannotSkipGeneralize(t *testing.T) {
	b := newBench(t)
	b.plan.Steps[1] = plan.Step{ID: "generalize", Hidden: true, Shell: &plan.Shell{Script: plan.Content{FileName: "03-g.sh", Text: "#!/bin/sh\ntrue\n"}}}
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 1}, {Contains: "chmod +x /tmp/script_", Exit: 1}}
	b.decides = &decisions{moves: []build.Move{{}, {}, {Kind: build.GoOn}, {Kind: build.Leave}}}
	if _, err := b.run(t.Context()); err == nil || !b.said("without it this is no image") {
		t.Errorf("ended with %v", err)
	}
}

// TestBenchCancelled: a run is cancelled while somebody decides.
func TestBenchCancelled(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.decides = cancelling{cancel}
	if _, err := b.run(ctx); !errors.Is(err, context.Canceled) || b.result.Kept != nil || b.result.Stopped != nil {
		t.Errorf("got %v, kept %v, stopped %v", err, b.result.Kept, b.result.Stopped)
	}
}

type cancelling struct{ cancel func() }

func (c cancelling) Before(context.Context, build.Stop) (build.Move, error) {
	c.cancel()
	return build.Move{Kind: build.Keep}, nil
}

func (c cancelling) Failed(context.Context, build.Stop, *packercore.ProvisionError) (build.Move, error) {
	return build.Move{}, nil
}

// TestUntil ends runs before a step, with what else is asked of them.
func TestUntil(t *testing.T) {
	for until, want := range map[string][]string{
		"customize[0]": {"resolve: done", "boot: pending", "customize[0]: pending", "customize[1]: pending", "shutdown: pending",
			"write disk: pending", "distribute[0]: pending", "distribute[1]: pending"},
		"customize[1]": {"resolve: done", "boot: done", "customize[0]: done", "customize[1]: pending", "shutdown: pending",
			"write disk: pending", "distribute[0]: pending", "distribute[1]: pending"},
	} {
		t.Run(until, func(t *testing.T) {
			b := newBench(t)
			b.until = until
			outputs, err := b.run(t.Context())
			if err != nil || len(outputs) > 0 || b.result.Stopped == nil || b.result.Stopped.Step != until {
				t.Errorf("%v, %v, stopped %+v", outputs, err, b.result.Stopped)
			}
			if diff := cmp.Diff(want, b.phases()); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a step before it fails", func(t *testing.T) {
		b := newBench(t)
		b.until = "customize[1]"
		b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Exit: 3}}
		if _, err := b.run(t.Context()); err == nil || b.result.Stopped != nil {
			t.Errorf("ended with %v, stopped %+v", err, b.result.Stopped)
		}
	})
}
