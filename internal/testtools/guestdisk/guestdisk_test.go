package guestdisk

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const megabyte = 1 << 20

// makeDisk makes a disk with a boot partition and the files of a folder, as base images have them. boot is written to the first.
func makeDisk(t *testing.T, root, boot string) string {
	t.Helper()
	disk := filepath.Join(t.TempDir(), "disk.raw")
	f, err := os.Create(disk)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(64 * megabyte); err != nil {
		t.Fatal(err)
	}
	script := "label: gpt\nlabel-id: 5BE687F2-638F-8A5B-AE70-29299CF335B7\n" +
		"1: start=4096, uuid=237F5E98-921C-8AF6-B166-C555E8C25EA0\n14: start=2048, size=2048, uuid=29E6232E-AB39-8FC6-A0C6-DD99A75EDBB0\n"
	run(t, script, "sfdisk", "--quiet", disk)
	if _, err := f.WriteAt([]byte(boot), megabyte); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, "", "mke2fs", "-q", "-t", "ext4", "-d", root, "-E", fmt.Sprintf("offset=%d", 2*megabyte), disk, "60M")
	return disk
}

func run(t *testing.T, stdin, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/sbin/", "/usr/sbin/"} { // not on everybody's PATH
			if _, serr := os.Stat(dir + name); serr == nil {
				path, err = dir+name, nil
			}
		}
	}
	if err != nil {
		t.Skipf("%s is not installed: %v", name, err)
	}
	cmd := exec.Command(path, args...)
	stdinFile, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer stdinFile.Close()
	if _, err := stdinFile.WriteString(stdin); err != nil {
		t.Fatal(err)
	}
	if _, err := stdinFile.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = stdinFile
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// guest writes the files of a small guest.
func guest(t *testing.T, change func(t *testing.T, root string)) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		"etc/hostname":        "one\n",
		"usr/bin/sudo":        "program",
		"var/log/wtmp":        "",
		"var/lib/dpkg/status": "Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.9.13p3-1\nDescription: x\n Status: no\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n",
	} {
		write(t, root, path, text)
	}
	if err := os.Chmod(filepath.Join(root, "usr/bin/sudo"), 0o755|fs.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("usr/bin", filepath.Join(root, "bin")); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(t, root)
	}
	return root
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	file := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, disk string) *Disk {
	t.Helper()
	d, err := Read(disk)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRead(t *testing.T) {
	d := read(t, makeDisk(t, guest(t, nil), "grub"))
	if diff := cmp.Diff(map[string]string{"sudo": "1.9.13p3-1 amd64"}, d.Packages); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	if got, want := d.Files["/usr/bin/sudo"].Mode, 0o755|fs.ModeSetuid; got != want {
		t.Errorf("sudo is %s, want %s", got, want)
	}
	if got := d.Files["/bin"]; got.Content != "usr/bin" || got.Mode.Type() != fs.ModeSymlink {
		t.Errorf("/bin is %+v", got)
	}
}

// TestCompare has one disk for each way in which two may differ.
func TestCompare(t *testing.T) {
	same := read(t, makeDisk(t, guest(t, nil), "grub"))
	for _, tt := range []struct {
		name   string
		boot   string
		change func(t *testing.T, root string)
		want   []string
	}{
		{"nothing", "grub", nil, nil},
		{"the boot loader", "lilo", nil, []string{"boot: partition table, boot loader or EFI partition differ"}},
		{"content", "grub", func(t *testing.T, root string) { write(t, root, "etc/hostname", "two\n") },
			[]string{"/etc/hostname: has other content (4 bytes, and 4 in the other)"}},
		{"a file more, one less", "grub", func(t *testing.T, root string) {
			if err := os.Rename(filepath.Join(root, "etc/hostname"), filepath.Join(root, "etc/name")); err != nil {
				t.Fatal(err)
			}
		}, []string{"/etc/hostname: not in the other", "/etc/name: only in the other"}},
		{"a mode", "grub", func(t *testing.T, root string) {
			if err := os.Chmod(filepath.Join(root, "usr/bin/sudo"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, []string{"/usr/bin/sudo: is urwxr-xr-x, and -rwxr-xr-x in the other"}},
		{"an extended attribute", "grub", func(t *testing.T, root string) {
			if err := unix.Setxattr(filepath.Join(root, "usr/bin/sudo"), "user.origin", []byte("here"), 0); err != nil {
				t.Skipf("the file system of temporary files has no extended attributes: %v", err)
			}
		}, []string{`/usr/bin/sudo: has extended attributes "", and "map[\"user.origin\":\"here\"]" in the other`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range Compare(same, read(t, makeDisk(t, guest(t, tt.change), tt.boot))) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRules(t *testing.T) {
	rules := Rules("# Page\n\n| path | why |\n|---|---|\n| `/var/log/journal/` | ids |\n| `/tmp/script_*.sh` | a number |\n| `/etc/one` | just so |\n| `word` | no path |\n")
	if len(rules) != 3 || rules[0].Why != "ids" {
		t.Fatalf("got %+v", rules)
	}
	for path, want := range map[string]bool{
		"/var/log/journal/0a1b/system.journal": true, "/var/log/journal": false, "/tmp/script_12.sh": true,
		"/tmp/script_1/2.sh": false, "/tmp/script_1.sh.bak": false, "/etc/one": true, "/etc/one.bak": false,
	} {
		got := slices.ContainsFunc(rules, func(r Rule) bool { return r.Fits(Difference{Path: path}) })
		if got != want {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

func TestNoDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.raw")
	if err := os.WriteFile(path, make([]byte, megabyte), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("a disk without a partition table was read")
	}
}
