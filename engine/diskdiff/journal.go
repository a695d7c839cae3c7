package diskdiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// patches are blocks that journals have newer than the file systems.
type patches struct {
	at     []int64 // where they belong on the disk, in bytes, sorted
	blocks map[int64][]byte
}

// add takes blocks by where they belong.
func (p *patches) add(blocks map[int64][]byte) {
	if p.blocks == nil {
		p.blocks = map[int64][]byte{}
	}
	maps.Copy(p.blocks, blocks)
	p.at = slices.Sorted(maps.Keys(p.blocks))
}

// over puts what is newer into b, which was read at a place of the disk.
func (p *patches) over(b []byte, at int64) {
	end := at + int64(len(b))
	i, _ := slices.BinarySearch(p.at, at)
	for i = max(i-1, 0); i < len(p.at) && p.at[i] < end; i++ { // the one before may reach into b
		place := p.at[i]
		block := p.blocks[place]
		if from, to := max(at, place), min(end, place+int64(len(block))); from < to {
			copy(b[from-at:to-at], block[from-place:])
		}
	}
}

// The blocks of a journal, all of whose numbers are big-endian.
// Reference: https://docs.kernel.org/filesystems/ext4/journal.html
const (
	journalMagic = 0xc03b3998

	journalTags    = 1 // says where the blocks belong that follow
	journalCommit  = 2
	journalRevokes = 5 // lists blocks whose older copies count no longer

	journal64     = 0x2  // features: numbers of blocks have 64 bits
	journalSum2   = 0x8  // checksums at the ends of blocks
	journalSum3   = 0x10 // the same, with larger tags
	journalFast   = 0x20 // fast commits
	journalKnown  = 0x1 | journal64 | 0x4 | journalSum2 | journalSum3
	tagEscaped    = 0x1 // the block began with the magic number, which was taken out
	tagSameUUID   = 0x2
	tagLast       = 0x8
	maxJournal    = 1 << 30 // bytes; the largest that mke2fs makes by itself
	journalHeader = 12
)

// journal reads the journal of a file system that was not unmounted.
type journal struct {
	content  *Content
	block    int64
	features uint32
	first    uint32 // of the blocks that are used round and round, from first to length
	length   uint32
	uses     uint64 // of blocks, by now

	revoked map[int64]uint32 // blocks, by the last transaction that revoked them
	newer   []logged
}

// logged is a block of a transaction that was committed.
type logged struct {
	block       int64
	transaction uint32
	at          uint32 // block of the journal
	escaped     bool
}

// recover reads the journal of a file system that was not unmounted, as the disk of a machine that runs is. What has been committed there
// counts, as it will when the machine mounts it. The disk itself is not written.
func (d *Disk) recover(r region) error {
	number := func(at int64) uint32 {
		if b := d.peek(r.start+at, 4); b != nil {
			return binary.LittleEndian.Uint32(b)
		}
		return 0
	}
	in := number(superJournal)
	if number(superCompat)&compatJournal == 0 || number(superIncompat)&incompatRecover == 0 || in == 0 {
		return nil
	}
	l, ok := d.layoutOf(r)
	if !ok {
		return nil // it is refused
	}
	node, err := d.inode(l, in)
	if err != nil {
		return err
	}
	if node.size() > maxJournal {
		return errors.New("it is too large")
	}
	data, err := d.extents(l, node)
	if err != nil {
		return err
	}
	j := &journal{content: &Content{size: node.size(), disk: unbounded{d.bytes}, data: data}, block: l.block, revoked: map[int64]uint32{}}
	if err := j.read(); err != nil {
		return err
	}
	newer := map[int64][]byte{}
	for _, x := range j.newer {
		if last, ok := j.revoked[x.block]; ok && int32(last-x.transaction) >= 0 {
			continue
		}
		if x.block >= l.blocks {
			return fmt.Errorf("it has block %d of a file system of %d", x.block, l.blocks)
		}
		b, err := j.at(x.at)
		if err != nil {
			return err
		}
		if x.escaped {
			binary.BigEndian.PutUint32(b, journalMagic)
		}
		newer[l.start+x.block*l.block] = b
	}
	d.bytes.newer.add(newer)
	return nil
}

// at reads a block of the journal.
func (j *journal) at(n uint32) ([]byte, error) {
	b := make([]byte, j.block)
	if _, err := j.content.ReadAt(b, int64(n)*j.block); err != nil {
		return nil, fmt.Errorf("block %d: %w", n, err)
	}
	return b, nil
}

// next is the block after block n. A journal that leads in circles ends in an error.
func (j *journal) next(n uint32) (uint32, error) {
	if j.uses++; j.uses > uint64(j.length) {
		return 0, errors.New("it has no end")
	}
	if n++; n >= j.length {
		n = j.first
	}
	return n, nil
}

// read finds the blocks of all transactions that were committed, in order.
func (j *journal) read() error {
	super, err := j.at(0)
	if err != nil {
		return err
	}
	word := func(at int) uint32 { return binary.BigEndian.Uint32(super[at:]) }
	if word(0) != journalMagic || int64(word(0xc)) != j.block {
		return errors.New("it is damaged")
	}
	if word(4) == 4 { // the second version has features
		j.features = word(0x28)
	}
	if unknown := j.features &^ journalKnown; unknown != 0 {
		return fmt.Errorf("it has features that are not read: %#x", unknown)
	}
	j.length, j.first = word(0x10), word(0x14)
	at, transaction := word(0x1c), word(0x18)
	if int64(j.length)*j.block > j.content.size || j.first == 0 || j.first >= j.length || at >= j.length {
		return errors.New("it is damaged")
	}
	if at == 0 { // all of it is in the file system
		return nil
	}
	var open []logged // of the transaction whose commit is still to come
	revokes := map[int64]uint32{}
	for {
		b, err := j.at(at)
		if err != nil {
			return err
		}
		if binary.BigEndian.Uint32(b) != journalMagic || binary.BigEndian.Uint32(b[8:]) != transaction {
			return nil // what is left is older, or was not committed
		}
		switch binary.BigEndian.Uint32(b[4:]) {
		case journalTags:
			for _, tag := range j.tags(b) {
				if at, err = j.next(at); err != nil {
					return err
				}
				tag.transaction, tag.at = transaction, at
				open = append(open, tag)
			}
		case journalRevokes:
			for _, block := range j.revokes(b) {
				revokes[block] = transaction
			}
		case journalCommit:
			j.newer = append(j.newer, open...)
			maps.Copy(j.revoked, revokes)
			open, revokes = nil, map[int64]uint32{}
			transaction++
		default:
			return nil
		}
		if at, err = j.next(at); err != nil {
			return err
		}
	}
}

// tags reads where the blocks belong that follow in the journal.
func (j *journal) tags(b []byte) []logged {
	size, end := 8, len(b)
	if j.features&journal64 != 0 {
		size = 12
	}
	switch {
	case j.features&journalSum3 != 0:
		size, end = 16, end-4
	case j.features&journalSum2 != 0:
		size, end = size+2, end-4
	}
	var all []logged
	for at := journalHeader; at+size <= end; {
		tag := b[at:]
		block, flags := int64(binary.BigEndian.Uint32(tag)), uint32(binary.BigEndian.Uint16(tag[6:]))
		if j.features&journalSum3 != 0 {
			flags = binary.BigEndian.Uint32(tag[4:])
		}
		if j.features&journal64 != 0 {
			block |= int64(binary.BigEndian.Uint32(tag[8:])) << 32
		}
		all = append(all, logged{block: block, escaped: flags&tagEscaped != 0})
		if at += size; flags&tagSameUUID == 0 {
			at += 16
		}
		if flags&tagLast != 0 {
			break
		}
	}
	return all
}

// revokes reads a list of blocks that were freed, or are data now.
func (j *journal) revokes(b []byte) []int64 {
	end := min(int(binary.BigEndian.Uint32(b[journalHeader:])), len(b))
	var all []int64
	for at := journalHeader + 4; ; {
		if j.features&journal64 != 0 {
			if at+8 > end {
				return all
			}
			all = append(all, int64(binary.BigEndian.Uint64(b[at:])))
			at += 8
			continue
		}
		if at+4 > end {
			return all
		}
		all = append(all, int64(binary.BigEndian.Uint32(b[at:])))
		at += 4
	}
}
