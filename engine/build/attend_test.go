package build_test

import (
	"context"
	"errors"
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

// TestAttend has somebody decide about a step that fails, a number of times.
func TestAttend(t *testing.T) {
	for name, tt := range map[string]struct {
		fails   int // how often
		first   bool
		answers []string
		winrm   bool
		shells  int
		kept    bool
		ended   string // what the run failed of; "": it did not
		said    string
	}{
		"it is tried again, and works":         {fails: 1, answers: []string{"r"}, said: "decided: retry the step"},
		"it is tried again, and again":         {fails: 2, answers: []string{"retry", "R"}},
		"the build goes on without it":         {fails: 1, answers: []string{"g"}, said: "decided: go on without it"},
		"a look inside, then again":            {fails: 1, answers: []string{"s", "r"}, shells: 1},
		"a shell first":                        {fails: 1, first: true, answers: []string{"r"}, shells: 1},
		"a shell first, each time":             {fails: 2, first: true, answers: []string{"r", "g"}, shells: 2},
		"it is cleaned up":                     {fails: 1, answers: []string{"c"}, ended: "exited with 3"},
		"the VM is kept":                       {fails: 1, answers: []string{"k"}, ended: "exited with 3", kept: true},
		"answers that are none":                {fails: 1, answers: []string{"", "x", "retry everything", "r"}},
		"nobody answers":                       {fails: 1, ended: "exited with 3", said: "nobody could be asked, so all is cleaned up: gone"},
		"kept after one that was tried again":  {fails: 2, answers: []string{"r", "k"}, ended: "exited with 3", kept: true},
		"Windows has no terminal behind WinRM": {fails: 1, winrm: true, answers: []string{"s", "c"}, ended: "exited with 3", said: "no shell: WinRM has no terminal"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.plan.OnError = plan.OnError{KeepBuildVM: true, KeepValidationVM: true} // as the service asks for
			b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: tt.fails, Exit: 3}}
			b.values = map[string]any{"ConnType": "ssh", "Host": "127.0.0.1", "Port": 2222, "User": "packer"}
			if tt.winrm {
				b.values["ConnType"] = "winrm"
			}
			var asked []string
			shells := 0
			b.attend = &build.Attend{
				ShellFirst: tt.first,
				Ask: func(_ context.Context, question string) (string, error) {
					asked = append(asked, question)
					if len(asked) > len(tt.answers) {
						return "", errors.New("gone")
					}
					return tt.answers[len(asked)-1], nil
				},
				Shell: func(_ context.Context, way packercore.Way) error {
					shells++
					if way.Host != "127.0.0.1" || way.Port != 2222 || way.User != "packer" {
						t.Errorf("a shell at %+v", way)
					}
					return nil
				},
			}
			_, err := b.run(t.Context())
			var failed *build.RunError
			if tt.ended == "" && err != nil || tt.ended != "" && (!errors.As(err, &failed) || !strings.Contains(failed.Problem.What, tt.ended)) {
				t.Errorf("ended with %v", err)
			}
			if shells != tt.shells || (b.result.Kept != nil) != tt.kept {
				t.Errorf("%d shells, kept: %v", shells, b.result.Kept)
			}
			if len(asked) < len(tt.answers) {
				t.Errorf("asked only %q", asked)
			}
			want := `customize[0] install exited with 3: [r]etry the step, [g]o on without it, [s]hell in the VM, [k]eep the VM and end, [c]lean up and end?`
			if diff := cmp.Diff(want, asked[0]); diff != "" {
				t.Errorf("question (-want +got):\n%s", diff)
			}
			if tt.said != "" && !slices.ContainsFunc(b.events, func(e events.Event) bool {
				return e.Output != nil && e.Step == "customize[0]" && strings.Contains(e.Output.Text, tt.said)
			}) {
				t.Errorf("%q was not said", tt.said)
			}
		})
	}
}

// TestAttendCancelled: who is asked may rather stop it all.
func TestAttendCancelled(t *testing.T) {
	b := newBench(t)
	b.plan.OnError.KeepBuildVM = true
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Exit: 3}}
	ctx, cancel := context.WithCancel(t.Context())
	b.attend = &build.Attend{Ask: func(ctx context.Context, _ string) (string, error) {
		cancel()
		return "", context.Cause(ctx)
	}}
	if _, err := b.run(ctx); !errors.Is(err, context.Canceled) || b.result.Kept != nil {
		t.Errorf("got %v, kept %v", err, b.result.Kept)
	}
}

// TestAttendGeneralize: an image that is not generalized is none, so that step cannot be left out.
func TestAttendGeneralize(t *testing.T) {
	b := newBench(t)
	b.plan.OnError.KeepBuildVM = true
	b.plan.Steps[1] = plan.Step{ID: "generalize", Hidden: true, Shell: &plan.Shell{Script: plan.Content{FileName: "03-g.sh", Text: "#!/bin/sh\ntrue\n"}}}
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 1}, {Contains: "chmod +x /tmp/script_", Exit: 1}}
	answers := []string{"g", "c"}
	var asked []string
	b.attend = &build.Attend{Ask: func(_ context.Context, question string) (string, error) {
		asked = append(asked, question)
		return answers[len(asked)-1], nil
	}}
	_, err := b.run(t.Context())
	if err == nil || len(asked) != 2 || strings.Contains(asked[0], "go on") {
		t.Errorf("ended with %v after %q", err, asked)
	}
}
