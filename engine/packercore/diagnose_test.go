package packercore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// The build VM can be asked about a step that failed in it, and what it says then is not part of that step's output.
func TestDiagnose(t *testing.T) {
	tests := []struct {
		name  string
		attrs string
		fails provtest.Rule // of the script
		late  bool
	}{
		{name: "exit code", fails: provtest.Rule{Contains: script, Stdout: "working\n", Exit: 3}},
		{name: "too late", attrs: `timeout = "20ms"`, fails: provtest.Rule{Contains: script, Hang: true}, late: true},
		{name: "connection lost", fails: provtest.Rule{Contains: script, Exit: packersdk.CmdDisconnect}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := shellRig(t, tt.attrs, tt.fails,
				provtest.Rule{Contains: "why", Stdout: "because\n", Stderr: "noise\n", Exit: 1},
				provtest.Rule{Contains: "much", Stdout: strings.Repeat("x", 3<<20)},
				provtest.Rule{Contains: "hangs", Stdout: "begun\n", Hang: true},
				provtest.Rule{Contains: "broken", Err: errors.New("no session")})
			var asked *packercore.ProvisionError
			r.opts.Diagnose = func(ctx context.Context, failed *packercore.ProvisionError, remote packercore.Remote) {
				asked = failed
				if out, err := remote(ctx, "why"); out != "because\n" || err != nil {
					t.Errorf("answer %q, %v", out, err)
				}
				if out, err := remote(ctx, "much"); len(out) != 1<<20 || err != nil {
					t.Errorf("%d bytes, %v", len(out), err)
				}
				if _, err := remote(ctx, "broken"); err == nil || err.Error() != "no session" {
					t.Error(err)
				}
				enough := errors.New("enough")
				short, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, enough)
				defer cancel()
				if out, err := remote(short, "hangs"); out != "begun\n" || !errors.Is(err, enough) {
					t.Errorf("answer %q, %v", out, err)
				}
			}
			_, err := r.build(t.Context())
			var failed *packercore.ProvisionError
			if !errors.As(err, &failed) || failed != asked {
				t.Fatalf("asked about %v; the build ended with %v", asked, err)
			}
			var late *packercore.LateError
			if errors.As(err, &late) != tt.late {
				t.Errorf("late: %v, want %v", late, tt.late)
			}
			for _, line := range r.lines() {
				if strings.Contains(line, "because") || strings.Contains(line, "noise") {
					t.Errorf("an answer is shown as output: %s", line)
				}
			}
		})
	}
}

// A diagnosis that panics does not hide the failure, and nobody is asked where there is nothing to ask about.
func TestDiagnoseNothing(t *testing.T) {
	r := shellRig(t, "", provtest.Rule{Contains: script, Exit: 3})
	r.opts.Diagnose = func(context.Context, *packercore.ProvisionError, packercore.Remote) { panic("no idea") }
	_, err := r.build(t.Context())
	var failed *packercore.ProvisionError
	if !errors.As(err, &failed) || failed.ExitCode != 3 {
		t.Error(err)
	}
	if !slices.ContainsFunc(r.lines(), func(l string) bool { return strings.Contains(l, "diagnosis panicked: no idea") }) {
		t.Errorf("the panic is not said:\n%s", strings.Join(r.lines(), "\n"))
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r = shellRig(t, "", provtest.Rule{Contains: script, Hang: true, Then: cancel})
	r.opts.Diagnose = func(context.Context, *packercore.ProvisionError, packercore.Remote) {
		t.Error("asked about a cancelled build")
	}
	if _, err := r.build(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
