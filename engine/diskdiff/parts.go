package diskdiff

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/diskfs/go-diskfs/filesystem/ext4"
	"github.com/diskfs/go-diskfs/partition"
)

// filesystem is one that is read, and the place where the machine mounts it.
type filesystem struct {
	fs     *ext4.FileSystem
	layout layout
	mount  string // "/", "/boot"
	ids    []string

	// birth is the same on two disks only where both have copies of one file system: its id, when it was made, and a number that was
	// drawn then. Only between such copies do inode numbers and times tell that a file was not touched.
	birth string
}

// region is a part of the disk that is compared byte by byte: what boots the machine, mostly.
type region struct {
	name        string // "partition 15 (vfat)"
	start, size int64
}

const sector = 512

// maxRegion bounds what is compared byte by byte: a partition for data is not.
const maxRegion = 2 << 30

// readParts finds the file systems. The root file system is the one with /etc in it; others are where its fstab says.
func (d *Disk) readParts() error {
	parts := d.partitions()
	var read []filesystem
	var seen []string
	for _, r := range parts {
		kind := d.kindOf(r)
		seen = append(seen, fmt.Sprintf("%s: %s", r.name, kind))
		if kind != "ext4" {
			d.other = append(d.other, region{fmt.Sprintf("%s (%s)", r.name, kind), r.start, r.size})
			continue
		}
		if !d.plausible(r) {
			return &UnreadableError{Path: d.path, Reason: fmt.Sprintf("the file system in %s is damaged: its superblock makes no sense", r.name)}
		}
		if err := d.recover(r); err != nil {
			return &UnreadableError{Path: d.path, Reason: fmt.Sprintf("the journal of the file system in %s: %v", r.name, err),
				Advice: "start the machine and shut it down, or repair the file system: e2fsck"}
		}
		at, ok := d.layoutOf(r)
		if !ok {
			return &UnreadableError{Path: d.path, Reason: fmt.Sprintf("the file system in %s has the feature meta_bg, which is not read", r.name)}
		}
		ext, err := ext4.Read(d.bytes, r.size, r.start, sector)
		if err != nil {
			return &UnreadableError{Path: d.path, Reason: fmt.Sprintf("the file system in %s: %v", r.name, err)}
		}
		read = append(read, filesystem{fs: ext, layout: at, ids: d.idsOf(r), birth: d.birthOf(r)})
	}
	root := slices.IndexFunc(read, func(f filesystem) bool {
		info, err := f.fs.Stat("etc")
		return err == nil && info.IsDir()
	})
	if root < 0 {
		return &UnreadableError{d.path, fmt.Sprintf("no ext4 file system with /etc is on it (%s)", strings.Join(seen, "; ")),
			"only Linux disks whose root file system is ext4, without LVM or encryption, can be compared"}
	}
	read[0], read[root] = read[root], read[0]
	read[0].mount = "/"
	table, err := fs.ReadFile(read[0].fs, "etc/fstab")
	if err != nil {
		table = nil // a disk without one has its root file system alone
	}
	d.parts = read[:1]
	for _, f := range read[1:] {
		if f.mount = mountOf(string(table), f.ids); f.mount != "" {
			d.parts = append(d.parts, f)
		}
	}
	slices.SortFunc(d.parts, func(a, b filesystem) int { return cmp.Compare(a.mount, b.mount) })
	return nil
}

// partitions gives those of the disk, or the whole disk where it has none; what lies before the first one is a region of its own.
func (d *Disk) partitions() []region {
	table, err := partition.Read(d.bytes, sector, sector)
	if err != nil {
		return []region{{"the whole disk", 0, d.bytes.size}}
	}
	var all []region
	first := d.bytes.size
	for _, p := range table.GetPartitions() {
		start, size := p.GetStart(), p.GetSize()
		if size <= 0 || start < 0 || start > d.bytes.size-size {
			continue // an empty slot, or one that lies beyond the end
		}
		first = min(first, start)
		all = append(all, region{fmt.Sprintf("partition %d", p.GetIndex()), start, size})
	}
	if first < d.bytes.size {
		d.other = append(d.other, region{"partition table and boot loader", 0, first})
	}
	return all
}

// signatures tell file systems and the like apart by a few bytes at a known place.
var signatures = []struct {
	at         int64
	magic, say string
}{
	{superblock + 56, "\x53\xef", "ext4"},
	{0, "XFSB", "XFS"},
	{0x10040, "_BHRfS_M", "Btrfs"},
	{3, "NTFS    ", "NTFS"},
	{0, "LUKS\xba\xbe", "LUKS encryption"},
	{512, "LABELONE", "LVM"},
	{82, "FAT32", "vfat"},
	{54, "FAT1", "vfat"},
}

func (d *Disk) kindOf(r region) string {
	for _, s := range signatures {
		if bytes.Equal(d.peek(r.start+s.at, len(s.magic)), []byte(s.magic)) {
			return s.say
		}
	}
	return "unknown"
}

func (d *Disk) peek(at int64, n int) []byte {
	b := make([]byte, n)
	if got, err := d.bytes.ReadAt(b, at); err != nil && (err != io.EOF || got < n) {
		return nil
	}
	return b
}

// idsOf gives the names that fstab may have for a file system of the ext family.
func (d *Disk) idsOf(r region) []string {
	uuid := d.peek(r.start+superUUID, 16)
	label := d.peek(r.start+superLabel, 16)
	if uuid == nil || label == nil {
		return nil
	}
	ids := []string{fmt.Sprintf("UUID=%x-%x-%x-%x-%x", uuid[:4], uuid[4:6], uuid[6:8], uuid[8:10], uuid[10:])}
	if name, _, _ := bytes.Cut(label, []byte{0}); len(name) > 0 {
		ids = append(ids, "LABEL="+string(name))
	}
	return ids
}

// The places of a superblock of the ext family.
// Reference: https://docs.kernel.org/filesystems/ext4/super.html
const (
	superblock    = 1024
	superBlocks   = superblock + 0x4
	superFirst    = superblock + 0x14 // block of the first group
	superLogSize  = superblock + 0x18 // of a block: 0 is 1024 bytes
	superPerGrp   = superblock + 0x20
	superInodes   = superblock + 0x28 // in a group
	superSize     = superblock + 0x58 // of an inode
	superDesc     = superblock + 0xfe // of a group descriptor
	superCompat   = superblock + 0x5c
	superIncompat = superblock + 0x60
	superJournal  = superblock + 0xe0 // inode of the journal
	superBlockHi  = superblock + 0x150
	superUUID     = superblock + 0x68
	superLabel    = superblock + 0x78
	superSeed     = superblock + 0xec
	superCreated  = superblock + 0x108
)

// plausible reports whether the numbers of a superblock fit each other and the partition: the library makes room for as much as they say.
func (d *Disk) plausible(r region) bool {
	number := func(at int64, n int) uint64 {
		b := make([]byte, 8)
		copy(b, d.peek(r.start+at, n))
		return binary.LittleEndian.Uint64(b)
	}
	log := number(superLogSize, 4)
	if log > 6 {
		return false
	}
	size := uint64(1024) << log
	blocks := number(superBlocks, 4)
	if desc := number(superDesc, 2); desc == 64 {
		blocks |= number(superBlockHi, 4) << 32
	} else if desc != 0 && desc != 32 {
		return false
	}
	perGroup, inodes, inode := number(superPerGrp, 4), number(superInodes, 4), number(superSize, 2)
	return blocks > 0 && blocks <= uint64(r.size)/size && perGroup > 0 && perGroup <= 8*size && blocks/perGroup < 1<<20 &&
		inodes > 0 && inodes <= 8*size && inode >= 128 && inode <= size
}

func (d *Disk) birthOf(r region) string {
	return fmt.Sprintf("%x %x %x", d.peek(r.start+superUUID, 16), d.peek(r.start+superSeed, 16), d.peek(r.start+superCreated, 4))
}

// mountOf is where fstab has a file system; "" if nowhere.
func mountOf(table string, ids []string) string {
	for line := range strings.Lines(table) {
		field := strings.Fields(line)
		if len(field) > 1 && slices.Contains(ids, field[0]) && strings.HasPrefix(field[1], "/") {
			return path.Clean(field[1])
		}
	}
	return ""
}
