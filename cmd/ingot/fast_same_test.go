package main_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/sameimage"
	"github.com/ingot-build/ingot/engine/vhd"
)

// inContainers is a home beside another one, with the same base image: its builds run in containers. It takes no place for a VM.
func (h *home) inContainers() *home {
	h.t.Helper()
	f := &home{t: h.t, root: h.t.TempDir(), bin: h.bin, image: h.image, on: "fast", leave: func() {}}
	f.setState(filepath.Join(f.root, "state"))
	if lacking() == "" {
		f.addImage("debian-12", h.image)
		h.t.Cleanup(f.nothingLeft)
	}
	return f
}

// makesSame builds an example in a container and holds the finished disk against the one that a VM made of it, with what docs/fast.md
// explains taken away. It gives the new one; where no container runs here, the VM's.
func (h *home) makesSame(example, vmDisk string) (disk string) {
	h.t.Helper()
	disk = vmDisk
	h.t.Run("a container makes the same of "+example, func(t *testing.T) {
		if why := lacking(); why != "" {
			t.Skipf("no container runs here: %s", why)
		}
		in := *h
		in.t = t
		made := in.build(filepath.Join("../../examples", example, "template.json"))
		disk = made.Result.Outputs[0].Path
		if _, err := vhd.Verify(disk); err != nil {
			t.Error(err)
		}
		r, err := sameimage.Compare(t.Context(), disk, vmDisk)
		if err != nil {
			t.Fatal(err)
		}
		if r.Files < 10000 {
			t.Errorf("looked at %d files only", r.Files)
		}
		for _, d := range r.Other {
			t.Errorf("the container's disk is the first, the VM's the second, and docs/fast.md does not say why: %s", d)
		}
		for _, text := range r.Texts {
			t.Log(text)
		}
	})
	return disk
}

// starts holds that a machine starts from a disk by firmware, as far as its systemd. That its files are those of a machine that does all it
// should is known otherwise.
func starts(t *testing.T, vhd, firmware string) {
	t.Helper()
	const marker = "Debian GNU/Linux 12 (bookworm)" // systemd greets with it, perhaps in bold
	g := startVHD(t, vhd, firmware, "none", "none")
	defer g.off()
	ctx, cancel := context.WithTimeout(t.Context(), bootTimeout)
	defer cancel()
	for {
		text, err := os.ReadFile(g.console)
		if err == nil && strings.Contains(string(text), marker) {
			return
		}
		select {
		case <-g.exited:
			t.Errorf("QEMU ended: %s", &g.stderr)
			return
		case <-ctx.Done():
			t.Errorf("no %q after %s on the console of a machine with %s from %s, which ends with:\n%s", marker, bootTimeout, firmware, vhd,
				lastLines(string(text), 30))
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}
