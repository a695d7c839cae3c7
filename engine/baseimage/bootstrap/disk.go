package bootstrap

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// The layout of the disk, in sectors, as on Azure's Debian images. The last MiB stays free for the second GPT.
const (
	sectorSize      = 512
	biosPartStart   = 2048
	biosPartSectors = 6144
	efiPartStart    = biosPartStart + biosPartSectors
	efiPartSectors  = 253952
	rootPartStart   = efiPartStart + efiPartSectors
	rootPartSectors = DiskSize/sectorSize - rootPartStart - 2048
)

// Partition types.
const (
	typeBIOSBoot = "21686148-6449-6E6F-744E-656564454649"
	typeEFI      = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
	typeRoot     = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709" // Linux root on x86-64
)

// partitionTable is the script for sfdisk.
func partitionTable(ids identifiers) string {
	var s strings.Builder
	fmt.Fprintf(&s, "label: gpt\nlabel-id: %s\n", ids.disk)
	line := func(number, start, size int, kind, uuid string) {
		fmt.Fprintf(&s, "%d : start=%d, size=%d, type=%s, uuid=%s\n", number, start, size, kind, uuid)
	}
	line(14, biosPartStart, biosPartSectors, typeBIOSBoot, ids.bootPart)
	line(15, efiPartStart, efiPartSectors, typeEFI, ids.efiPart)
	line(1, rootPartStart, rootPartSectors, typeRoot, ids.rootPart)
	return s.String()
}

// makeDisk makes the raw disk: a sparse file, the partition table, the root file system from the tree, the EFI system
// partition and the BIOS boot code.
func (b *build) makeDisk(ctx context.Context) error {
	if err := createSparse(b.raw, DiskSize); err != nil {
		return err
	}
	_, err := b.Runner.Run(ctx, runcmd.Cmd{Path: b.host.paths["sfdisk"], Args: []string{"--quiet", b.raw},
		Stdin: strings.NewReader(partitionTable(b.ids)), Env: toolEnv})
	if err != nil {
		return err
	}
	if err := b.makeRootFS(ctx); err != nil {
		return err
	}
	if err := b.makeEFI(ctx); err != nil {
		return err
	}
	return b.writeBootCode()
}

func createSparse(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := f.Truncate(size); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// makeRootFS runs as root, or its stand-in: only that one can read all files and sees their real owners.
func (b *build) makeRootFS(ctx context.Context) error {
	config, err := files.ReadFile("mke2fs.conf")
	if err != nil {
		return err
	}
	configFile := filepath.Join(b.Dir, "mke2fs.conf")
	if err := os.WriteFile(configFile, config, 0o644); err != nil {
		return err
	}
	// Tables are zeroed by the guest's kernel when it has time, which keeps the file sparse and this step at two seconds.
	c := b.host.asRoot("mke2fs", "-q", "-t", "ext4", "-L", "root", "-U", b.ids.rootFS, "-d", b.tree,
		"-E", fmt.Sprintf("offset=%d,lazy_itable_init=1,hash_seed=%s", rootPartStart*sectorSize, b.ids.rootFS),
		b.raw, strconv.Itoa(rootPartSectors*sectorSize/1024)+"k")
	c.Env = append(c.Env, "MKE2FS_CONFIG="+configFile, "LC_ALL=C", fmt.Sprintf("SOURCE_DATE_EPOCH=%d", b.Now.Unix()))
	_, err = b.Runner.Run(ctx, c)
	return err
}

// makeEFI formats partition 15 in place and puts GRUB at the path that firmware tries without being told.
func (b *build) makeEFI(ctx context.Context) error {
	partition := fmt.Sprintf("%s@@%d", b.raw, efiPartStart*sectorSize)
	for _, c := range [][]string{
		{"mformat", "-i", partition, "-F", "-v", "EFI", "-N", b.ids.efiFS, "-T", strconv.Itoa(efiPartSectors),
			"-h", "255", "-s", "63", "::"},
		{"mmd", "-i", partition, "::/EFI", "::/EFI/BOOT"},
		{"mcopy", "-i", partition, filepath.Join(b.Dir, "core.efi"), "::/EFI/BOOT/BOOTX64.EFI"},
	} {
		if _, err := b.run(ctx, c[0], c[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (b *build) writeBootCode() error {
	boot, err := os.ReadFile(filepath.Join(b.Dir, "boot.img"))
	if err != nil {
		return err
	}
	core, err := os.ReadFile(filepath.Join(b.Dir, "core.img"))
	if err != nil {
		return err
	}
	mbr, partition, err := patchBootCode(boot, core, biosPartStart)
	if err != nil {
		return err
	}
	disk, err := os.OpenFile(b.raw, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer disk.Close()
	if _, err := disk.WriteAt(mbr, 0); err != nil {
		return err
	}
	if _, err := disk.WriteAt(partition, biosPartStart*sectorSize); err != nil {
		return err
	}
	// mformat puts a partition table into the boot sector of the EFI partition, and GRUB's tools then warn of partitions
	// inside a partition.
	if _, err := disk.WriteAt(make([]byte, 4*16), efiPartStart*sectorSize+446); err != nil {
		return err
	}
	return disk.Close()
}
