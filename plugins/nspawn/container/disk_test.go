package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newDisk makes a raw disk with a partition table as sfdisk writes it, and an ext4 in the last partition.
func newDisk(t *testing.T, label string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := f.Truncate(32 << 20); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ stdin, program, args string }{
		{"label: " + label + "\nstart=2048, size=2048\nstart=4096, size=32768\n", "sfdisk", "-q " + path},
		{"", "mke2fs", "-q -F -t ext4 -L root -E offset=2097152 " + path + " 16M"},
	} {
		cmd := exec.Command(c.program, strings.Fields(c.args)...)
		cmd.Stdin = strings.NewReader(c.stdin)
		if _, err := exec.LookPath(c.program); err != nil {
			t.Skipf("no program %s", c.program)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", c.program, err, out)
		}
	}
	return f
}

func TestRegions(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"gpt", "dos"} {
		t.Run(label, func(t *testing.T) {
			disk := newDisk(t, label)
			all, err := regions(disk)
			if err != nil || len(all) != 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			if all[0].kind != "unknown" || all[1].kind != "ext4" || all[1].start != 2<<20 || all[1].size != 16<<20 {
				t.Errorf("%+v", all)
			}
			if ids := strings.Join(all[1].ids, " "); !strings.Contains(ids, "PARTUUID=") || !strings.Contains(ids, " UUID=") || !strings.Contains(ids, "LABEL=root") {
				t.Errorf("fstab may call it %s", ids)
			}
			if err := all[1].plausible(disk); err != nil {
				t.Error(err)
			}
			if err := growPartition(disk, all); err != nil {
				t.Fatal(err)
			}
			again, err := regions(disk)
			if err != nil || again[1].size != all[1].size || again[1].size < 29<<20 || again[0].size != 1<<20 {
				t.Errorf("grown: %+v, %v", again, err)
			}
			out, err := exec.Command("sfdisk", "--verify", disk.Name()).CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("No errors detected")) {
				t.Errorf("sfdisk: %v: %s", err, out)
			}
		})
	}
}

// A table, or a superblock, that was made to harm is an error; nothing waits, and nothing takes much memory.
func TestHostile(t *testing.T) {
	t.Parallel()
	put := func(at int64, n uint32) func(*testing.T, *os.File) {
		return func(t *testing.T, disk *os.File) {
			if _, err := disk.WriteAt(binary.LittleEndian.AppendUint32(nil, n), at); err != nil {
				t.Fatal(err)
			}
		}
	}
	const super = 2<<20 + 1024
	for _, c := range []struct {
		name   string
		damage func(*testing.T, *os.File)
		want   string // in the error
	}{
		{"entries without a size", put(sector+84, 0), "partition table is damaged"},
		{"entries without number", put(sector+80, 1<<31), "partition table is damaged"},
		{"entries far away", put(sector+76, 1<<30), "partition table is damaged"},
		{"backup's entries without a size", put(32<<20-sector+84, 0), "partition table is damaged"},
		{"blocks of 2^31 bytes", put(super+0x18, 21), "is damaged"},
		{"more blocks than the partition has", put(super+4, 1<<30), "is damaged"},
		{"groups without blocks", put(super+0x20, 0), "is damaged"},
		{"groups without inodes", put(super+0x28, 0), "is damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := newDisk(t, "gpt")
			c.damage(t, disk)
			all, err := regions(disk)
			if err == nil {
				err = all[1].plausible(disk)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A disk that cannot be a guest's is refused with what it is, and nothing is left.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		damage func(*testing.T, *os.File)
		want   string
	}{
		{"no file system", func(t *testing.T, disk *os.File) { _, _ = disk.WriteAt(make([]byte, 64<<10), 2<<20) }, "no root file system is on the disk (partition 1: unknown; partition 2: unknown)"},
		{"no /etc", nil, "no root file system is on the disk"},
		{"groups are zeroes", func(t *testing.T, disk *os.File) { _, _ = disk.WriteAt(make([]byte, 8<<10), 2<<20+2048) }, "it is damaged"},
		{"no systemd", func(t *testing.T, disk *os.File) {
			if out, err := exec.Command("debugfs", "-w", "-R", "mkdir etc", disk.Name()+"?offset=2097152").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}, "the disk has no systemd"},
		{"a link instead of /etc/fstab", func(t *testing.T, disk *os.File) {
			orders := "mkdir etc\nmkdir lib\nmkdir lib/systemd\nwrite /dev/null lib/systemd/systemd\nsymlink etc/fstab /etc\n"
			cmd := exec.Command("debugfs", "-w", "-f", "-", disk.Name()+"?offset=2097152")
			cmd.Stdin = strings.NewReader(orders)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}, "/etc/fstab is no regular file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSpec(t, "refused")
			disk := newDisk(t, "gpt")
			if c.damage != nil {
				c.damage(t, disk)
			}
			if out, err := exec.Command("qemu-img", "convert", "-O", "qcow2", disk.Name(), filepath.Join(s.Dir, s.Disk)).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			g, err := Start(t.Context(), s)
			if err == nil {
				_ = g.Kill()
				t.Fatal("it was started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q in it", err, c.want)
			}
			nothingLeft(t, s.Name)
		})
	}
}

// XFS and Btrfs are mounted and grown as ext4 is. These have a root without a systemd, which is told after that.
func TestOtherFileSystems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  string
		mkfs  func(path, tree string) *exec.Cmd
		size  func(super []byte) uint64 // bytes, by the superblock
		super int64
	}{
		{"xfs", func(path, tree string) *exec.Cmd {
			proto := tree + ".proto" // a folder etc, in the form of mkfs.xfs
			if err := os.WriteFile(proto, []byte("/dev/null\n0 0\nd--755 0 0\netc d--755 0 0\n$\n$\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return exec.Command("mkfs.xfs", "-q", "-f", "-p", proto, path)
		}, func(b []byte) uint64 { return uint64(binary.BigEndian.Uint32(b[4:])) * binary.BigEndian.Uint64(b[8:]) }, 0},
		{"btrfs", func(path, tree string) *exec.Cmd {
			return exec.Command("mkfs.btrfs", "-q", "-f", "--rootdir", tree, path)
		},
			func(b []byte) uint64 { return binary.LittleEndian.Uint64(b[0x70:]) }, 0x10000},
	} {
		t.Run(c.kind, func(t *testing.T) {
			s := newSpec(t, c.kind)
			if _, err := exec.LookPath("mkfs." + c.kind); err != nil {
				t.Skipf("no program mkfs.%s", c.kind)
			}
			if known, _ := os.ReadFile("/proc/filesystems"); !strings.Contains(string(known), "\t"+c.kind+"\n") {
				t.Skipf("this kernel knows no %s", c.kind)
			}
			dir := t.TempDir()
			part, tree := filepath.Join(dir, "part"), filepath.Join(dir, "tree")
			disk, err := os.Create(filepath.Join(dir, "disk"))
			if err != nil {
				t.Fatal(err)
			}
			defer disk.Close()
			if err := errors.Join(os.MkdirAll(filepath.Join(tree, "etc"), 0o755), os.WriteFile(part, nil, 0o600), os.Truncate(part, 320<<20), disk.Truncate(512<<20)); err != nil {
				t.Fatal(err)
			}
			table := exec.Command("sfdisk", "-q", disk.Name())
			table.Stdin = strings.NewReader("label: gpt\nstart=2048, size=655360\n")
			for _, cmd := range []*exec.Cmd{c.mkfs(part, tree), table,
				exec.Command("dd", "if="+part, "of="+disk.Name(), "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none"),
				exec.Command("qemu-img", "convert", "-O", "qcow2", disk.Name(), filepath.Join(s.Dir, s.Disk))} {
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %v: %s", cmd.Args, err, out)
				}
			}
			s.Grow = 190 << 20
			if g, err := Start(t.Context(), s); err == nil {
				_ = g.Kill()
				t.Fatal("it was started")
			} else if !strings.Contains(err.Error(), "the disk has no systemd") {
				t.Fatal(err)
			}
			nothingLeft(t, s.Name)
			raw, err := os.Open(showRaw(t, filepath.Join(s.Dir, s.Disk)))
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			all, err := regions(raw)
			if err != nil || len(all) != 1 || all[0].kind != c.kind || all[0].size < 510<<20 || len(all[0].ids) < 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			if size := c.size(all[0].peek(raw, c.super, 256)); size < 500<<20 {
				t.Errorf("the file system has %d MiB", size>>20)
			}
		})
	}
}
