package diskdiff

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// debugfs changes a file system, or looks into it; it is the second witness of what is in files.
func debugfs(t *testing.T, disk string, requests ...string) {
	t.Helper()
	tool(t, "debugfs")
	cmd := exec.Command("debugfs", "-w", "-f", "-", disk)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	cmd.Stdin = strings.NewReader(strings.Join(requests, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("debugfs: %v\n%s", err, out)
	}
}

// entryOf finds a file of a disk.
func entryOf(t *testing.T, d *Disk, path string) *Entry {
	t.Helper()
	all, err := d.tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all[path] == nil {
		t.Fatalf("there is no %s", path)
	}
	return all[path]
}

// TestContent reads files with holes, with blocks that were set aside and never written, and with many parts, and holds that what is read
// is what debugfs reads.
func TestContent(t *testing.T) {
	dir := folder(t, before())
	sparse := filepath.Join(dir, "sparse")
	f, err := os.Create(sparse)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 { // more parts than an inode has room for
		if _, err := f.WriteAt(bytes.Repeat([]byte{byte('a' + i%26)}, 1500), int64(i)*40_000+7); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(9_000_001); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	path := disk(t, dir)
	// 40 blocks over a file of one: those of them that are new are not written.
	debugfs(t, path, "fallocate /etc/motd 0 40", "sif /etc/motd size 30000")
	d := opened(t, path)
	for _, name := range []string{"/sparse", "/etc/motd", "/etc/passwd"} {
		c, err := entryOf(t, d, name).Content()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "out")
		debugfs(t, path, "dump "+name+" "+out)
		want, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, and they are not the %d that debugfs reads", name, len(got), len(want))
		}
		// Writing the parts that are data gives the file, too.
		again := make([]byte, c.Size())
		for at, length := range c.Data {
			if n, err := c.ReadAt(again[at:at+length], at); n != int(length) {
				t.Fatal(n, err)
			}
		}
		if !bytes.Equal(again, want) {
			t.Errorf("%s: its parts are not all that is in it", name)
		}
	}
	c, err := entryOf(t, d, "/sparse").Content()
	if err != nil {
		t.Fatal(err)
	}
	var held int64
	for _, length := range c.Data {
		held += length
	}
	if held > 2_000_000 {
		t.Errorf("%d bytes of /sparse are told to be data; most of it is holes", held)
	}
}

// TestJournal holds that what was committed to a journal counts as if it were in the file system. The journal gets, block by block, what
// another disk has otherwise.
func TestJournal(t *testing.T) {
	for _, tt := range []struct{ name, features, open string }{
		{"usual", "64bit", "jo"},
		{"small numbers", "^64bit", "jo"},
		{"checksums", "64bit", "jo -c -v 2"},
		{"small numbers, checksums", "^64bit", "jo -c -v 2"},
		{"large tags", "64bit", "jo -c -v 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tool(t, "mke2fs")
			dir := t.TempDir()
			a, b := filepath.Join(dir, "a.raw"), filepath.Join(dir, "b.raw")
			run(t, "mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", folder(t, before()), "-E", "root_owner=0:0", "-J", "size=4",
				"-O", tt.features, a, "24M")
			old, err := os.ReadFile(a)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(b, old, 0o600); err != nil {
				t.Fatal(err)
			}
			added := filepath.Join(dir, "added")
			text := append([]byte{0xc0, 0x3b, 0x39, 0x98}, bytes.Repeat([]byte("new\n"), 3000)...) // like a block of a journal
			if err := os.WriteFile(added, text, 0o600); err != nil {
				t.Fatal(err)
			}
			debugfs(t, b, "write "+added+" /etc/added", "rm /etc/motd", "mkdir /srv")
			late, err := os.ReadFile(b)
			if err != nil {
				t.Fatal(err)
			}
			const block = 4096
			var numbers []string
			var data []byte
			for at := 0; at < len(old); at += block {
				if !bytes.Equal(old[at:at+block], late[at:at+block]) {
					numbers = append(numbers, strconv.Itoa(at/block))
					data = append(data, late[at:at+block]...)
				}
			}
			if !slices.Contains(numbers, "0") || len(numbers) < 5 {
				t.Fatalf("blocks that are otherwise: %v", numbers)
			}
			// Block 0 has the superblock, which says that the journal counts: the last to be written, by debugfs itself.
			blocks := filepath.Join(dir, "blocks")
			if err := os.WriteFile(blocks, data[block:], 0o600); err != nil {
				t.Fatal(err)
			}
			debugfs(t, a, tt.open, "jw -b "+strings.Join(numbers[1:], ",")+" "+blocks, "jc")
			was := opened(t, a)
			if len(was.bytes.newer.at) != len(numbers)-1 {
				t.Fatalf("%d blocks of the journal count, want %d", len(was.bytes.newer.at), len(numbers)-1)
			}
			r, err := Compare(t.Context(), was, opened(t, b), Options{})
			if err != nil {
				t.Fatal(err, why(err))
			}
			for _, c := range r.Files {
				t.Errorf("%s %s %v", c.Kind, c.Path, c.What)
			}
			got, err := entryOf(t, was, "/etc/added").read(1 << 20)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("/etc/added has %d bytes, %v; want those %d that were written", len(got), err, len(text))
			}

			// What is revoked counts no longer: the file system itself is right then.
			debugfs(t, a, tt.open, "jw -r "+strings.Join(numbers[1:], ","), "jc")
			if n := len(opened(t, a).bytes.newer.at); n != 0 {
				t.Errorf("%d blocks count after all were revoked", n)
			}
		})
	}
}
