package container

import (
	"bytes"
	"encoding/binary"
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
