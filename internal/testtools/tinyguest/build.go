package tinyguest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The root partition of the base image, in bytes, as engine/baseimage/bootstrap lays it out. The tiny root file system is at its
// beginning; the partition table and the boot loader before it are taken over as they are.
const (
	rootStart = (2048 + 6144 + 253952) * 512
	rootSize  = 256 << 20
)

// drivers are the modules that the guest needs, besides what they depend on.
var drivers = []string{"virtio_pci", "virtio_blk", "virtio_net", "virtio-rng", "isofs", "button", "evdev"}

// build makes one disk.
type build struct {
	base, work, tree string
	programs         map[string]string
}

// lookPath finds programs for root too when root's folders are not on PATH.
func lookPath(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join("/usr/sbin", name))
}

func (b build) run(program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// disk makes the disk and returns its path, in the work folder.
func (b build) disk() (string, error) {
	raw := filepath.Join(b.work, "disk.raw")
	if _, err := b.run(b.programs["qemu-img"], "convert", "-O", "raw", b.base, raw); err != nil {
		return "", err
	}
	uuid, kernel, err := b.readBase(raw)
	if err != nil {
		return "", err
	}
	if err := b.makeTree(); err != nil {
		return "", err
	}
	if err := b.makeInitramfs(kernel); err != nil {
		return "", err
	}
	config := fmt.Sprintf("serial --speed=115200\nterminal_output serial\nset timeout=0\nmenuentry tiny {\n"+
		"  linux /boot/vmlinuz console=ttyS0,115200\n  initrd /boot/initrd\n}\n# %s\n", kernel)
	if err := b.write("boot/grub/grub.cfg", 0o644, config); err != nil {
		return "", err
	}
	if err := clear(raw); err != nil {
		return "", err
	}
	mke2fs := []string{b.programs["mke2fs"], "-q", "-t", "ext4", "-U", strings.TrimSpace(uuid), "-d", b.tree,
		"-E", fmt.Sprintf("offset=%d,lazy_itable_init=1,root_owner=0:0", rootStart), raw, strconv.Itoa(rootSize/1024) + "k"}
	if os.Geteuid() != 0 { // a user's files are root's in a user namespace
		mke2fs = append([]string{"unshare", "--map-root-user"}, mke2fs...)
	}
	if _, err := b.run(mke2fs[0], mke2fs[1:]...); err != nil {
		return "", err
	}
	made := filepath.Join(b.work, "disk.qcow2")
	_, err = b.run(b.programs["qemu-img"], "convert", "-f", "raw", "-O", "qcow2", raw, made)
	return made, err
}

// clear takes away the root file system that was there.
func clear(raw string) error {
	info, err := os.Stat(raw)
	if err != nil {
		return err
	}
	if err := os.Truncate(raw, rootStart); err != nil {
		return err
	}
	return os.Truncate(raw, info.Size())
}

// readBase puts the kernel, and the modules for the initramfs, into the work folder; it returns the UUID by which GRUB finds the
// root file system.
func (b build) readBase(raw string) (uuid, kernel string, err error) {
	fs := fmt.Sprintf("%s?offset=%d", raw, rootStart)
	debugfs := func(request string) (string, error) {
		out, err := b.run(b.programs["debugfs"], "-R", request, fs)
		return string(out), err
	}
	list, err := debugfs("ls -p /boot")
	if err != nil {
		return "", "", err
	}
	for field := range strings.SplitSeq(list, "/") {
		if version, ok := strings.CutPrefix(field, "vmlinuz-"); ok {
			kernel = version
		}
	}
	if kernel == "" {
		return "", "", fmt.Errorf("no kernel in /boot of %s", b.base)
	}
	stats, err := debugfs("stats -h")
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(stats) {
		if value, ok := strings.CutPrefix(line, "Filesystem UUID:"); ok {
			uuid = value
		}
	}
	modules := "/usr/lib/modules/" + kernel
	deps, err := debugfs("cat " + modules + "/modules.dep")
	if err != nil {
		return "", "", err
	}
	order, err := loadOrder(deps)
	if err != nil {
		return "", "", err
	}
	initramfs := filepath.Join(b.work, "initramfs")
	if err := os.MkdirAll(filepath.Join(initramfs, "modules"), 0o755); err != nil {
		return "", "", err
	}
	names := make([]string, len(order))
	for i, m := range order {
		names[i] = path.Base(m)
		if _, err := debugfs(fmt.Sprintf("dump %s/%s %s", modules, m, filepath.Join(initramfs, "modules", names[i]))); err != nil {
			return "", "", err
		}
	}
	if err := os.WriteFile(filepath.Join(initramfs, "modules/order"), []byte(strings.Join(names, "\n")), 0o644); err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(filepath.Join(b.tree, "boot/grub"), 0o755); err != nil {
		return "", "", err
	}
	_, err = debugfs(fmt.Sprintf("dump /boot/vmlinuz-%s %s", kernel, filepath.Join(b.tree, "boot/vmlinuz")))
	return uuid, kernel, err
}

// loadOrder lists the files of drivers and of what they depend on, which comes first. modules.dep has a line for each module: its
// path, and the paths of all that it needs, the nearest first.
func loadOrder(deps string) ([]string, error) {
	needs := map[string][]string{}
	files := map[string]string{}
	for line := range strings.Lines(deps) {
		file, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok {
			needs[file] = strings.Fields(rest)
			files[strings.TrimSuffix(path.Base(file), ".ko")] = file
		}
	}
	var order []string
	for _, name := range drivers {
		file, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("the kernel has no module %s", name)
		}
		all := append([]string{file}, needs[file]...)
		slices.Reverse(all)
		for _, f := range all {
			if !slices.Contains(order, f) {
				order = append(order, f)
			}
		}
	}
	return order, nil
}
