package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/internal/testtools"
)

// mainVariable has the test binary be the program.
const mainVariable = "INGOT_TEST_ACCEPT_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// accept runs the program where there is nothing but an emulated Azure.
func accept(t *testing.T, r *rig.Rig, more ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, testtools.Ingot(t))
	cmd.Env = append(append(r.Environ(), mainVariable+"=1"), more...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func newRig(t *testing.T) *rig.Rig {
	t.Helper()
	r, err := rig.New(t.Context(), rig.Options{Ingot: testtools.Ingot(t), Plugins: testtools.PluginDir(t, testtools.AzurePlugin(t))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left := r.Left(nil, nil); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestAccepted(t *testing.T) {
	out, err := accept(t, newRig(t), consentVariable+"=yes")
	if err != nil || !strings.Contains(out, "less than 0.10 USD") || !strings.Contains(out, "\naccepted, in ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestNotAsked does nothing without consent, and nothing without credentials.
func TestNotAsked(t *testing.T) {
	r := newRig(t)
	before := len(r.Sim.Calls())
	out, err := accept(t, r)
	if err != nil || !strings.Contains(out, "nothing was done: set INGOT_ACCEPT=yes") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, c := range r.Sim.Calls()[before:] {
		if c.Method != "GET" {
			t.Errorf("it called %s %s", c.Method, c.Path)
		}
	}
	out, err = accept(t, r, consentVariable+"=yes", "AZURE_SUBSCRIPTION_ID=")
	if err != nil || !strings.HasPrefix(out, "skipped: nothing was tried in real Azure") {
		t.Errorf("%v\n%s", err, out)
	}
}
