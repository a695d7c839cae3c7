package qemu

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
		{name: "one byte over", has: 8<<30 + 1, want: 8<<30 + mib},
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
	h := hostPrograms{Img: img}
	dir := t.TempDir()
	base := filepath.Join(dir, "base, with a comma.raw")
	if err := os.WriteFile(base, make([]byte, 3*mib+512), 0o400); err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, diskFile)

	size, err := createOverlay(t.Context(), h, base, "raw", overlay, 0)
	if err != nil || size != 4*mib {
		t.Fatalf("got %d, %v, want 4 MiB", size, err)
	}
	if got, err := virtualSize(t.Context(), h, overlay, "qcow2"); err != nil || got != 4*mib {
		t.Errorf("overlay has %d bytes, %v, want 4 MiB", got, err)
	}
	if info, err := os.Stat(base); err != nil || info.Size() != 3*mib+512 {
		t.Errorf("the base changed: %v, %v", info, err)
	}

	for _, tc := range []struct {
		name, base, format string
		wanted             int64
		want               string
	}{
		{"no such disk", filepath.Join(dir, "gone.qcow2"), "qcow2", 0, "source_disk cannot be used"},
		{"not that format", base, "qcow2", 0, "not in qcow2 format"},
		{"too small", base, "raw", 1 * mib, "can only grow"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(dir, "not-made.qcow2")
			if _, err := createOverlay(t.Context(), h, tc.base, tc.format, path, tc.wanted); err == nil ||
				!strings.Contains(strings.ToLower(err.Error()), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
			if isFile(path) {
				t.Error("an overlay was made all the same")
			}
		})
	}
}

func TestMissingPrograms(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findPrograms(false)
	for _, want := range []string{`"qemu-system-x86_64"`, "apt install qemu-system-x86", `"qemu-img"`, "apt install qemu-utils"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %s", err, want)
		}
	}
}

func TestFindEFI(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"half.code", "whole.code", "whole.vars"} {
		if err := os.WriteFile(at(name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	half, whole := efiFirmware{at("half.code"), at("half.vars")}, efiFirmware{at("whole.code"), at("whole.vars")}
	if got, err := findEFI([]efiFirmware{half, whole}); err != nil || got != whole {
		t.Errorf("got %v, %v, want the one that is whole", got, err)
	}
	if _, err := findEFI([]efiFirmware{half}); err == nil || !strings.Contains(err.Error(), "apt install ovmf") {
		t.Errorf("got %v, want it to name the package", err)
	}
}
