package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestOverlaySize(t *testing.T) {
	for _, tc := range []struct {
		name        string
		has, wanted int64
		want        int64
		complaint   string
	}{
		{name: "as the source", has: 8 << 30, want: 8 << 30},
		{name: "rounded up to a MiB", has: 8<<30 - 512, want: 8 << 30},
		{name: "one byte over", has: 8<<30 + 1, want: 8<<30 + MiB},
		{name: "grown", has: 8 << 30, wanted: 30 << 30, want: 30 << 30},
		{name: "same size asked for", has: 8 << 30, wanted: 8 << 30, want: 8 << 30},
		{name: "shrunk", has: 30 << 30, wanted: 8 << 30,
			complaint: "disk_size is 8192 MiB, but the source has 30720 MiB, and a disk can only grow"},
		{name: "shrunk by less than a MiB", has: 8<<30 + 512, wanted: 8 << 30, complaint: "the source has 8589935104 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := overlaySize(tc.has, tc.wanted)
			if tc.complaint != "" {
				if err == nil || !strings.Contains(err.Error(), tc.complaint) {
					t.Errorf("got %d, %v, want it to say %q", got, err, tc.complaint)
				}
			} else if got != tc.want || err != nil {
				t.Errorf("got %d, %v, want %d", got, err, tc.want)
			}
		})
	}
}

func TestCreateOverlay(t *testing.T) {
	img, err := exec.LookPath("qemu-img")
	if err != nil {
		t.Skip("qemu-img is not installed (Debian package qemu-utils)")
	}
	dir := t.TempDir()
	base := filepath.Join(dir, "base, with a comma.raw")
	if err := os.WriteFile(base, make([]byte, 3*MiB+512), 0o400); err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, DiskFile)

	size, err := CreateOverlay(t.Context(), img, base, "raw", overlay, 0)
	if err != nil || size != 4*MiB {
		t.Fatalf("got %d, %v, want 4 MiB", size, err)
	}
	if got, err := VirtualSize(t.Context(), img, overlay, "qcow2"); err != nil || got != 4*MiB {
		t.Errorf("overlay has %d bytes, %v, want 4 MiB", got, err)
	}
	if info, err := os.Stat(base); err != nil || info.Size() != 3*MiB+512 {
		t.Errorf("the base changed: %v, %v", info, err)
	}

	for _, tc := range []struct {
		name, base, format string
		wanted             int64
		want               string
	}{
		{"no such disk", filepath.Join(dir, "gone.qcow2"), "qcow2", 0, "source_disk cannot be used"},
		{"not that format", base, "qcow2", 0, "not in qcow2 format"},
		{"too small", base, "raw", 1 * MiB, "can only grow"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(dir, "not-made.qcow2")
			if _, err := CreateOverlay(t.Context(), img, tc.base, tc.format, path, tc.wanted); err == nil ||
				!strings.Contains(strings.ToLower(err.Error()), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
			if IsFile(path) {
				t.Error("an overlay was made all the same")
			}
		})
	}
}
