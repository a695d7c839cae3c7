package bootstrap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Modules inside GRUB's two core images: enough to find the root file system and read grub.cfg. The rest is loaded from
// /boot/grub, so a grub.cfg that update-grub writes later may use anything.
var coreModules = []string{
	"part_gpt", "ext2", "search", "search_fs_uuid", "normal", "configfile", "linux", "serial", "terminal", "echo", "test",
}

// coreConfig is built into both core images; it holds however the disk is attached.
const coreConfig = "search --no-floppy --fs-uuid --set=root %s\nset prefix=($root)/boot/grub\n"

// grubConfig is /boot/grub/grub.cfg until update-grub in a guest writes its own: root's UUID, then kernel version.
const grubConfig = `serial --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=0
menuentry 'Debian GNU/Linux' {
	insmod part_gpt
	insmod ext2
	search --no-floppy --fs-uuid --set=root %[1]s
	linux /boot/vmlinuz-%[2]s root=UUID=%[1]s ro console=tty0 console=ttyS0,115200 consoleblank=0
	initrd /boot/initrd.img-%[2]s
}
`

// Work files of makeBootLoader inside the tree, gone when it ends.
const (
	coreConfigFile = "boot/grub/core.cfg"
	biosCoreFile   = "boot/grub/core.img"
	efiCoreFile    = "boot/grub/core.efi"
)

// makeBootLoader writes /boot/grub into the tree and leaves the two core images and boot.img in b.Dir. GRUB's tools run from
// inside the tree, so their version is that of the image, whatever the host has.
func (b *build) makeBootLoader(ctx context.Context) error {
	root, err := os.OpenRoot(b.tree)
	if err != nil {
		return err
	}
	defer root.Close()
	kernel, err := newestKernel(root.FS())
	if err != nil {
		return err
	}
	for platform, dir := range map[string]string{"i386-pc": "boot/grub/i386-pc", "x86_64-efi": "boot/grub/x86_64-efi"} {
		if err := copyModules(root, path.Join("usr/lib/grub", platform), dir); err != nil {
			return err
		}
	}
	if err := replaceFile(root, "boot/grub/grub.cfg", fmt.Appendf(nil, grubConfig, b.ids.rootFS, kernel)); err != nil {
		return err
	}
	if err := replaceFile(root, coreConfigFile, fmt.Appendf(nil, coreConfig, b.ids.rootFS)); err != nil {
		return err
	}
	for _, core := range []struct {
		format, out, saved string
		modules            []string
	}{
		{"i386-pc", biosCoreFile, "core.img", append([]string{"biosdisk"}, coreModules...)},
		{"x86_64-efi", efiCoreFile, "core.efi", append([]string{"fat", "all_video"}, coreModules...)},
	} {
		args := []string{b.tree, "/usr/bin/grub-mkimage", "-O", core.format, "-p", "/boot/grub",
			"-c", "/" + coreConfigFile, "-o", "/" + core.out}
		if _, err := b.Runner.Run(ctx, b.host.asRoot("chroot", append(args, core.modules...)...)); err != nil {
			return err
		}
		image, err := root.ReadFile(core.out)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path.Join(b.Dir, core.saved), image, 0o644); err != nil {
			return err
		}
	}
	boot, err := root.ReadFile("usr/lib/grub/i386-pc/boot.img")
	if err != nil {
		return err
	}
	for _, name := range []string{coreConfigFile, biosCoreFile, efiCoreFile} {
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	return os.WriteFile(path.Join(b.Dir, "boot.img"), boot, 0o644)
}

// copyModules copies GRUB's loadable modules and their lists, as grub-install would.
func copyModules(root *os.Root, from, to string) error {
	if err := makeDir(root, to); err != nil {
		return err
	}
	entries, err := fs.ReadDir(root.FS(), from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); ext != ".mod" && ext != ".lst" {
			continue
		}
		text, err := root.ReadFile(path.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := replaceFile(root, path.Join(to, e.Name()), text); err != nil {
			return err
		}
	}
	return nil
}

// newestKernel gives the version of the installed kernel, "6.1.0-40-cloud-amd64". There is one: the tree is fresh.
func newestKernel(tree fs.FS) (string, error) {
	kernels, err := fs.Glob(tree, "boot/vmlinuz-*")
	if err != nil {
		return "", err
	}
	if len(kernels) == 0 {
		return "", errors.New("no kernel was installed in /boot of the tree")
	}
	version := strings.TrimPrefix(slices.Max(kernels), "boot/vmlinuz-")
	if _, err := fs.Stat(tree, "boot/initrd.img-"+version); err != nil {
		return "", fmt.Errorf("the kernel's initial file system is missing: %w", err)
	}
	return version, nil
}

// Places in GRUB's BIOS images that grub-bios-setup would fill in (grub-core/boot/i386/pc/boot.S and diskboot.S).
const (
	bootKernelSector = 0x5c            // in boot.img, 8 bytes: where the core image starts on the disk
	bootDriveCheck   = 0x66            // in boot.img, 2 bytes: a jump around a workaround for BIOSes that hide the drive
	bootCodeSize     = 440             // of boot.img goes to the disk; the partition table follows
	coreNextSector   = sectorSize - 12 // in core.img's first sector, 8 bytes: where its second sector is
	nop              = byte(0x90)      // fills the jump, as for every disk that is no floppy
	biosPartBytes    = biosPartSectors * sectorSize
)

// patchBootCode points boot.img at core.img and core.img at itself, for a core image at sector start. It returns the first
// bootCodeSize bytes of the disk and the contents of the BIOS boot partition.
func patchBootCode(boot, core []byte, start uint64) (mbr, partition []byte, err error) {
	if len(boot) != sectorSize || boot[510] != 0x55 || boot[511] != 0xaa {
		return nil, nil, fmt.Errorf("boot.img is no boot sector: %d bytes", len(boot))
	}
	if len(core) < 2*sectorSize || len(core) > biosPartBytes {
		return nil, nil, fmt.Errorf("core.img has %d bytes, and its partition %d", len(core), biosPartBytes)
	}
	mbr, partition = slices.Clone(boot[:bootCodeSize]), slices.Clone(core)
	binary.LittleEndian.PutUint64(mbr[bootKernelSector:], start)
	mbr[bootDriveCheck], mbr[bootDriveCheck+1] = nop, nop
	binary.LittleEndian.PutUint64(partition[coreNextSector:], start+1)
	return mbr, partition, nil
}
