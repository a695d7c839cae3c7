package packercore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// threeShells is a build with three steps, of which the second is left out for this source.
const threeShells = `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  provisioner "shell" {
    name   = "first"
    inline = ["echo one"]
  }
  provisioner "shell" {
    name   = "other"
    except = ["fake.image"]
    inline = ["echo other"]
  }
  provisioner "shell" {
    name   = "last"
    inline = ["echo two"]
  }
}
`

func TestFrom(t *testing.T) {
	for _, c := range []struct {
		from int
		want []string
	}{
		{0, []string{"provisioner[0]", "provisioner[2]"}},
		{1, []string{"provisioner[2]"}},
		{2, []string{"provisioner[2]"}},
		{3, nil},
		{9, nil},
	} {
		r := newRig(t, map[string]string{"image.pkr.hcl": threeShells})
		r.opts.From = c.from
		if _, err := r.build(t.Context()); err != nil {
			t.Errorf("from %d: %v", c.from, err)
		}
		var done []string
		for _, line := range r.lines() {
			if step, _, ok := strings.Cut(line, ": done "); ok && strings.HasPrefix(step, "provisioner") {
				done = append(done, step)
			}
		}
		if diff := cmp.Diff(c.want, done); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", c.from, diff)
		}
	}
}

func TestReached(t *testing.T) {
	r := shellRig(t, "")
	var got []packercore.Way
	r.opts.Reached = func(_ context.Context, way packercore.Way) error {
		if len(r.builder.guest.Commands()) > 0 {
			t.Error("it is told only after a command ran")
		}
		got = append(got, way)
		return nil
	}
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []packercore.Way{{
		Communicator: "ssh", Host: "127.0.0.1", Port: 2222, User: "packer", Password: "hunter22",
		PrivateKey: "-----BEGIN KEY-----\nAAAAsecretlineAAAA\n-----END KEY-----\n",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReachedRefused has nothing done to a guest that nobody could find again.
func TestReachedRefused(t *testing.T) {
	r := shellRig(t, "", provtest.Rule{Contains: script})
	full := errors.New("no space left")
	r.opts.Reached = func(context.Context, packercore.Way) error { return full }
	if _, err := r.build(t.Context()); err == nil || !strings.Contains(err.Error(), "note how the build VM is reached: no space left") {
		t.Errorf("the build ended with %v", err)
	}
	if ran := r.builder.guest.Commands(); slices.ContainsFunc(ran, func(c string) bool { return strings.Contains(c, script) }) {
		t.Errorf("commands ran: %v", ran)
	}
}
