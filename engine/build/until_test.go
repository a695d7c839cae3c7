package build_test

import (
	"context"
	"testing"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestUntilShell stops before a step for who wants a shell where a step fails: there is one, and then the machine goes, unasked.
func TestUntilShell(t *testing.T) {
	b := newBench(t)
	b.plan.OnError = plan.OnError{KeepBuildVM: true, KeepValidationVM: true} // as the service asks for
	b.values = map[string]any{"ConnType": "ssh", "Host": "127.0.0.1", "Port": 2222, "User": "packer"}
	b.until = "customize[0]"
	shells := 0
	b.attend = &build.Attend{
		ShellFirst: true,
		Ask: func(_ context.Context, question string) (string, error) {
			t.Errorf("asked %q", question)
			return "c", nil
		},
		Shell: func(_ context.Context, way packercore.Way) error {
			shells++
			if way.Port != 2222 {
				t.Errorf("a shell at %+v", way)
			}
			return nil
		},
	}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if shells != 1 || b.result.Kept != nil || b.result.Stopped == nil || b.result.Stopped.Step != "customize[0]" {
		t.Errorf("%d shells, kept %v, stopped %v", shells, b.result.Kept, b.result.Stopped)
	}
}
