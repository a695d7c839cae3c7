package build_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/translate/plan"
)

// kindsTold are the kinds of what a run said of itself.
func kindsTold(b *bench) []fidelity.Kind {
	var kinds []fidelity.Kind
	for _, d := range b.result.Fidelity {
		kinds = append(kinds, d.Kind)
	}
	return kinds
}

// A run tells how it differs, of what it was made of too.
func TestRunTellsDifferences(t *testing.T) {
	b := newBench(t)
	b.plan.Steps[0].Shell.Script.Text = "#!/bin/sh\ncurl http://169.254.169.254/metadata/instance\n"
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []fidelity.Kind{fidelity.SourceVersion, fidelity.Network, fidelity.Metadata, fidelity.LocalFile, fidelity.Distribution} {
		if !slices.Contains(kindsTold(b), want) {
			t.Errorf("%s is not told: %v", want, kindsTold(b))
		}
	}
}

// A failed run tells them as well: one of them may be why.
func TestFailedRunTellsDifferences(t *testing.T) {
	b := newBench(t)
	b.at = func(step string) error {
		if step == "boot" {
			return errors.New("no boot")
		}
		return nil
	}
	if _, err := b.run(t.Context()); err == nil || !slices.Contains(kindsTold(b), fidelity.Network) {
		t.Errorf("%v, and it tells %v", err, kindsTold(b))
	}
}

// What was not to be different is refused before anything boots, and all of it at once.
func TestStrictFidelity(t *testing.T) {
	b := newBench(t)
	b.strict = []fidelity.Kind{fidelity.LocalFile, fidelity.Identity, fidelity.Override}
	b.plan.Azure.VMIdentities = []string{"/x/userAssignedIdentities/puller"}
	_, err := b.run(t.Context())
	var host *build.HostError
	if !errors.As(err, &host) || !strings.Contains(err.Error(), "page.html is a file") || !strings.Contains(err.Error(), "it has puller") {
		t.Fatalf("got %v", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.Step == "boot" && e.State != nil && e.State.Phase != events.Pending {
			t.Errorf("boot went to %s", e.State.Phase)
		}
	}
}

// A run that has none of the chosen differences goes on.
func TestStrictFidelityPasses(t *testing.T) {
	b := newBench(t)
	b.plan.Steps = slices.DeleteFunc(b.plan.Steps, func(s plan.Step) bool { return s.File != nil })
	b.strict = []fidelity.Kind{fidelity.LocalFile, fidelity.Identity}
	if _, err := b.run(t.Context()); err != nil {
		t.Error(err)
	}
}
