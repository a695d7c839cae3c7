package diskdiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
)

// layout says where a file system of the ext family has its inodes.
type layout struct {
	start     int64 // of the file system on the disk, in bytes
	block     int64 // size in bytes
	blocks    int64
	perGroup  int64 // inodes of a group
	inodeSize int64
	descSize  int64
	first     int64 // block of the first group
}

// Features that change where things are.
// Reference: https://docs.kernel.org/filesystems/ext4/super.html
const (
	compatJournal   = 0x4
	incompatRecover = 0x4
	incompatMetaBG  = 0x10
	incompat64      = 0x80
)

// layoutOf reads the superblock of a file system that is plausible. ok is false for one whose group descriptors are spread over it.
func (d *Disk) layoutOf(r region) (l layout, ok bool) {
	super := d.peek(r.start+superblock, 1024)
	if super == nil {
		return layout{}, false
	}
	u32 := func(at int) int64 { return int64(binary.LittleEndian.Uint32(super[at-superblock:])) }
	incompat := u32(superIncompat)
	l = layout{
		start: r.start, block: 1024 << u32(superLogSize), blocks: u32(superBlocks), perGroup: u32(superInodes),
		inodeSize: int64(binary.LittleEndian.Uint16(super[superSize-superblock:])), descSize: 32, first: u32(superFirst),
	}
	if incompat&incompat64 != 0 {
		l.descSize = int64(binary.LittleEndian.Uint16(super[superDesc-superblock:]))
		l.blocks |= u32(superBlockHi) << 32
	}
	return l, incompat&incompatMetaBG == 0 && l.descSize >= 32
}

// inode is the record of a file on the disk.
type inode []byte

// Flags of an inode.
const (
	flagExtents = 0x80000
	flagInline  = 0x10000000
)

var errNoInode = errors.New("its inode cannot be read")

// inode reads one by its number.
func (d *Disk) inode(l layout, number uint32) (inode, error) {
	if number == 0 {
		return nil, errNoInode
	}
	group, index := int64(number-1)/l.perGroup, int64(number-1)%l.perGroup
	desc := d.peek(l.start+(l.first+1)*l.block+group*l.descSize, int(l.descSize))
	if desc == nil {
		return nil, errNoInode
	}
	table := int64(binary.LittleEndian.Uint32(desc[8:]))
	if l.descSize >= 64 {
		table |= int64(binary.LittleEndian.Uint32(desc[0x28:])) << 32
	}
	if table >= l.blocks {
		return nil, errNoInode
	}
	node := d.peek(l.start+table*l.block+index*l.inodeSize, int(l.inodeSize))
	if node == nil {
		return nil, errNoInode
	}
	return node, nil
}

func (n inode) size() int64 {
	return int64(binary.LittleEndian.Uint32(n[4:])) | int64(binary.LittleEndian.Uint32(n[0x6c:]))<<32
}

// permissions are those that chmod sets.
func (n inode) permissions() fs.FileMode {
	bits := binary.LittleEndian.Uint16(n)
	mode := fs.FileMode(bits & 0o777)
	for i, special := range []fs.FileMode{fs.ModeSticky, fs.ModeSetgid, fs.ModeSetuid} {
		if bits&(0o1000<<i) != 0 {
			mode |= special
		}
	}
	return mode
}

// attributes are the extended ones as far as they are in the inode itself. ok is false where there are more.
func (n inode) attributes() (raw []byte, ok bool) {
	if binary.LittleEndian.Uint32(n[0x68:]) != 0 || binary.LittleEndian.Uint16(n[0x76:]) != 0 {
		return nil, false
	}
	if len(n) <= 128 {
		return nil, true
	}
	at := 128 + int(binary.LittleEndian.Uint16(n[128:]))
	if at > len(n) {
		return nil, false
	}
	return n[at:], true
}

func (n inode) flags() uint32 { return binary.LittleEndian.Uint32(n[0x20:]) }

// body is where the places of the data are, or a little data itself.
func (n inode) body() []byte { return n[0x28:0x64] }

// extent is a run of blocks of a file that are on the disk. What is in none of a file's extents is zeros.
type extent struct {
	at, length int64 // bytes of the file
	disk       int64 // where they are, in bytes of the disk
}

// maxExtents is more than a file has that no program fragmented on purpose.
const maxExtents = 1 << 20

// extents lists where the data of a file is, in the order of the file. Blocks that were set aside and never written are zeros, too.
func (d *Disk) extents(l layout, n inode) ([]extent, error) {
	if n.flags()&flagExtents == 0 {
		return nil, errors.New("its blocks are listed in the way of ext3")
	}
	var all []extent
	var walk func(node []byte, depth int) error
	walk = func(node []byte, depth int) error {
		if len(node) < 12 || binary.LittleEndian.Uint16(node) != 0xf30a {
			return errors.New("its list of blocks is damaged")
		}
		count, left := int(binary.LittleEndian.Uint16(node[2:])), int(binary.LittleEndian.Uint16(node[6:]))
		if left != depth && depth >= 0 || left > 5 || 12+12*count > len(node) {
			return errors.New("its list of blocks is damaged")
		}
		for i := range count {
			e := node[12+12*i:]
			if left > 0 {
				block := int64(binary.LittleEndian.Uint32(e[4:])) | int64(binary.LittleEndian.Uint16(e[8:]))<<32
				below := d.peek(l.start+block*l.block, int(l.block))
				if block >= l.blocks || below == nil || len(all) > maxExtents {
					return errors.New("its list of blocks is damaged")
				}
				if err := walk(below, left-1); err != nil {
					return err
				}
				continue
			}
			length := int64(binary.LittleEndian.Uint16(e[4:]))
			if length > 1<<15 { // set aside, and not written
				continue
			}
			block := int64(binary.LittleEndian.Uint32(e[8:])) | int64(binary.LittleEndian.Uint16(e[6:]))<<32
			x := extent{at: int64(binary.LittleEndian.Uint32(e)) * l.block, length: length * l.block, disk: l.start + block*l.block}
			if block+length > l.blocks || len(all) > 0 && x.at < all[len(all)-1].at+all[len(all)-1].length {
				return errors.New("its list of blocks is damaged")
			}
			all = append(all, x)
		}
		return nil
	}
	if err := walk(n.body(), -1); err != nil {
		return nil, fmt.Errorf("inode: %w", err)
	}
	return all, nil
}
