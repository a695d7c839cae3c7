package bootstrap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/diskspace"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// fakeHost answers the host programs with the files they would leave. It fails, or hangs until cancelled, at one of them.
type fakeHost struct {
	t      *testing.T
	failAt string // "mke2fs"; "" for none
	hang   func() // called at failAt instead of failing; the program then waits for its context
	ran    []string
	stdin  map[string]string
}

func (f *fakeHost) Run(ctx context.Context, c runcmd.Cmd) ([]byte, error) {
	f.t.Helper()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	program, args := filepath.Base(c.Path), c.Args
	if i := slices.Index(args, "--"); program == "unshare" {
		program, args = filepath.Base(args[i+1]), args[i+2:]
	}
	if program == "chroot" {
		program = filepath.Base(args[1]) + " " + args[3]
	}
	f.ran = append(f.ran, program)
	if c.Stdin != nil {
		text, err := io.ReadAll(c.Stdin)
		if err != nil {
			f.t.Fatal(err)
		}
		f.stdin[program] = string(text)
	}
	if program == f.failAt && f.hang != nil {
		f.hang()
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if program == f.failAt {
		return nil, &runcmd.ExitError{Program: program, Args: args, Code: 1, Stderr: "as the test wants"}
	}
	switch program {
	case "apt-config":
		return []byte("http://proxy.lan:3142\n"), nil
	case "mmdebstrap":
		f.installTree(args[slices.Index(args, "bookworm")+1])
	case "grub-mkimage i386-pc", "grub-mkimage x86_64-efi":
		f.write(filepath.Join(args[0], args[slices.Index(args, "-o")+1]), make([]byte, 5*sectorSize))
	case "qemu-img":
		f.write(args[len(args)-1], []byte("qcow2"))
	}
	return nil, nil
}

func (f *fakeHost) write(path string, text []byte) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakeHost) installTree(tree string) {
	boot := make([]byte, sectorSize)
	boot[510], boot[511] = 0x55, 0xaa
	for name, text := range map[string]string{
		"boot/vmlinuz-6.1.0-9-cloud-amd64": "", "boot/initrd.img-6.1.0-9-cloud-amd64": "",
		"usr/lib/grub/i386-pc/boot.img": string(boot), "usr/lib/grub/i386-pc/ext2.mod": "bios",
		"usr/lib/grub/x86_64-efi/ext2.mod": "efi", "etc/machine-id": "0123456789abcdef", "etc/hostname": "the-host",
		"etc/resolv.conf": "nameserver 192.0.2.1",
	} {
		f.write(filepath.Join(tree, name), []byte(text))
	}
}

// pretendHost makes every program present, and this process root.
func pretendHost(t *testing.T, missing ...string) {
	t.Helper()
	oldLook, oldUID, oldFree := lookPath, geteuid, freeSpace
	t.Cleanup(func() { lookPath, geteuid, freeSpace = oldLook, oldUID, oldFree })
	geteuid = func() int { return 0 }
	freeSpace = func(string) (diskspace.Space, error) { return diskspace.Space{Free: neededSpace}, nil }
	lookPath = func(program string) (string, error) {
		if slices.Contains(missing, program) {
			return "", &runcmd.MissingError{Program: program}
		}
		return "/usr/bin/" + program, nil
	}
	if _, err := os.Stat(keyring); err != nil {
		t.Skipf("Debian's keys are not on this host: %v", err)
	}
}

func options(t *testing.T, host *fakeHost) Options {
	host.t, host.stdin = t, map[string]string{}
	return Options{Name: "debian-12", Dir: t.TempDir(), Now: time.Unix(1_795_219_200, 0), Runner: host}
}

func TestBuild(t *testing.T) {
	pretendHost(t)
	host := &fakeHost{}
	o := options(t, host)
	var stages []string
	o.Progress = func(p events.Progress) { stages = append(stages, fmt.Sprintf("%s %d/%d", p.What, p.Done, p.Total)) }
	image, err := Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(o.Dir, "disk.qcow2"); image != want {
		t.Errorf("the image is %s, want %s", image, want)
	}
	wantStages := []string{"debootstrap 0/4", "boot loader 1/4", "file system 2/4", "qcow2 3/4"}
	if diff := cmp.Diff(wantStages, stages); diff != "" {
		t.Error(diff)
	}
	wantRan := []string{"apt-config", "apt-config", "mmdebstrap", "grub-mkimage i386-pc", "grub-mkimage x86_64-efi", "sfdisk",
		"mke2fs", "mformat", "mmd", "mcopy", "qemu-img"}
	if diff := cmp.Diff(wantRan, host.ran); diff != "" {
		t.Error(diff)
	}

	tree := filepath.Join(o.Dir, "tree")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(tree, name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	if got := read("etc/machine-id") + read("etc/hostname"); got != "debian\n" {
		t.Errorf("machine-id and host name are %q, want none and %q", got, "debian\n")
	}
	if link, err := os.Readlink(filepath.Join(tree, "etc/resolv.conf")); err != nil || !strings.HasSuffix(link, "stub-resolv.conf") {
		t.Errorf("resolv.conf is %q, %v", link, err)
	}
	grub := read("boot/grub/grub.cfg")
	root := newIdentifiers(o.Name, o.Now).rootFS
	if !strings.Contains(grub, "linux /boot/vmlinuz-6.1.0-9-cloud-amd64 root=UUID="+root+" ro console=tty0 console=ttyS0,115200") ||
		!strings.Contains(host.stdin["sfdisk"], "1 : start=262144, size=62650368") {
		t.Errorf("grub.cfg or the partition table is not as wanted:\n%s\n%s", grub, host.stdin["sfdisk"])
	}
	if left, _ := filepath.Glob(filepath.Join(tree, "boot/grub/core.*")); len(left) > 0 {
		t.Errorf("work files are left in the tree: %v", left)
	}
}

// Whatever fails, the error names the stage and the program, and removing the folder removes everything.
func TestBuildFails(t *testing.T) {
	pretendHost(t)
	for program, stage := range map[string]string{
		"apt-config": "debootstrap", "mmdebstrap": "debootstrap", "grub-mkimage i386-pc": "boot loader",
		"grub-mkimage x86_64-efi": "boot loader", "sfdisk": "file system", "mke2fs": "file system", "mformat": "file system",
		"mmd": "file system", "mcopy": "file system", "qemu-img": "qcow2",
	} {
		t.Run(program, func(t *testing.T) {
			host := &fakeHost{failAt: program}
			_, err := Build(t.Context(), options(t, host))
			var exit *runcmd.ExitError
			if !errors.As(err, &exit) || !strings.HasPrefix(err.Error(), stage+": ") {
				t.Errorf("got %v, want a failure of %s in %q", err, program, stage)
			}
		})
		t.Run(program+" cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("interrupted")
			host := &fakeHost{failAt: program, hang: func() { cancel(why) }}
			if _, err := Build(ctx, options(t, host)); !errors.Is(err, why) || err.Error() != why.Error() {
				t.Errorf("got %v, want the cause alone", err)
			}
		})
	}
}

func TestMissingPrograms(t *testing.T) {
	pretendHost(t, "mmdebstrap", "mformat", "mcopy", "sfdisk")
	_, err := Build(t.Context(), options(t, &fakeHost{}))
	var missing *MissingError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want *MissingError", err)
	}
	want := &MissingError{Packages: []string{"fdisk", "mmdebstrap", "mtools"}, What: []string{"mcopy", "mformat", "mmdebstrap", "sfdisk"}}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Error(diff)
	}
	if missing.Fix() != "apt-get install fdisk mmdebstrap mtools" {
		t.Errorf("fix is %q", missing.Fix())
	}
}

func TestNoSpace(t *testing.T) {
	pretendHost(t)
	freeSpace = func(string) (diskspace.Space, error) { return diskspace.Space{Free: neededSpace - 1}, nil }
	host := &fakeHost{}
	if _, err := Build(t.Context(), options(t, host)); !errors.Is(err, syscall.ENOSPC) || len(host.ran) > 0 {
		t.Errorf("got %v after %q, want ENOSPC before anything", err, host.ran)
	}
}

func TestOrdinaryUser(t *testing.T) {
	pretendHost(t)
	geteuid = func() int { return 1000 }
	_, err := Build(t.Context(), options(t, &fakeHost{failAt: "true"}))
	var denied *NamespaceError
	if !errors.As(err, &denied) {
		t.Errorf("got %v, want *NamespaceError", err)
	}
	if _, err := Build(t.Context(), options(t, &fakeHost{})); err != nil {
		t.Error(err)
	}
	c := (&host{user: true, paths: map[string]string{"mke2fs": "/sbin/mke2fs"}}).asRoot("mke2fs", "-q")
	want := []string{"--user", "--map-root-user", "--map-auto", "--mount", "--pid", "--fork", "--kill-child", "--", "/sbin/mke2fs", "-q"}
	if diff := cmp.Diff(want, c.Args); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownName(t *testing.T) {
	o := options(t, &fakeHost{})
	o.Name = "debian-99"
	if _, err := Build(t.Context(), o); err == nil || !strings.Contains(err.Error(), `no recipe for "debian-99"`) {
		t.Errorf("got %v", err)
	}
}

func TestPatchBootCode(t *testing.T) {
	boot, core := make([]byte, sectorSize), make([]byte, 3*sectorSize)
	boot[510], boot[511], boot[bootDriveCheck] = 0x55, 0xaa, 0xeb
	mbr, partition, err := patchBootCode(boot, core, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if got := binary.LittleEndian.Uint64(mbr[0x5c:]); got != 2048 || mbr[0x66] != 0x90 || mbr[0x67] != 0x90 || len(mbr) != 440 {
		t.Errorf("boot code: core at %d, drive check %x, %d bytes", got, mbr[0x66:0x68], len(mbr))
	}
	if got := binary.LittleEndian.Uint64(partition[500:]); got != 2049 {
		t.Errorf("core goes on at sector %d, want 2049", got)
	}
	if boot[bootDriveCheck] != 0xeb || core[500] != 0 {
		t.Error("the arguments were changed")
	}
	for name, bad := range map[string][2][]byte{
		"short boot.img": {boot[:100], core}, "no signature": {make([]byte, sectorSize), core}, "tiny core": {boot, core[:512]},
		"core larger than its partition": {boot, make([]byte, biosPartBytes+1)},
	} {
		if _, _, err := patchBootCode(bad[0], bad[1], 2048); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestHostMirror(t *testing.T) {
	const ownKeys = "/etc/apt/keyrings/own.gpg"
	tests := map[string]struct {
		files map[string]string // below /etc/apt
		want  mirror
	}{
		"nothing": {nil, mirror{publicMirror.Archive, publicMirror.Security, keyring}},
		"deb822": {map[string]string{"sources.list.d/debian.sources": "Types: deb\n# comment\nURIs: http://m.lan/debian/\n" +
			"Suites: bookworm bookworm-updates\nComponents: main\n\nTypes: deb\nURIs: https://m.lan/sec\n" +
			"Suites: bookworm-security\nComponents:\n main\n contrib\nSigned-By: " + ownKeys + "\n"},
			mirror{"http://m.lan/debian", "https://m.lan/sec", keyring}},
		"one line": {map[string]string{"sources.list": "# old\ndeb-src http://src.lan/debian bookworm main\n" +
			"deb [arch=amd64 signed-by=" + ownKeys + "] http://m.lan/debian bookworm main contrib # near\n" +
			"deb http://m.lan/sec bookworm-security main\n"},
			mirror{"http://m.lan/debian", "http://m.lan/sec", ownKeys}},
		"another release": {map[string]string{"sources.list": "deb http://m.lan/debian trixie main\n"},
			mirror{"http://m.lan/debian", publicMirror.Security, keyring}},
		"the release itself goes first": {map[string]string{
			"sources.list": "deb http://old.lan/debian bullseye main\ndeb http://m.lan/debian bookworm main\n"},
			mirror{"http://m.lan/debian", publicMirror.Security, keyring}},
		"disabled":        {map[string]string{"sources.list.d/x.sources": "Enabled: no\nTypes: deb\nURIs: http://m.lan\nSuites: bookworm\nComponents: main\n"}, mirror{publicMirror.Archive, publicMirror.Security, keyring}},
		"a CD":            {map[string]string{"sources.list": "deb cdrom:[x]/ bookworm main\n"}, mirror{publicMirror.Archive, publicMirror.Security, keyring}},
		"somebody else's": {map[string]string{"sources.list.d/node.list": "deb https://deb.node.example/node nodistro main\n"}, mirror{publicMirror.Archive, publicMirror.Security, keyring}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			etc := t.TempDir()
			for file, text := range tt.files {
				(&fakeHost{t: t}).write(filepath.Join(etc, file), []byte(text))
			}
			got, err := hostMirror(etc, "bookworm")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzSources(f *testing.F) {
	f.Add("deb [a=b] http://x y z\n")
	f.Add("Types: deb\nURIs: x\n y\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range append(parseOneLine(text), parseDeb822(text)...) {
			webURI(s)
		}
	})
}

func TestIdentifiers(t *testing.T) {
	now := time.Unix(1_795_219_200, 0)
	a, b := newIdentifiers("debian-12", now), newIdentifiers("debian-13", now)
	if a != newIdentifiers("debian-12", now) || a == b || a.rootFS == a.disk {
		t.Error("identifiers must follow from name and time, and differ from one another")
	}
	if len(a.rootFS) != 36 || a.rootFS[14] != '8' || len(a.efiFS) != 8 {
		t.Errorf("got %+v", a)
	}
}
