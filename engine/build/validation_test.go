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
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// withValidators gives the bench's plan a script that looks at the image and a file.
func withValidators(t *testing.T, v plan.Validation) *bench {
	b := newBench(t)
	at := plan.Origin{Path: "properties.validate.inVMValidations[0]", Range: diag.Range{
		File: "web.json", Start: diag.Pos{Line: 40, Column: 7}, End: diag.Pos{Line: 40, Column: 9},
	}}
	v.Steps = []plan.Step{
		{ID: "validate[0]", Name: "look", Origin: at,
			Shell: &plan.Shell{Script: plan.Content{FileName: "validate-01-look.sh", Text: "#!/bin/sh\ntest -e /tmp/page.html\n"}}},
		{ID: "validate[1]", File: &plan.File{
			Content: plan.Content{FileName: "validate-02-page.html", URI: "page.html"}, Destination: "/tmp/wanted.html"}},
	}
	b.plan.Validation = &v
	if v.SourceOnly { // as lowering leaves it
		b.plan.Steps, b.plan.Destinations = nil, nil
	}
	return b
}

// Steps of the two machines, for the tests below.
var (
	buildSteps    = []string{"boot", "customize[0]", "customize[1]", "shutdown"}
	validateSteps = []string{"validate boot", "validate[0]", "validate[1]", "validate shutdown"}
	endSteps      = []string{"write disk", "distribute[0]", "distribute[1]"}
)

// said gives steps one phase.
func said(phase events.Phase, steps ...string) []string {
	var list []string
	for _, s := range steps {
		list = append(list, s+": "+string(phase))
	}
	return list
}

// validatorRule is the answer of the guest to the script of validate[0], which is the last that the guest runs.
func validatorRule(sourceOnly bool, answer provtest.Rule) []provtest.Rule {
	answer.Contains = "chmod +x /tmp/script_"
	if sourceOnly {
		return []provtest.Rule{answer}
	}
	return []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 1}, answer}
}

// TestValidation is every combination of what validators say and what the image template makes of it.
func TestValidation(t *testing.T) {
	for _, passes := range []bool{true, false} {
		for _, anyway := range []bool{false, true} {
			for _, source := range []bool{false, true} {
				t.Run(fmt.Sprintf("passes=%t continue=%t source=%t", passes, anyway, source), func(t *testing.T) {
					b := withValidators(t, plan.Validation{DistributeAnyway: anyway, SourceOnly: source})
					if !passes {
						b.guest.Rules = validatorRule(source, provtest.Rule{Stderr: "no page\n", Exit: 3})
					}
					outputs, err := b.run(t.Context())

					want := said(events.Done, "resolve")
					if !source {
						want = append(want, said(events.Done, buildSteps...)...)
					}
					if passes {
						want = append(want, said(events.Done, validateSteps...)...)
					} else {
						want = append(want, "validate boot: done", "validate[0]: failed", "validate[1]: pending", "validate shutdown: pending")
					}
					published := 0
					switch {
					case source:
					case passes, anyway:
						published = 2
						want = append(want, said(events.Done, endSteps...)...)
					default:
						want = append(want, said(events.Pending, endSteps...)...)
					}
					if diff := cmp.Diff(want, b.phases()); diff != "" {
						t.Errorf("steps (-want +got):\n%s", diff)
					}
					if len(outputs) != published {
						t.Errorf("%d outputs, want %d", len(outputs), published)
					}
					if passes {
						if err != nil || b.result.Validation != build.ValidationPassed {
							t.Errorf("%v, %v", b.result.Validation, err)
						}
						return
					}
					var invalid *build.ValidationError
					var failed *build.RunError
					if !errors.As(err, &failed) || !errors.As(err, &invalid) || b.result.Validation != build.ValidationFailed {
						t.Fatalf("%v, %v", b.result.Validation, err)
					}
					why := "last line: no page"
					switch {
					case source:
					case anyway:
						why += "\nthe image was distributed all the same, since continueDistributeOnFailure is true"
					default:
						why += "\nthe image was not distributed"
					}
					problem := events.Problem{
						What: `validator "look" exited with 3`, Where: "web.json:40:7, step validate[0]", Why: why,
						Fix: "full log: ingot logs " + b.ran + " --step 'validate[0]'",
					}
					if diff := cmp.Diff(problem, failed.Problem); diff != "" {
						t.Errorf("problem (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

// TestValidationVM is what the validators find: a machine of its own over the disk that the build made, which stays as it is.
func TestValidationVM(t *testing.T) {
	b := withValidators(t, plan.Validation{})
	var built string
	b.at = func(where string) error {
		staging := filepath.Join(b.dirs.Staging(), b.ran)
		switch where {
		case "shutdown":
			built = sum(t, filepath.Join(staging, "disk.qcow2"))
		case "validate boot":
			if got := sum(t, filepath.Join(staging, "validate", "base")); got != built {
				t.Error("the validation VM did not start from the disk of the build")
			}
			entries, err := b.store.Entries(context.Background(), b.ran)
			if err != nil || !slices.ContainsFunc(entries, func(e store.Entry) bool {
				return e.Kind == store.Directory && e.Name == filepath.Join(staging, "validate")
			}) {
				t.Errorf("the folder of the validation VM is not in the ledger: %v, %v", entries, err)
			}
		case "validate shutdown":
			if got := sum(t, filepath.Join(staging, "disk.qcow2")); got != built {
				t.Error("the validation changed the disk of the build")
			}
		}
		return nil
	}
	b.machine = guest.Profile{Devices: guest.Virtio, TPM: true, Login: &guest.Login{Communicator: guest.WinRM, User: "me"}}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := b.target.Staged[1].Base.Machine, b.machine.Generalized(); got != want {
		t.Errorf("the validation VM is %+v, want %+v: the image has no user to log in as", got, want)
	}
	runs, err := b.store.Runs(t.Context())
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	for _, kept := range []string{"packer/validate/image.pkr.hcl", "packer/validate/files/validate-01-look.sh", "console.log", "validation-console.log"} {
		if _, err := os.Stat(filepath.Join(runs[0].Dir, kept)); err != nil {
			t.Errorf("the run's folder lacks what was run: %v", err)
		}
	}
}

// TestValidationVMFails lets the machine fail beside its validators.
func TestValidationVMFails(t *testing.T) {
	power := errors.New("power cut")
	at := func(step string) func(string) error {
		return func(where string) error {
			if where == step {
				return power
			}
			return nil
		}
	}
	t.Run("boot", func(t *testing.T) {
		b := withValidators(t, plan.Validation{})
		b.at = at("validate boot")
		_, err := b.run(t.Context())
		var failed *build.RunError
		if !errors.As(err, &failed) || failed.Problem.What != "the validation VM failed: power cut" || b.result.Validation != build.ValidationFailed {
			t.Errorf("%v, %v", b.result.Validation, err)
		}
		if !slices.Contains(b.phases(), "write disk: pending") {
			t.Errorf("steps = %q", b.phases())
		}
	})
	t.Run("boot, and it does not matter", func(t *testing.T) {
		b := withValidators(t, plan.Validation{DistributeAnyway: true})
		b.at = at("validate boot")
		outputs, err := b.run(t.Context())
		var invalid *build.ValidationError
		if !errors.As(err, &invalid) || len(outputs) != 2 {
			t.Errorf("%v, %v", outputs, err)
		}
	})
	t.Run("power off, when all validators have passed", func(t *testing.T) {
		b := withValidators(t, plan.Validation{})
		b.at = at("validate shutdown")
		outputs, err := b.run(t.Context())
		if err != nil || len(outputs) != 2 || b.result.Validation != build.ValidationPassed {
			t.Errorf("%v, %v, %v", outputs, b.result.Validation, err)
		}
		if !slices.Contains(b.phases(), "validate shutdown: done") {
			t.Errorf("steps = %q", b.phases())
		}
	})
	t.Run("a customizer before it", func(t *testing.T) {
		b := withValidators(t, plan.Validation{DistributeAnyway: true})
		b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Exit: 1}}
		outputs, err := b.run(t.Context())
		if err == nil || len(outputs) != 0 || b.result.Validation != build.NotValidated {
			t.Errorf("%v, %v, %v", outputs, b.result.Validation, err)
		}
	})
	t.Run("a distributor after it", func(t *testing.T) {
		b := withValidators(t, plan.Validation{DistributeAnyway: true})
		b.guest.Rules = validatorRule(false, provtest.Rule{Exit: 3})
		b.onStep = func(step string, phase events.Phase) {
			if step == "distribute[1]" && phase == events.Running {
				blockImage(b)
			}
		}
		_, err := b.run(t.Context())
		var invalid *build.ValidationError
		var failed *build.RunError
		if !errors.As(err, &failed) || !errors.As(err, &invalid) {
			t.Fatal(err)
		}
		for _, want := range []string{"the image was to be distributed all the same, and that failed too: ", "1 images out of total 2"} {
			if !strings.Contains(failed.Problem.Why, want) {
				t.Errorf("%q is not in %q", want, failed.Problem.Why)
			}
		}
	})
}

// TestCancelValidation cancels when each step begins, after a validation that failed or not: the run ends with the cause, and
// nothing stays behind.
func TestCancelValidation(t *testing.T) {
	enough := errors.New("the user pressed Ctrl-C")
	for _, source := range []bool{false, true} {
		steps := append(slices.Clone(validateSteps), "write disk", "distribute[1]")
		if source {
			steps = validateSteps
		}
		for _, step := range steps {
			t.Run(fmt.Sprintf("source=%t %s", source, step), func(t *testing.T) {
				b := withValidators(t, plan.Validation{DistributeAnyway: true, SourceOnly: source})
				switch step {
				case "validate[0]": // in the middle of a script that would never end
					b.guest.Rules = validatorRule(source, provtest.Rule{Hang: true})
				case "write disk", "distribute[1]":
					b.guest.Rules = validatorRule(source, provtest.Rule{Exit: 3})
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				b.onStep = func(s string, phase events.Phase) {
					if s == step && phase == events.Running {
						cancel(enough)
					}
				}
				_, err := b.run(ctx)
				if !errors.Is(err, enough) {
					t.Fatalf("error = %v, want %v", err, enough)
				}
				for _, phase := range b.phases() {
					if strings.HasSuffix(phase, string(events.Running)) {
						t.Errorf("step still counts as running: %s", phase)
					}
				}
				want := build.ValidationCut
				if slices.Contains([]string{"write disk", "distribute[1]"}, step) {
					want = build.ValidationFailed
				}
				if step == "validate shutdown" { // all validators had passed
					want = build.ValidationPassed
				}
				if b.result.Validation != want {
					t.Errorf("validation = %s, want %s", b.result.Validation, want)
				}
			})
		}
	}
}

// TestKeep is what errorHandling leaves standing: the VM in which a step failed, and no other.
func TestKeep(t *testing.T) {
	customizer := provtest.Rule{Contains: "chmod +x /tmp/script_", Exit: 1}
	validator := validatorRule(false, provtest.Rule{Exit: 3})
	both := plan.OnError{KeepBuildVM: true, KeepValidationVM: true}
	tests := []struct {
		name    string
		onError plan.OnError
		rules   []provtest.Rule
		anyway  bool
		set     func(*bench)
		want    string // the name of the VM that is kept, without the run; "none"
	}{
		{name: "a customizer fails", onError: plan.OnError{KeepBuildVM: true}, rules: []provtest.Rule{customizer}, want: ""},
		{name: "a customizer fails, and another VM is to be kept", onError: plan.OnError{KeepValidationVM: true}, rules: []provtest.Rule{customizer}, want: "none"},
		{name: "a validator fails", onError: plan.OnError{KeepValidationVM: true}, rules: validator, want: "-validate"},
		{name: "a validator fails, and another VM is to be kept", onError: plan.OnError{KeepBuildVM: true}, rules: validator, want: "none"},
		{name: "a validator fails, and the image is distributed", onError: both, rules: validator, anyway: true, want: "-validate"},
		{name: "nothing fails", onError: both, want: "none"},
		{name: "the boot fails", onError: both, want: "none", set: func(b *bench) {
			b.at = func(where string) error {
				if where == "validate boot" {
					return errors.New("power cut")
				}
				return nil
			}
		}},
		{name: "the target keeps none", onError: both, rules: validator, want: "none", set: func(b *bench) {
			b.target.NotKept = errors.New("QEMU died")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := withValidators(t, plan.Validation{DistributeAnyway: tt.anyway})
			b.plan.OnError, b.guest.Rules = tt.onError, slices.Clone(tt.rules)
			if tt.set != nil {
				tt.set(b)
			}
			outputs, err := b.run(t.Context())
			if (err == nil) != (tt.name == "nothing fails") || tt.anyway != (len(outputs) == 2 && err != nil) {
				t.Fatalf("%v, %v", outputs, err)
			}
			if tt.want == "none" {
				if b.result.Kept != nil { // else run has looked
					t.Errorf("%+v was kept", b.result.Kept)
				}
				return
			}
			name := "ingot-" + b.ran + tt.want
			if b.result.Kept == nil || b.result.Kept.Name != name {
				t.Fatalf("kept %+v, want %s", b.result.Kept, name)
			}
			var failed *build.RunError
			want := "look inside " + name + ": ssh " + name + "; remove it with: ingot clean; full log: "
			if !errors.As(err, &failed) || !strings.HasPrefix(failed.Problem.Fix, want) {
				t.Errorf("%v, want the fix %q", err, want)
			}
			if _, err := os.Stat(b.result.Kept.Disk); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(filepath.Join(b.dirs.Data, "gallery", ".incoming")); err == nil && len(left) > 0 {
				t.Errorf("more than the VM was kept: %v", left)
			}
			list, err := ledger.List(t.Context(), b.store)
			if err != nil || len(list) == 0 {
				t.Fatal(list, err)
			}
			for _, l := range list {
				if l.Entry.Kept != "ssh "+name {
					t.Errorf("%s is kept: %q", l.What, l.Entry.Kept)
				}
			}
			if _, err := ledger.Remove(t.Context(), b.store, nil, list); err != nil {
				t.Error(err)
			}
			b.nothingLeft(b.ran)
		})
	}
}

// TestValidationTimeout: the build timeout counts the validation, and keeps nothing of it.
func TestValidationTimeout(t *testing.T) {
	b := withValidators(t, plan.Validation{DistributeAnyway: true})
	b.plan.OnError.KeepValidationVM = true
	b.guest.Rules = validatorRule(false, provtest.Rule{Stdout: "waiting for a lock\n", Hang: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	b.onStep = func(s string, phase events.Phase) {
		if s == "validate[0]" && phase == events.Running {
			cancel(&build.TimeoutError{After: time.Hour})
		}
	}
	outputs, err := b.run(ctx)
	var failed *build.RunError
	if !errors.As(err, &failed) || len(outputs) > 0 || b.result.Kept != nil || b.result.Validation != build.ValidationCut {
		t.Fatalf("%v, %v, %+v", outputs, err, b.result)
	}
	p := failed.Problem
	if p.What != "the build timeout of 1h0m0s is over" || p.Where != "step validate[0]" || !slices.Contains(b.phases(), "write disk: pending") {
		t.Errorf("%+v, %q", p, b.phases())
	}
}

// TestCancelKeepsNothing: who cancels a run does not look inside it.
func TestCancelKeepsNothing(t *testing.T) {
	b := withValidators(t, plan.Validation{})
	b.plan.OnError = plan.OnError{KeepBuildVM: true, KeepValidationVM: true}
	b.guest.Rules = validatorRule(false, provtest.Rule{Hang: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("the user pressed Ctrl-C")
	b.onStep = func(s string, phase events.Phase) {
		if s == "validate[0]" && phase == events.Running {
			cancel(enough)
		}
	}
	if _, err := b.run(ctx); !errors.Is(err, enough) || b.result.Kept != nil {
		t.Errorf("%v, %+v", err, b.result.Kept)
	}
}
