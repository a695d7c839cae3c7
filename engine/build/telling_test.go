package build_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// marksTold are the marks of a run's events, and whether all came before the machine began to boot.
func marksTold(b *bench) (told []string, before bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before = true
	booted := false
	for _, e := range b.events {
		if e.Step == "boot" && e.State != nil && e.State.Phase == events.Running {
			booted = true
		}
		if e.Mark != nil {
			told = append(told, e.Step+" "+e.Mark.Kind+": "+e.Mark.Command+" "+e.Mark.Fix)
			before = before && !booted
		}
	}
	return told, before
}

// A run that stays in a container says what it does that needs a kernel, before anything boots, and what that makes different.
func TestMarksAreTold(t *testing.T) {
	b := newMovingBench(t, 2)
	b.moves = false
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, before := marksTold(b)
	want := []string{"customize[1] modules: modprobe dm_crypt --on auto runs the rest in a VM from the first of them on, --on local all of it"}
	if diff := cmp.Diff(want, told); diff != "" || !before {
		t.Errorf("before boot: %t; marks (-want +got):\n%s", before, diff)
	}
	found := fidelity.Chosen(b.result.Fidelity, []fidelity.Kind{kernelbound.Modules})
	if len(found) != 1 || found[0].Step != "customize[1]" || !slices.Contains(kindsTold(b), fidelity.NotBooted) {
		t.Errorf("differences: %+v", b.result.Fidelity)
	}
}

// Where a build moves to a VM, the step is none that runs in a container, and the image has booted.
func TestMovedDifferences(t *testing.T) {
	b := newMovingBench(t, 2)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, _ := marksTold(b)
	kinds := kindsTold(b)
	if told != nil || !slices.Contains(kinds, fidelity.HostKernel) || slices.Contains(kinds, fidelity.NotBooted) ||
		slices.Contains(kinds, kernelbound.Modules) {
		t.Errorf("marks %v, differences %v", told, kinds)
	}
}

// In a VM none of it is different, and nobody looks.
func TestNoMarksInAVM(t *testing.T) {
	b := newLayeredBench(t)
	b.bind(2)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, _ := marksTold(b)
	kinds := kindsTold(b)
	if told != nil || slices.Contains(kinds, fidelity.HostKernel) || slices.Contains(kinds, kernelbound.Modules) {
		t.Errorf("marks %v, differences %v", told, kinds)
	}
}

// A kind of mark can be refused, before anything boots.
func TestStrictMarks(t *testing.T) {
	b := newMovingBench(t, 2)
	b.moves, b.strict = false, []fidelity.Kind{kernelbound.Modules}
	_, err := b.run(t.Context())
	var host *build.HostError
	if !errors.As(err, &host) || !strings.Contains(host.Why, "modprobe dm_crypt") || !strings.Contains(host.Fix, "--on local") {
		t.Errorf("got %+v", err)
	}
	if told, before := marksTold(b); !before || len(told) != 1 {
		t.Errorf("marks %v, before boot: %t", told, before)
	}
}

// A step that fails in a container with a mark names the way out first.
func TestFailedMark(t *testing.T) {
	b := newMovingBench(t, 1)
	b.moves = false
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Exit: 3}}
	_, err := b.run(t.Context())
	var failed *build.RunError
	fix := `"modprobe dm_crypt" needs a kernel of its own: build with --on auto`
	if !errors.As(err, &failed) || !strings.HasPrefix(failed.Problem.Fix, fix) {
		t.Errorf("got %+v", err)
	}
}
