package packercore_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A builder that does not say where it is boots until the provisioners begin, and shuts down after them.
func TestPhases(t *testing.T) {
	for name, tt := range map[string]struct {
		inline string
		want   []string
	}{
		"done": {"exit 0", []string{"boot: running ", "boot: done ", "provisioner[0]: running say", "provisioner[0]: done say",
			"shutdown: running ", "shutdown: done "}},
		"failed": {"exit 3", []string{"boot: running ", "boot: done ", "provisioner[0]: running say",
			"provisioner[0]: failed say (exited with 3)"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newStockRig(t, `
source "null" "a" { communicator = "none" }
build {
  sources = ["null.a"]
  provisioner "shell-local" {
    name   = "say"
    inline = ["`+tt.inline+`"]
  }
}
`)
			r.opts.Phases = true
			_, err := r.run(t.Context())
			if (err != nil) != (name == "failed") {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.want, r.states()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A builder that keeps nothing as an artifact has done its work only where that is expected, and all provisioners ran.
func TestNoArtifact(t *testing.T) {
	for name, expected := range map[string]bool{"expected": true, "stopped": false} {
		t.Run(name, func(t *testing.T) {
			r := shellRig(t, "")
			r.builder.mute = true
			r.opts.NoArtifact = expected
			artifact, err := r.build(t.Context())
			if artifact != nil || (err == nil) != expected {
				t.Errorf("got %v, %v", artifact, err)
			}
		})
	}
}
