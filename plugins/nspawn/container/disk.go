package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/partition"
)

const sector = 512

// region is a part of the disk with a file system, or something else, in it.
type region struct {
	name        string // "partition 1", "the whole disk"
	start, size int64  // bytes
	kind        string // "ext4", "xfs", "btrfs", "vfat"; or in words what it is
	ids         []string
	device      string // the loop device it is at; "" until then
	fuse        *child // fuse2fs, where that has it mounted instead
}

// mountable are the kinds that the kernel is asked to mount.
var mountable = map[string]bool{"ext4": true, "xfs": true, "btrfs": true, "vfat": true}

// signatures tell file systems and the like apart by a few bytes at a known place.
var signatures = []struct {
	at          int64
	magic, kind string
}{
	{1024 + 56, "\x53\xef", "ext4"},
	{0, "XFSB", "xfs"},
	{0x10040, "_BHRfS_M", "btrfs"},
	{3, "NTFS    ", "NTFS"},
	{0, "LUKS\xba\xbe", "LUKS encryption"},
	{512, "LABELONE", "LVM"},
	{4086, "SWAPSPACE2", "swap"},
	{82, "FAT32", "vfat"},
	{54, "FAT1", "vfat"},
}

// regions reads the partition table of a disk, or finds that it has none. A table that was made to harm gives an error.
func regions(disk *os.File) (_ []region, err error) {
	info, err := disk.Stat()
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil { // the library trusts much of what it reads
			err = fmt.Errorf("the disk's partition table is damaged: %v", r)
		}
	}()
	if err := saneTable(disk, info.Size()); err != nil {
		return nil, err
	}
	table, err := partition.Read(file.New(disk, true), sector, sector)
	if err != nil {
		table = nil
	}
	all := []region{{name: "the whole disk", size: info.Size()}}
	if table != nil {
		all = nil
		for _, p := range table.GetPartitions() {
			start, size := p.GetStart(), p.GetSize()
			if size > 0 && start >= sector && start <= info.Size()-size { // else an empty slot, or one that lies beyond the end
				all = append(all, region{name: fmt.Sprintf("partition %d", p.GetIndex()), start: start, size: size,
					ids: []string{"PARTUUID=" + strings.ToLower(p.UUID())}})
			}
		}
	}
	for i := range all {
		all[i].look(disk)
	}
	return all, nil
}

// maxEntries is how many partitions a GPT may have here; 128 are usual. More would be read into memory at once.
const maxEntries = 1024

// saneTable refuses what the library would follow for ever: a GPT, first or backup, whose entries have no size or no number.
func saneTable(disk io.ReaderAt, size int64) error {
	for _, at := range []int64{sector, size - sector} {
		header := make([]byte, sector)
		if n, err := disk.ReadAt(header, at); err != nil && (!errors.Is(err, io.EOF) || n < sector) {
			return fmt.Errorf("read the disk's partition table: %w", err)
		}
		if string(header[:8]) != "EFI PART" {
			continue
		}
		count, length := binary.LittleEndian.Uint32(header[80:]), binary.LittleEndian.Uint32(header[84:])
		if first := binary.LittleEndian.Uint64(header[72:]); count > maxEntries || length != 128 || first > uint64(size)/sector {
			return fmt.Errorf("the disk's partition table is damaged: it says %d entries of %d bytes at sector %d", count, length, first)
		}
	}
	return nil
}

// look finds out what is in the region, and by what fstab may call it.
func (r *region) look(disk io.ReaderAt) {
	r.kind = "unknown"
	for _, s := range signatures {
		if bytes.Equal(r.peek(disk, s.at, len(s.magic)), []byte(s.magic)) {
			r.kind = s.kind
			break
		}
	}
	id := func(uuid, label []byte) {
		if len(uuid) == 16 {
			r.ids = append(r.ids, fmt.Sprintf("UUID=%x-%x-%x-%x-%x", uuid[:4], uuid[4:6], uuid[6:8], uuid[8:10], uuid[10:]))
		}
		if name, _, _ := bytes.Cut(label, []byte{0}); len(name) > 0 {
			r.ids = append(r.ids, "LABEL="+string(name))
		}
	}
	switch r.kind {
	case "ext4":
		id(r.peek(disk, 1024+0x68, 16), r.peek(disk, 1024+0x78, 16))
	case "xfs":
		id(r.peek(disk, 32, 16), r.peek(disk, 108, 12))
	case "btrfs":
		id(r.peek(disk, 0x10020, 16), r.peek(disk, 0x1012b, 256))
	case "vfat":
		at := int64(39)
		if bytes.Equal(r.peek(disk, 82, 5), []byte("FAT32")) {
			at = 67
		}
		if serial := r.peek(disk, at, 4); serial != nil {
			n := binary.LittleEndian.Uint32(serial)
			r.ids = append(r.ids, fmt.Sprintf("UUID=%04X-%04X", n>>16, n&0xffff))
		}
		if label := strings.TrimRight(string(r.peek(disk, at+4, 11)), " "); label != "" && label != "NO NAME" {
			r.ids = append(r.ids, "LABEL="+label)
		}
	}
}

// peek gives n bytes of the region, or nil.
func (r *region) peek(disk io.ReaderAt, at int64, n int) []byte {
	b := make([]byte, n)
	if at+int64(n) > r.size {
		return nil
	}
	if got, err := disk.ReadAt(b, r.start+at); err != nil && (!errors.Is(err, io.EOF) || got < n) {
		return nil
	}
	return b
}

// plausible refuses an ext4 whose own numbers do not fit each other and the partition, before the kernel is asked to mount it.
// Reference: https://docs.kernel.org/filesystems/ext4/super.html
func (r *region) plausible(disk io.ReaderAt) error {
	if r.kind != "ext4" {
		return nil // the kernel checks the sums of the others
	}
	super := r.peek(disk, 1024, 1024)
	if super == nil {
		return fmt.Errorf("the file system in %s is damaged: it has no room for a superblock", r.name)
	}
	number := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(super[at:])) }
	log, inode := number(0x18), uint64(binary.LittleEndian.Uint16(super[0x58:]))
	if log > 6 {
		return fmt.Errorf("the file system in %s is damaged: its blocks have 2^%d bytes", r.name, 10+log)
	}
	size, blocks, perGroup, inodes := uint64(1024)<<log, number(4), number(0x20), number(0x28)
	if number(0x60)&0x80 != 0 { // 64bit
		blocks |= number(0x150) << 32
	}
	if blocks == 0 || blocks > uint64(r.size)/size || perGroup == 0 || perGroup > 8*size || inodes == 0 || inodes > 8*size ||
		inode < 128 || inode > size {
		return fmt.Errorf("the file system in %s is damaged: its superblock makes no sense for %d bytes", r.name, r.size)
	}
	return nil
}
