package diskdiff

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// files are what a test puts on a disk: text by path. A text that begins with "-> " is a link.
type files map[string]string

// before is a small machine.
func before() files {
	return files{
		"etc/passwd":                  "root:x:0:0:root:/root:/bin/bash\nold:x:1001:1001::/home/old:/bin/sh\n",
		"etc/shadow":                  "root:*:19000:0:99999:7:::\nold:$y$secret:19000:0:99999:7:::\n",
		"etc/group":                   "root:x:0:\nsudo:x:27:\n",
		"etc/ssh/sshd_config":         "Port 22\nPermitRootLogin no\n",
		"etc/ssh/ssh_host_rsa_key":    "BEFORE PRIVATE",
		"etc/motd":                    "hello\n",
		"etc/localtime":               "-> /usr/share/zoneinfo/UTC",
		"etc/same":                    "the same\n",
		"usr/share/doc/gone/README":   "gone",
		"usr/bin/tool":                "#!/bin/sh\n",
		"var/lib/dpkg/status":         status("curl", "7.88.1-1", "telnet", "0.17"),
		"etc/systemd/system/x.socket": "-> /dev/null",
		"etc/systemd/system/multi-user.target.wants/ssh.service": "-> /lib/systemd/system/ssh.service",
	}
}

func after() files {
	f := before()
	f["etc/passwd"] = "root:x:0:0:root:/root:/bin/bash\nweb:x:1002:1002::/srv:/usr/sbin/nologin\n"
	f["etc/shadow"] = "root:$y$secret:19000:0:99999:7:::\nweb:!:19000:0:99999:7:::\n"
	f["etc/group"] = "root:x:0:\nsudo:x:27:web\n"
	f["etc/ssh/sshd_config"] = "Port 22\nPermitRootLogin yes\n"
	f["etc/ssh/ssh_host_rsa_key"] = "AFTER PRIVATE"
	f["etc/localtime"] = "-> /usr/share/zoneinfo/Europe/Berlin"
	f["srv/data"] = strings.Repeat("x", 3<<20)
	f["srv/binary"] = "a\x00b"
	f["var/lib/dpkg/status"] = status("curl", "7.88.1-2", "nginx", "1.22")
	f["usr/lib/systemd/system/web.socket"] = "[Socket]\nListenStream=8080\nListenDatagram = /run/web\n"
	f["etc/systemd/system/sockets.target.wants/web.socket"] = "-> /usr/lib/systemd/system/web.socket"
	f["etc/systemd/system/multi-user.target.wants/nginx.service"] = "-> /lib/systemd/system/nginx.service"
	delete(f, "etc/systemd/system/x.socket")
	delete(f, "usr/share/doc/gone/README")
	delete(f, "etc/motd")
	return f
}

func status(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("Package: " + pairs[i] + "\nStatus: install ok installed\nArchitecture: amd64\nVersion: " + pairs[i+1] +
			"\nDescription: text\n more: text\n\n")
	}
	return b.String() + "Package: purged\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n"
}

// folder writes files into a folder, all of them with the same time.
func folder(t *testing.T, f files) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(1700000000, 0)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// disk makes a disk of a folder, with one file system and no partitions.
func disk(t *testing.T, dir string) string {
	t.Helper()
	tool(t, "mke2fs")
	path := filepath.Join(t.TempDir(), "disk.raw")
	run(t, "mke2fs", "-q", "-t", "ext4", "-d", dir, "-E", "root_owner=0:0", path, "24M")
	return path
}

func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not on this machine", name)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func compare(t *testing.T, a, b string, o Options) *Report {
	t.Helper()
	x, y := opened(t, a), opened(t, b)
	r, err := Compare(t.Context(), x, y, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func opened(t *testing.T, path string) *Disk {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatalf("%v: %s", err, why(err))
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func why(err error) string {
	var u *UnreadableError
	if errors.As(err, &u) {
		return u.Why()
	}
	return ""
}

func TestCompare(t *testing.T) {
	x, y := folder(t, before()), folder(t, after())
	if err := os.Chmod(filepath.Join(y, "usr/bin/tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := compare(t, disk(t, x), disk(t, y), Options{Text: true})

	var got []string
	for _, c := range r.Files {
		got = append(got, strings.TrimSpace(string(c.Kind)+" "+c.Path+" "+strings.Join(c.What, ",")))
	}
	want := []string{
		"changed /etc/group content",
		"changed /etc/localtime target",
		"removed /etc/motd",
		"changed /etc/passwd content",
		"changed /etc/shadow content",
		"changed /etc/ssh/ssh_host_rsa_key content",
		"changed /etc/ssh/sshd_config content",
		"added /etc/systemd/system/multi-user.target.wants/nginx.service",
		"added /etc/systemd/system/sockets.target.wants",
		"added /etc/systemd/system/sockets.target.wants/web.socket",
		"removed /etc/systemd/system/x.socket",
		"added /srv",
		"added /srv/binary",
		"added /srv/data",
		"changed /usr/bin/tool mode",
		"added /usr/lib",
		"added /usr/lib/systemd",
		"added /usr/lib/systemd/system",
		"added /usr/lib/systemd/system/web.socket",
		"removed /usr/share",
		"removed /usr/share/doc",
		"removed /usr/share/doc/gone",
		"removed /usr/share/doc/gone/README",
		"changed /var/lib/dpkg/status content",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	facts := Report{Packages: r.Packages, Services: r.Services, Sockets: r.Sockets, Users: r.Users, Groups: r.Groups}
	wanted := Report{
		Packages: []Item{
			{"curl:amd64", Changed, "7.88.1-1", "7.88.1-2"}, {"nginx:amd64", Added, "", "1.22"}, {"telnet:amd64", Removed, "0.17", ""},
		},
		Services: []Item{
			{"nginx.service", Added, "", "enabled"}, {"web.socket", Added, "", "enabled"}, {"x.socket", Removed, "masked", ""},
		},
		Sockets: []Item{{"/run/web", Added, "", "web.socket"}, {"8080", Added, "", "web.socket"}},
		Users: []Item{
			{"old", Removed, "uid 1001, gid 1001, home /home/old, shell /bin/sh, has a password", ""},
			{"root", Changed, "uid 0, gid 0, home /root, shell /bin/bash, no password",
				"uid 0, gid 0, home /root, shell /bin/bash, has a password"},
			{"web", Added, "", "uid 1002, gid 1002, home /srv, shell /usr/sbin/nologin, no password"},
		},
		Groups: []Item{{"sudo", Changed, "gid 27", "gid 27, members web"}},
	}
	if diff := cmp.Diff(wanted, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if len(r.Grown) == 0 || r.Grown[0].Path != "/srv" || r.Grown[0].Bytes < 3<<20 || r.Bytes < 3<<20 {
		t.Errorf("got %d bytes, grown %+v; want /srv with 3 MiB first", r.Bytes, r.Grown)
	}
	text := func(path string) string {
		return r.Files[slices.IndexFunc(r.Files, func(c Change) bool { return c.Path == path })].Text
	}
	if got := text("/etc/ssh/sshd_config"); !strings.Contains(got, "-PermitRootLogin no\n+PermitRootLogin yes\n") {
		t.Errorf("diff of a text: got %q", got)
	}
	for _, path := range []string{"/etc/shadow", "/etc/ssh/ssh_host_rsa_key", "/srv/binary", "/srv/data"} {
		if got := text(path); got != "" {
			t.Errorf("%s is shown: %q", path, got)
		}
	}
}

// The host's own diff, over the folders that the disks were made of, is the second witness.
func TestSameAsDiff(t *testing.T) {
	tool(t, "diff")
	x, y := folder(t, before()), folder(t, after())
	out, err := exec.Command("diff", "-rq", "--no-dereference", x, y).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("diff: %v", err)
	}
	told := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		for _, dir := range []string{x, y} {
			line = strings.ReplaceAll(line, dir, "")
		}
		line = strings.NewReplacer(": ", "/", "Only in ", "", "Files ", "", "Symbolic links ", "").Replace(strings.TrimSpace(line))
		path, _, _ := strings.Cut(line, " and ")
		told["/"+strings.TrimLeft(path, "/")] = true
	}
	r := compare(t, disk(t, x), disk(t, y), Options{})
	for _, c := range r.Files {
		// diff names the topmost folder that is on one side only.
		if under := func(p string) bool { return told[p] }; !slices.ContainsFunc(parents(c.Path), under) {
			t.Errorf("%s %s: diff does not know it", c.Kind, c.Path)
		}
	}
	for path := range told {
		if !slices.ContainsFunc(r.Files, func(c Change) bool { return c.Path == path }) {
			t.Errorf("%s: diff knows it, and it was not found", path)
		}
	}
	if len(told) < 10 {
		t.Errorf("diff told of %d paths only:\n%s", len(told), out)
	}
}

func parents(path string) []string {
	list := []string{path}
	for ; path != "/"; path = filepath.Dir(path) {
		list = append(list, path)
	}
	return list
}

func TestSameDisk(t *testing.T) {
	raw := disk(t, folder(t, before()))
	tool(t, "qemu-img")
	dir := t.TempDir()
	base, overlay := filepath.Join(dir, "base.qcow2"), filepath.Join(dir, "overlay.qcow2")
	run(t, "qemu-img", "convert", "-q", "-c", "-O", "qcow2", raw, base)
	run(t, "qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", overlay)
	vhd := filepath.Join(dir, "fixed.vhd")
	run(t, "qemu-img", "convert", "-q", "-O", "vpc", "-o", "subformat=fixed,force_size", raw, vhd)
	for _, path := range []string{raw, base, overlay, vhd} {
		if r := compare(t, raw, path, Options{}); len(r.Files) > 0 || r.Bytes != 0 {
			t.Errorf("%s: %+v", filepath.Base(path), r)
		}
	}
}

// A disk that was written to after it was copied: what is the same is known without a look at its bytes.
func TestSameHistory(t *testing.T) {
	tool(t, "debugfs")
	a := disk(t, folder(t, before()))
	b := filepath.Join(t.TempDir(), "b.raw")
	text, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	new := filepath.Join(t.TempDir(), "new")
	if err := errors.Join(os.WriteFile(b, text, 0o600), os.WriteFile(new, []byte("hello"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"rm /etc/motd", "write " + new + " /etc/new", "sif /etc/same mode 0100600", "sif /etc/same ctime @0x70000000"} {
		run(t, "debugfs", "-w", "-R", command, b)
	}
	var got []string
	for _, c := range compare(t, a, b, Options{}).Files {
		got = append(got, strings.TrimSpace(string(c.Kind)+" "+c.Path+" "+strings.Join(c.What, ",")))
	}
	if diff := cmp.Diff([]string{"removed /etc/motd", "added /etc/new", "changed /etc/same mode"}, got); diff != "" {
		t.Error(diff)
	}
}

// A disk as machines have it: a boot loader, a partition for firmware, /boot by its UUID, and the root file system last.
func TestPartitions(t *testing.T) {
	tool(t, "mke2fs")
	tool(t, "sfdisk")
	const mib = 1 << 20
	make := func(loader, esp, kernel string) string {
		path := filepath.Join(t.TempDir(), "disk.raw")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 64*mib); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sfdisk", "-q", path)
		cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
		cmd.Stdin = strings.NewReader("label: gpt\nlabel-id: 11111111-1111-1111-1111-111111111111\n" +
			"start=2048, size=8192, uuid=22222222-2222-2222-2222-222222222222\n" +
			"start=10240, size=32768, uuid=33333333-3333-3333-3333-333333333333\n" +
			"start=43008, size=81920, uuid=44444444-4444-4444-4444-444444444444\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("sfdisk: %v\n%s", err, out)
		}
		const uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
		boot := folder(t, files{"vmlinuz": kernel})
		root := folder(t, files{"etc/fstab": "# boot\nUUID=" + uuid + " /boot ext4 defaults 0 2\n", "etc/same": "x"})
		offset := func(mb string) string { return "offset=" + mb }
		run(t, "mke2fs", "-q", "-t", "ext4", "-U", uuid, "-d", boot, "-E", offset("5242880"), path, "16M")
		run(t, "mke2fs", "-q", "-t", "ext4", "-d", root, "-E", offset("22020096"), path, "40M")
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for at, text := range map[int64]string{0: loader, mib + 82: "FAT32", mib + 1024: esp} {
			if _, err := f.WriteAt([]byte(text), at); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	a, b := make("GRUB 1", "efi 1", "kernel 1"), make("GRUB 2", "efi 2", "kernel 2")
	r := compare(t, a, b, Options{})
	want := []string{"partition 1 (vfat): changed", "partition table and boot loader: changed"}
	if diff := cmp.Diff(want, sorted(r.Outside)); diff != "" {
		t.Errorf("outside (-want +got):\n%s", diff)
	}
	if len(r.Files) != 1 || r.Files[0].Path != "/boot/vmlinuz" {
		t.Errorf("files: got %+v, want /boot/vmlinuz", r.Files)
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func TestUnreadable(t *testing.T) {
	zeros := string(make([]byte, 1<<20))
	for name, tt := range map[string]struct{ text, want string }{
		"empty":        {"", "no ext4 file system"},
		"zeros":        {zeros, "no ext4 file system with /etc is on it (the whole disk: unknown)"},
		"NTFS":         {"\xeb\x52\x90NTFS    " + zeros, "NTFS"},
		"XFS":          {"XFSB" + zeros, "XFS"},
		"dynamic VHD":  {"conectix" + zeros, "a VHD of dynamic size"},
		"VHDX":         {"vhdxfile" + zeros, "a VHDX"},
		"broken qcow2": {"QFI\xfb" + zeros, "qcow2"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "disk")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			var u *UnreadableError
			if !errors.As(err, &u) || !strings.Contains(u.Why(), tt.want) {
				t.Errorf("got %v (%s), want %q", err, why(err), tt.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Open(t.TempDir()); why(err) != "it is no regular file" {
		t.Errorf("a folder: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	path := disk(t, folder(t, before()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compare(ctx, opened(t, path), opened(t, path), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzDamaged writes anything over a part of a disk: it is compared, or it is an error.
func FuzzDamaged(f *testing.F) {
	if _, err := exec.LookPath("mke2fs"); err != nil {
		f.Skip("mke2fs is not on this machine")
	}
	dir := f.TempDir()
	good := filepath.Join(dir, "good.raw")
	for name, text := range before() {
		path := filepath.Join(dir, "tree", name)
		if strings.HasPrefix(text, "-> ") {
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			f.Fatal(err)
		}
	}
	if out, err := exec.Command("mke2fs", "-q", "-t", "ext4", "-d", filepath.Join(dir, "tree"), good, "2M").CombinedOutput(); err != nil {
		f.Fatalf("%v\n%s", err, out)
	}
	image, err := os.ReadFile(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(1024), []byte("\xff\xff\xff\xff"))
	f.Add(uint32(1024+0x58), []byte{0, 1})
	f.Add(uint32(4096), []byte{0xff, 0xff, 0xff, 0x7f})
	f.Add(uint32(0), []byte("QFI\xfb\x00\x00\x00\x03"))
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		bad := bytes.Clone(image)
		copy(bad[int(at)%len(bad):], patch)
		path := filepath.Join(t.TempDir(), "bad.raw")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := Open(good)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		b, err := Open(path)
		if err != nil {
			return
		}
		defer b.Close()
		// Whatever is on it: no panic, no endless walk; and a disk that is the same as before shows no difference.
		r, err := Compare(t.Context(), a, b, Options{Text: true})
		if bytes.Equal(bad, image) && (err != nil || !r.Empty()) {
			t.Fatalf("got %+v, %v", r, err)
		}
	})
}
