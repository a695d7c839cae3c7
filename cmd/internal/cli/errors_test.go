package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/diag"
)

func TestExitCodes(t *testing.T) {
	live := t.Context()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	findings := diag.List{{Severity: diag.Error, Code: "ING2001", Summary: "odd"}}
	runFailed := &service.RunError{Problem: events.Problem{What: "it failed"}, Err: errors.New("exit status 127")}
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing wrong", live, nil, ExitDone},
		{"run failed", live, runFailed, ExitFailed},
		{"anything else", live, errors.New("odd"), ExitFailed},
		{"usage", live, &usageError{what: "odd"}, ExitUsage},
		{"no such run", live, fmt.Errorf("logs: %w", &store.NotFoundError{Ref: "x"}), ExitUsage},
		{"no such base image", live, &baseimage.NotPresentError{Name: "x"}, ExitUsage},
		{"template", live, &findingsError{list: findings}, ExitTemplate},
		{"template, at resolve", live, &service.DiagnosticsError{List: findings}, ExitTemplate},
		{"host", live, &service.HostError{What: "no QEMU"}, ExitHost},
		{"several things of the host", live, errors.Join(&service.HostError{What: "a"}, &service.HostError{What: "b"}), ExitHost},
		{"program of the host", live, fmt.Errorf("write disk: %w", &runcmd.MissingError{Program: "qemu-img"}), ExitHost},
		{"database of the host", live, &store.DatabaseError{Fault: store.Full}, ExitHost},
		{"some distributors", live, &service.RunError{Err: &distribute.PartialError{}}, ExitPartly},
		{"an image that failed its validation, and some distributors", live, &service.RunError{
			Err: errors.Join(&service.ValidationError{Err: errors.New("exit status 3")}, &distribute.PartialError{}),
		}, ExitFailed},
		{"cancelled", ended, context.Canceled, ExitCancelled},
		{"cancelled, with a failed clean-up", ended, errors.Join(context.Canceled, errors.New("clean up stage: odd")), ExitCancelled},
		{"failed first, cancelled then", ended, runFailed, ExitFailed},
		{"a reader that went away", live, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}, ExitDone},
		{"shown already", live, &shownError{ExitPartly}, ExitPartly},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stderr strings.Builder
			env := &Env{Stderr: &stderr, Getenv: func(string) string { return "" }}
			if got := env.report(tt.ctx, tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d\n%s", got, tt.want, stderr.String())
			}
		})
	}
}

func TestExitCodesAreInTheHelp(t *testing.T) {
	help := newRoot(&Env{}).Long
	for _, c := range exitCodes {
		if !strings.Contains(help, fmt.Sprintf("%3d  %s", c.code, c.means)) {
			t.Errorf("exit code %d is not in the help text", c.code)
		}
	}
}

func TestExitCodesAreInTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range exitCodes {
		if row := fmt.Sprintf("| %d | %s |", c.code, c.means); !strings.Contains(strings.ReplaceAll(string(text), "`", ""), row) {
			t.Errorf("docs/cli.md has no row %q", row)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want []events.Problem
	}{
		{"plain", errors.New("odd"), []events.Problem{{What: "odd"}}},
		{"usage", &usageError{"what", "why", "fix"}, []events.Problem{{What: "what", Why: "why", Fix: "fix"}}},
		{"wrapped host error", fmt.Errorf("check: %w", &service.HostError{What: "no QEMU", Why: "needed", Fix: "apt-get"}),
			[]events.Problem{{What: "no QEMU", Why: "needed", Fix: "apt-get"}}},
		{"joined", errors.Join(errors.New("a"), errors.New("b")), []events.Problem{{What: "a"}, {What: "b"}}},
		{"parts in the text", errors.New("pull x: it is not listed\n  why:  somebody\n        changed it\n  fix:  pull again"),
			[]events.Problem{{What: "pull x: it is not listed", Why: "somebody\nchanged it", Fix: "pull again"}}},
		{"permissions", fmt.Errorf("open log: %w", &fs.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}),
			[]events.Problem{{What: "open log: open /x: permission denied", Fix: "check the owner and the permissions of /x"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, problems(t.Context(), tt.err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestEveryCommandExplainsItself walks all commands: each that people type has examples, and none starts its summary with a capital.
func TestEveryCommandExplainsItself(t *testing.T) {
	root := newRoot(&Env{})
	commands := root.Commands()
	for len(commands) > 0 {
		c := commands[0]
		commands = commands[1:]
		if c.Name() != "completion" { // the shells below it are Cobra's
			commands = append(commands, c.Commands()...)
		}
		if c.Example == "" && !c.Hidden { // a hidden one is typed by nobody
			t.Errorf("%s has no examples", c.CommandPath())
		}
		if s := c.Short; s == "" || strings.ToLower(s[:1]) != s[:1] || strings.HasSuffix(s, ".") {
			t.Errorf("%s has the summary %q", c.CommandPath(), s)
		}
	}
}
