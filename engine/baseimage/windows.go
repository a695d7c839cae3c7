package baseimage

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/runcmd"
)

const sector = 512 // bytes, of all that Windows starts from in a VM but a few

// windowsMachine completes the profile of a disk with Windows. Windows starts by UEFI from a disk with a GPT alone, and by BIOS from
// one with an MBR alone, so the firmware is known. Errors: *RefusedError for a disk without Windows, or those of qemu-img.
func (s *Store) windowsMachine(ctx context.Context, path, format, shown string, p guest.Profile) (guest.Profile, error) {
	l, err := s.layout(ctx, path, format)
	if err != nil {
		return p, err
	}
	firmware := guest.BIOS
	if l.gpt {
		firmware = guest.UEFI
	}
	refuse := func(why, fix string) (guest.Profile, error) {
		return p, &RefusedError{Path: shown, Reason: why, Remedy: fix}
	}
	switch {
	case l.locked && !l.ntfs:
		return refuse("its volume is encrypted by BitLocker, and nobody would type the key", "in the VM: manage-bde -off C:, then copy the disk again")
	case !l.ntfs:
		return refuse("no Windows is on it: none of its partitions has NTFS", "leave out --os windows, if it has Linux")
	case p.Firmware == "":
		p.Firmware = firmware
	case p.Firmware != firmware:
		return refuse(fmt.Sprintf("Windows on it starts by %s alone, and not by %s", firmware, p.Firmware), "leave out --firmware")
	}
	if p.SecureBoot && p.Firmware != guest.UEFI {
		return refuse("secure boot is a matter of uefi, and Windows on it starts by bios alone", "leave out --secure-boot")
	}
	if p.Devices == "" {
		p.Devices = guest.Emulated
	}
	return p, nil
}

// layout is what the first sectors of a disk, and of its partitions, show.
type layout struct {
	gpt    bool
	ntfs   bool // a partition has NTFS
	locked bool // a partition is encrypted by BitLocker
}

// basicData marks a partition of Windows in a GPT.
var basicData = []byte{0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7}

func (s *Store) layout(ctx context.Context, path, format string) (l layout, err error) {
	head, err := s.sectors(ctx, path, format, 0, 128)
	if err != nil || len(head) < sector {
		return l, err
	}
	l.gpt = head[446+4] == 0xee
	for _, start := range volumes(head, l.gpt) {
		boot, err := s.sectors(ctx, path, format, start, 1)
		if err != nil {
			return l, err
		}
		if len(boot) < 11 {
			continue // begins behind the disk's end
		}
		l.ntfs = l.ntfs || bytes.Equal(boot[3:11], []byte("NTFS    "))
		l.locked = l.locked || bytes.Equal(boot[3:11], []byte("-FVE-FS-"))
	}
	return l, nil
}

// volumes gives the first sectors of the partitions that may be Windows's.
func volumes(head []byte, gpt bool) (starts []uint64) {
	le := binary.LittleEndian
	if !gpt {
		for i := range 4 {
			if e := head[446+16*i:]; e[4] == 0x07 {
				starts = append(starts, uint64(le.Uint32(e[8:])))
			}
		}
		return starts
	}
	const first, size, count = 2 * sector, 128, 128 // where the table is, and what it is made of, on every disk that is not odd
	for at := first; at+size <= min(len(head), first+count*size); at += size {
		if e := head[at:]; bytes.HasPrefix(e, basicData) {
			starts = append(starts, le.Uint64(e[32:]))
		}
	}
	return starts
}

// sectors reads count sectors from the one numbered start; none where the disk ends before.
func (s *Store) sectors(ctx context.Context, path, format string, start uint64, count int) ([]byte, error) {
	if start > math.MaxInt64/sector-128 {
		return nil, nil
	}
	type node map[string]any
	window, err := json.Marshal(node{"driver": formatRaw, "offset": start * sector, "size": count * sector,
		"file": node{"driver": format, "file": node{"driver": "file", "filename": path}}})
	if err != nil {
		return nil, err
	}
	part := path + ".part"
	defer os.Remove(part)
	var exit *runcmd.ExitError
	_, err = s.qemuImg(ctx, "convert", "-q", "-O", formatRaw, "json:"+string(window), part)
	if errors.As(err, &exit) && context.Cause(ctx) == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(part)
}
