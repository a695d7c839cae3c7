package baseimage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// header makes the front of a qcow2 file and patches it.
func header(patch func(h []byte)) []byte {
	h := make([]byte, 512)
	copy(h, "QFI\xfb")
	binary.BigEndian.PutUint32(h[4:], 3)
	patch(h)
	return h
}

func TestSniff(t *testing.T) {
	disk := make([]byte, 2<<20)
	disk[510], disk[511] = 0x55, 0xaa
	iso := bytes.Clone(disk)
	copy(iso[0x8001:], "CD001")
	vhd := func(kind uint32) []byte {
		footer := make([]byte, 512)
		copy(footer, "conectix")
		binary.BigEndian.PutUint32(footer[60:], kind)
		return append(bytes.Clone(disk), footer...)
	}
	tests := map[string]struct {
		text       []byte
		want, fail string
	}{
		"raw":              {disk, "raw", ""},
		"qcow2":            {header(func([]byte) {}), "qcow2", ""},
		"fixed VHD":        {vhd(2), "vpc", ""},
		"differencing VHD": {vhd(4), "", "needs another file"},
		"backing file":     {header(func(h []byte) { h[15] = 1 }), "", "backing file"},
		"external data":    {header(func(h []byte) { h[79] = 4 }), "", "external data file"},
		"encrypted":        {header(func(h []byte) { h[35] = 2 }), "", "encrypted"},
		"qcow1":            {header(func(h []byte) { h[7] = 1 }), "", "version 1"},
		"header cut off":   {header(func([]byte) {})[:60], "", "cut off"},
		"only a magic":     {[]byte("QFI\xfb"), "", "cut off"},
		"empty":            {nil, "", "empty"},
		"gzip":             {[]byte("\x1f\x8b\x08 more"), "", "gzip"},
		"a web page":       {[]byte("<!DOCTYPE html>"), "", "web page"},
		"VMDK":             {[]byte("KDMV"), "", "VMDK"},
		"ISO":              {iso, "", "installation medium"},
		"a text":           {[]byte("hello\n"), "", "6 bytes"},
		"large, no disk":   {make([]byte, 2<<20), "", "no partition table"},
		"odd size":         {disk[:2<<20-1], "", "neither qcow2 nor VHD"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			writeFile(t, path, tt.text)
			got, err := sniff(path)
			if tt.fail == "" {
				if got != tt.want || err != nil {
					t.Errorf("got %q, %v; want %q", got, err, tt.want)
				}
				return
			}
			var refused *RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.fail) || refused.Fix() == "" {
				t.Errorf("got %q, %v; want a refusal with %q", got, err, tt.fail)
			}
		})
	}
}

func FuzzSniff(f *testing.F) {
	f.Add(header(func([]byte) {}))
	f.Add([]byte("conectix"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "file")
		writeFile(t, path, text)
		format, err := sniff(path)
		if (format == "") == (err == nil) {
			t.Fatalf("format %q with error %v", format, err)
		}
	})
}

// A refused file must be refused before qemu-img sees it, and leave nothing.
func TestRefusedBeforeQemu(t *testing.T) {
	base := qcow2(t)
	overlay := filepath.Join(t.TempDir(), "overlay.qcow2")
	data := filepath.Join(t.TempDir(), "data.raw")
	external := qcow2(t, "-o", "data_file="+data)
	if out, err := exec.Command("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, overlay).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := newStore(t, "")
	s.run = noRunner{t}
	for name, path := range map[string]string{
		"backing file": overlay, "external data file": external, "folder": t.TempDir(), "device": "/dev/null",
	} {
		var refused *RefusedError
		if _, err := s.Add(t.Context(), "x", path, AddOptions{}); !errors.As(err, &refused) {
			t.Errorf("%s: got %v, want *RefusedError", name, err)
		}
	}
	if _, err := s.Add(t.Context(), "x", filepath.Join(t.TempDir(), "none"), AddOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: got %v", err)
	}
	if _, err := s.Add(t.Context(), "x", base, AddOptions{URNs: []string{"a:b"}}); err == nil {
		t.Error("a URN of two parts was taken")
	}
	if _, err := s.Add(t.Context(), "x", base, AddOptions{OS: "beos"}); err == nil {
		t.Error("an unknown operating system was taken")
	}
	wantEmpty(t, s)
}

type noRunner struct{ t *testing.T }

func (r noRunner) Run(_ context.Context, c runcmd.Cmd) ([]byte, error) {
	r.t.Errorf("%s %q was run", c.Path, c.Args)
	return nil, errors.New("not here")
}

func TestAddBroken(t *testing.T) {
	whole := qcow2(t)
	text, err := os.ReadFile(whole)
	must(t, err)
	s := newStore(t, "")
	cut := filepath.Join(t.TempDir(), "cut.qcow2")
	writeFile(t, cut, text[:70000]) // the refcount table is gone
	var refused *RefusedError
	if _, err := s.Add(t.Context(), "x", cut, AddOptions{}); !errors.As(err, &refused) || refused.Path != cut {
		t.Errorf("got %v, want a refusal of %s", err, cut)
	}
	wantEmpty(t, s)
}

func TestAddVHD(t *testing.T) {
	qcow2(t) // skips without qemu-img
	path := filepath.Join(t.TempDir(), "disk.vhd")
	if out, err := exec.Command("qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size", path, "8M").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := newStore(t, "")
	im := add(t, s, "vhd", path, AddOptions{})
	if im.Format != "vpc" || im.VirtualSize != 8<<20 || im.OS != "linux" {
		t.Errorf("got %+v", im)
	}
	// A disk by a maker that QEMU does not know, a page larger than its geometry says: QEMU would leave the page out.
	if out, err := exec.Command("qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed", path, "8M").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(path)
	must(t, err)
	data, footer := text[:len(text)-512], text[len(text)-512:]
	copy(footer[28:], "ingt")
	binary.BigEndian.PutUint64(footer[48:], uint64(len(data)+4096))
	clear(footer[64:68])
	var sum uint32
	for _, b := range footer {
		sum += uint32(b)
	}
	binary.BigEndian.PutUint32(footer[64:], ^sum)
	writeFile(t, path, slices.Concat(data, make([]byte, 4096), footer))
	var refused *RefusedError
	if _, err := s.Add(t.Context(), "odd", path, AddOptions{}); !errors.As(err, &refused) {
		t.Errorf("got %v, want *RefusedError for the size", err)
	}
}

func TestAddKeepsHoles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk.raw")
	f, err := os.Create(path)
	must(t, err)
	must(t, f.Truncate(64<<20))
	_, err = f.WriteAt([]byte{0x55, 0xaa}, 510)
	must(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte("x"), 8192), 40<<20)
	must(t, err)
	must(t, f.Close())
	qcow2(t) // skips without qemu-img

	s := newStore(t, "")
	var last events.Progress
	im := add(t, s, "raw", path, AddOptions{Progress: func(p events.Progress) { last = p }})
	if used := diskUsage(im.Path); used > 1<<20 {
		t.Errorf("the copy takes %d bytes on the disk; its data are 8 KiB", used)
	}
	if out, err := exec.Command("cmp", path, im.Path).CombinedOutput(); err != nil {
		t.Errorf("the copy differs: %s", out)
	}
	if last.Done != 64<<20 || last.Total != 64<<20 {
		t.Errorf("the last progress was %+v", last)
	}
}

func TestAddCancelled(t *testing.T) {
	s := newStore(t, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	_, err := s.Add(ctx, "x", qcow2(t), AddOptions{Progress: func(events.Progress) { cancel(why) }})
	if !errors.Is(err, why) {
		t.Errorf("got %v, want the cause", err)
	}
	wantEmpty(t, s)
}

// A full disk is simulated by a limit on the size of files; writing beyond it fails with EFBIG, as a full disk does with ENOSPC.
func TestAddNoSpace(t *testing.T) {
	if os.Getenv("INGOT_TEST_CHILD") != "no space" {
		child := exec.Command(os.Args[0], "-test.run=^TestAddNoSpace$", "-test.v")
		child.Env = append(os.Environ(), "INGOT_TEST_CHILD=no space", "INGOT_TEST_DISK="+qcow2(t))
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10}))
	s := newStore(t, "")
	if _, err := s.Add(t.Context(), "x", os.Getenv("INGOT_TEST_DISK"), AddOptions{}); !errors.Is(err, unix.EFBIG) {
		t.Errorf("got %v, want EFBIG", err)
	}
	wantEmpty(t, s)
}
