package vhd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/runcmd"
)

func needQemuImg(t *testing.T) {
	t.Helper()
	for _, program := range []string{"qemu-img", "qemu-io"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed (package qemu-utils)", program)
		}
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// layers makes a chain of n qcow2 files, with data in each, data that hides data below, and zeros that a guest wrote.
func layers(t *testing.T, size string, n int) string {
	t.Helper()
	dir, below := t.TempDir(), ""
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("layer%d.qcow2", i))
		args := []string{"create", "-q", "-f", "qcow2"}
		if below != "" {
			args = append(args, "-b", below, "-F", "qcow2")
		}
		command(t, "qemu-img", append(args, path, size)...)
		command(t, "qemu-io", "-f", "qcow2",
			"-c", fmt.Sprintf("write -P %d %dM 5M", i+1, i*4), // the last MiB is hidden by the next layer
			"-c", "write -P 0 24M 4M", path)
		below = path
	}
	return below
}

func compare(t *testing.T, format, src, dst string) {
	t.Helper()
	command(t, "qemu-img", "compare", "-f", format, "-F", "vpc", src, dst)
}

func TestWrite(t *testing.T) {
	needQemuImg(t)
	top := layers(t, "30M", 4)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	command(t, "qemu-img", "convert", "-O", "raw", top, file("a.raw"))
	command(t, "qemu-img", "convert", "-c", "-O", "qcow2", top, file("compressed.qcow2"))
	command(t, "qemu-img", "convert", "-O", "vmdk", top, file("a.vmdk"))
	command(t, "qemu-img", "convert", "-O", "vpc", "-o", "subformat=fixed,force_size", top, file("base.vhd"))
	command(t, "qemu-img", "create", "-q", "-f", "qcow2", "-b", file("base.vhd"), "-F", "vpc", file("onvhd.qcow2"), "40M")
	command(t, "qemu-io", "-f", "qcow2", "-c", "write -P 9 35M 64k", file("onvhd.qcow2"))
	command(t, "qemu-img", "create", "-q", "-f", "qcow2", file("odd.qcow2"), "3146240") // 3 MiB and one sector
	command(t, "qemu-io", "-f", "qcow2", "-c", "write -P 7 3145728 512", file("odd.qcow2"))
	command(t, "qemu-img", "create", "-q", "-f", "qcow2", file("a:b.qcow2"), "2M") // qemu-img takes "a:" for a protocol
	command(t, "qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file="+file("data.raw"), file("external.qcow2"), "2M")
	command(t, "qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 64k", file("external.qcow2"))

	tests := []struct {
		name     string
		src      Disk
		wantMiB  int64
		maxAlloc int64 // MiB
	}{
		{"four layers, zeros become holes", Disk{top, "qcow2"}, 30, 18},
		{"raw", Disk{file("a.raw"), "raw"}, 30, 18},
		{"compressed, by qemu-img", Disk{file("compressed.qcow2"), "qcow2"}, 30, 18},
		{"vmdk, by qemu-img", Disk{file("a.vmdk"), "vmdk"}, 30, 18},
		{"layer on a smaller VHD", Disk{file("onvhd.qcow2"), "qcow2"}, 40, 18},
		{"size rounded up", Disk{file("odd.qcow2"), "qcow2"}, 4, 1},
		{"colon in the name, no data", Disk{file("a:b.qcow2"), "qcow2"}, 2, 1},
		{"external data file, by qemu-img", Disk{file("external.qcow2"), "qcow2"}, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := filepath.Join(t.TempDir(), "out.vhd")
			var done, total int64
			info, err := Write(t.Context(), runcmd.Host{}, tt.src, dst, func(d, n int64) {
				if d < done || d > n || total != 0 && n != total {
					t.Errorf("progress went from %d/%d to %d/%d", done, total, d, n)
				}
				done, total = d, n
			})
			if err != nil {
				t.Fatal(err)
			}
			if done != total {
				t.Errorf("progress ended at %d of %d", done, total)
			}
			if info.VirtualSize != tt.wantMiB*mib || info.Allocated > tt.maxAlloc*mib {
				t.Errorf("virtual size %d, allocated %d; want %d MiB and at most %d MiB", info.VirtualSize, info.Allocated, tt.wantMiB, tt.maxAlloc)
			}
			compare(t, tt.src.Format, tt.src.Path, dst)
			out, err := exec.Command("qemu-img", "info", "-f", "vpc", "--output=json", dst).Output()
			if want := fmt.Sprintf(`"virtual-size": %d`, tt.wantMiB*mib); err != nil || !bytes.Contains(out, []byte(want)) {
				t.Errorf("qemu-img reads %s, want %s (%v)", out, want, err)
			}
			onlyFile(t, dst)
		})
	}
}

// onlyFile checks that nothing else is left beside path.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s is left behind", e.Name())
		}
	}
}

func TestWriteCancelled(t *testing.T) {
	needQemuImg(t)
	src := Disk{layers(t, "64M", 3), "qcow2"}
	dst := filepath.Join(t.TempDir(), "out.vhd")
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := Write(ctx, runcmd.Host{}, src, dst, func(_, _ int64) { cancel(enough) })
	if !errors.Is(err, enough) {
		t.Errorf("error = %v, want %v", err, enough)
	}
	onlyFile(t, dst)
	if _, err := os.Stat(dst); !errors.Is(err, os.ErrNotExist) {
		t.Error("half a VHD is left behind")
	}
}

func TestWriteReplacesAsAWhole(t *testing.T) {
	needQemuImg(t)
	src := Disk{layers(t, "32M", 1), "qcow2"}
	dst := filepath.Join(t.TempDir(), "out.vhd")
	if err := os.WriteFile(dst, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Write(ctx, runcmd.Host{}, src, dst, func(_, _ int64) { cancel() }); err == nil {
		t.Fatal("a cancelled write succeeded")
	}
	if old, err := os.ReadFile(dst); err != nil || string(old) != "old" {
		t.Errorf("after a cancelled write there is %q, %v", old, err)
	}
	if _, err := Write(t.Context(), runcmd.Host{}, src, dst, nil); err != nil {
		t.Fatal(err)
	}
	compare(t, src.Format, src.Path, dst)
}

func TestWriteRefuses(t *testing.T) {
	needQemuImg(t)
	dir := t.TempDir()
	huge := filepath.Join(dir, "huge.qcow2")
	command(t, "qemu-img", "create", "-q", "-f", "qcow2", huge, "3T")
	for name, src := range map[string]Disk{
		"over 2040 GiB": {huge, "qcow2"},
		"absent":        {filepath.Join(dir, "no.qcow2"), "qcow2"},
		"not a qcow2":   {os.Args[0], "qcow2"},
	} {
		t.Run(name, func(t *testing.T) {
			dst := filepath.Join(t.TempDir(), "out.vhd")
			if _, err := Write(t.Context(), runcmd.Host{}, src, dst, nil); err == nil {
				t.Error("no error")
			}
			onlyFile(t, dst)
		})
	}
}

// fullDisk gives a file system of 8 MiB.
func fullDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	needQemuImg(t)
	top := layers(t, "32M", 4)
	compressed := filepath.Join(t.TempDir(), "compressed.qcow2")
	command(t, "qemu-img", "convert", "-c", "-O", "qcow2", top, compressed)
	whole := filepath.Join(t.TempDir(), "whole.vhd")
	if _, err := Write(t.Context(), runcmd.Host{}, Disk{top, "qcow2"}, whole, nil); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(dst string) error{
		"own copy": func(dst string) error {
			_, err := Write(t.Context(), runcmd.Host{}, Disk{top, "qcow2"}, dst, nil)
			return err
		},
		"by qemu-img": func(dst string) error {
			_, err := Write(t.Context(), runcmd.Host{}, Disk{compressed, "qcow2"}, dst, nil)
			return err
		},
		"copy of a VHD": func(dst string) error { return Copy(t.Context(), whole, dst) },
	} {
		t.Run(name, func(t *testing.T) {
			dst := filepath.Join(fullDisk(t), "out.vhd")
			err := write(dst)
			var space *SpaceError
			if !errors.As(err, &space) || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("error = %v, want a *SpaceError", err)
			}
			if space.Free <= 0 || space.Free > 8*mib || space.Need <= space.Free || space.Need > 32*mib {
				t.Errorf("free %d, need %d", space.Free, space.Need)
			}
			entries, err := os.ReadDir(filepath.Dir(dst))
			if err != nil || len(entries) > 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

func TestCopyKeepsHoles(t *testing.T) {
	dir := t.TempDir()
	src, dst := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	f, err := os.Create(src)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range []int64{0, 40 * mib, 90*mib + 12345} {
		if _, err := f.WriteAt(bytes.Repeat([]byte("ingot"), 1000), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(200 * mib); err != nil {
		t.Fatal(err)
	}
	if err := Copy(t.Context(), src, dst); err != nil {
		t.Fatal(err)
	}
	command(t, "cmp", src, dst)
	if st, err := os.Stat(dst); err != nil || allocated(st) > mib {
		t.Errorf("copy takes %d bytes, %v", allocated(st), err)
	}
	if err := Copy(t.Context(), src, dst); !errors.Is(err, os.ErrExist) {
		t.Errorf("copy over a file that exists: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other := filepath.Join(dir, "c")
	if err := Copy(ctx, src, other); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled copy: %v", err)
	}
	if _, err := os.Stat(other); !errors.Is(err, os.ErrNotExist) {
		t.Error("a cancelled copy is left behind")
	}
}
