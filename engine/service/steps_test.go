package service

import (
	"testing"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
)

func TestValidationOfSteps(t *testing.T) {
	const p, d, f, c, r = events.Pending, events.Done, events.Failed, events.Cancelled, events.Running
	for _, tt := range []struct {
		name   string
		phases []events.Phase // of validate boot, validate[0], validate shutdown
		want   build.Validation
	}{
		{"none wanted", nil, ""},
		{"it never began", []events.Phase{p, p, p}, build.NotValidated},
		{"all is well", []events.Phase{d, d, d}, build.ValidationPassed},
		{"a validator failed", []events.Phase{d, f, p}, build.ValidationFailed},
		{"the VM did not boot", []events.Phase{f, p, p}, build.ValidationFailed},
		{"cancelled", []events.Phase{d, c, p}, build.ValidationCut},
		{"cancelled between two steps", []events.Phase{d, p, p}, build.ValidationCut},
		{"killed", []events.Phase{d, r, p}, build.ValidationCut},
	} {
		steps := []Step{{ID: "boot", Phase: d}, {ID: "customize[0]", Phase: f}}
		for i, phase := range tt.phases {
			steps = append(steps, Step{ID: []string{"validate boot", "validate[0]", "validate shutdown"}[i], Phase: phase})
		}
		if got := Validation(steps); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
