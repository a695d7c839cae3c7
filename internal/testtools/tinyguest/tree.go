package tinyguest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// files are the small files of the guest, by path: mode and text.
var files = map[string]struct {
	mode os.FileMode
	text string
}{
	"etc/passwd":      {0o644, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"},
	"etc/group":       {0o644, "root:x:0:\ntty:x:5:\nsudo:x:27:\nnogroup:x:65534:\n"},
	"etc/shadow":      {0o600, "root:!:19000:0:99999:7:::\nnobody:!:19000:0:99999:7:::\n"},
	"etc/shells":      {0o644, "/bin/sh\n"},
	"etc/hosts":       {0o644, "127.0.0.1 localhost ingot-build\n"},
	"etc/os-release":  {0o644, "ID=tinyguest\nNAME=tinyguest\nPRETTY_NAME=\"Ingot's guest for tests\"\n"},
	"etc/profile":     {0o644, "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"},
	"etc/resolv.conf": {0o644, ""},
}

// scripts are the embedded files, by the path that each has in the guest.
var scripts = map[string]string{
	"etc/inittab": "guest/inittab", "etc/init.d/rcS": "guest/rcS", "usr/sbin/waagent": "guest/waagent", "etc/acpi/PWRF/00000080": "guest/power",
	"usr/lib/systemd/systemd": "guest/container",
}

// write writes a file of the guest.
func (b build) write(name string, mode os.FileMode, text string) error {
	path := filepath.Join(b.tree, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// makeTree makes the root file system, but for /boot.
func (b build) makeTree() error {
	for _, dir := range []string{"proc", "sys", "dev", "run", "home", "mnt", "etc/dropbear", "var/lib", "var/log", "usr/bin", "usr/sbin", "bin", "sbin"} {
		if err := os.MkdirAll(filepath.Join(b.tree, dir), 0o755); err != nil {
			return err
		}
	}
	for dir, mode := range map[string]os.FileMode{"root": 0o700, "tmp": os.ModeSticky | 0o777, "var/tmp": os.ModeSticky | 0o777} {
		if err := os.Mkdir(filepath.Join(b.tree, dir), 0o700); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Join(b.tree, dir), mode); err != nil {
			return err
		}
	}
	for name, f := range files {
		if err := b.write(name, f.mode, f.text); err != nil {
			return err
		}
	}
	for name, source := range scripts {
		text, err := sources.ReadFile(source)
		if err != nil {
			return err
		}
		if err := b.write(name, 0o755, string(text)); err != nil {
			return err
		}
	}
	if err := b.install("busybox", "bin/busybox"); err != nil {
		return err
	}
	if err := b.linkApplets(); err != nil {
		return err
	}
	for program, name := range map[string]string{"dropbear": "usr/sbin/dropbear", "dropbearkey": "usr/bin/dropbearkey", "scp": "usr/bin/scp"} {
		if err := b.install(program, name); err != nil {
			return err
		}
	}
	// dropbear offers RSA keys also when it has none, and ends when it is asked for one. To make one takes an emulated processor long.
	if _, err := b.run(b.programs["dropbearkey"], "-t", "rsa", "-s", "2048", "-f", filepath.Join(b.tree, "etc/dropbear/rsa_host_key")); err != nil {
		return err
	}
	return b.makeSudo()
}

// linkApplets gives busybox the names that it knows itself by.
func (b build) linkApplets() error {
	list, err := b.run(b.programs["busybox"], "--list-full")
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(string(list)) {
		path := filepath.Join(b.tree, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.Symlink("/bin/busybox", path); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// library finds the paths in what ldd prints.
var library = regexp.MustCompile(`(?m)(/\S+) \(0x`)

// install copies a program of this host into the guest, and the libraries that it needs.
func (b build) install(program, name string) error {
	text, err := os.ReadFile(b.programs[program])
	if err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(b.tree, name)) // an applet of the same name
	if err := b.write(name, 0o755, string(text)); err != nil {
		return err
	}
	out, err := exec.Command(b.programs["ldd"], b.programs[program]).Output()
	if err != nil {
		return nil // ldd fails for a program without libraries
	}
	for _, m := range library.FindAllStringSubmatch(string(out), -1) {
		lib, err := os.ReadFile(m[1])
		if err != nil {
			return err
		}
		if err := b.write(m[1], 0o755, string(lib)); err != nil {
			return err
		}
	}
	return nil
}

// makeSudo builds a sudo that asks nothing.
func (b build) makeSudo() error {
	source := filepath.Join(b.work, "sudo.go")
	text, err := sources.ReadFile("sudo/main.go")
	if err != nil {
		return err
	}
	if err := os.WriteFile(source, text, 0o644); err != nil {
		return err
	}
	sudo := filepath.Join(b.tree, "usr/bin/sudo")
	cmd := exec.Command(b.programs["go"], "build", "-ldflags=-s -w", "-o", sudo, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build sudo: %w: %s", err, out)
	}
	return os.Chmod(sudo, os.ModeSetuid|0o755)
}

// makeInitramfs packs busybox, the modules and init.
func (b build) makeInitramfs(kernel string) error {
	dir := filepath.Join(b.work, "initramfs")
	for _, name := range []string{"bin", "proc", "dev", "root"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	busybox, err := os.ReadFile(b.programs["busybox"])
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "bin/busybox"), busybox, 0o755); err != nil {
		return err
	}
	init, err := sources.ReadFile("guest/init")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "init"), init, 0o755); err != nil {
		return err
	}
	pack := exec.Command("sh", "-c", `find . | cpio --quiet -o -H newc | gzip -1 >"$0"`, filepath.Join(b.tree, "boot/initrd"))
	pack.Dir = dir
	if out, err := pack.CombinedOutput(); err != nil {
		return fmt.Errorf("pack the initramfs of kernel %s: %w: %s", kernel, err, out)
	}
	return nil
}
