package baseimage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// Where things are in a VHDX, and how they are marked. https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx
const (
	vhdxRegions     = 192 << 10 // of the region table; 64 KiB behind it is a copy
	vhdxRegionEntry = 32        // bytes
	vhdxMetaEntry   = 32
	vhdxMetaTable   = 64 << 10 // of the metadata table
	vhdxHasParent   = 1 << 1   // in the flags of the file parameters
)

var (
	vhdxMetadata       = []byte{0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e}
	vhdxFileParameters = []byte{0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b}
)

// vhdxFault says what rules a VHDX out, or "". It finds one that is the changes to another file: QEMU would take it for a whole disk,
// with zeros in place of what the other file has.
func vhdxFault(f io.ReaderAt) (string, error) {
	const damaged = "it is a VHDX that is cut off or damaged"
	le := binary.LittleEndian
	table, err := readAt(f, vhdxRegions, 64<<10)
	if err != nil {
		return "", err
	}
	if len(table) < 64<<10 || !bytes.HasPrefix(table, []byte("regi")) {
		return damaged, nil
	}
	place := vhdxEntry(table[16:], int(le.Uint32(table[8:])), vhdxRegionEntry, vhdxMetadata)
	if place == nil {
		return damaged, nil
	}
	at := int64(le.Uint64(place[16:]) & (1<<62 - 1)) // a place beyond every file is one that reads nothing
	meta, err := readAt(f, at, vhdxMetaTable)
	if err != nil {
		return "", err
	}
	if len(meta) < vhdxMetaTable || !bytes.HasPrefix(meta, []byte("metadata")) {
		return damaged, nil
	}
	place = vhdxEntry(meta[32:], int(le.Uint16(meta[10:])), vhdxMetaEntry, vhdxFileParameters)
	if place == nil {
		return damaged, nil
	}
	parameters, err := readAt(f, at+int64(le.Uint32(place[16:])), 8)
	switch {
	case err != nil:
		return "", err
	case len(parameters) < 8:
		return damaged, nil
	case le.Uint32(parameters[4:])&vhdxHasParent != 0:
		return "it is a differencing VHDX, which needs another file", nil
	}
	return "", nil
}

// vhdxEntry finds the entry with an identifier among count of a size; nil if there is none.
func vhdxEntry(entries []byte, count, size int, id []byte) []byte {
	for i := 0; i < count && (i+1)*size <= len(entries); i++ {
		if e := entries[i*size : (i+1)*size]; bytes.HasPrefix(e, id) {
			return e
		}
	}
	return nil
}

// fromVHDX makes a qcow2 of a VHDX in the store's own hands, and removes that. shown is the name for messages. QEMU writes no
// VHDX safely, so none is kept.
func (s *Store) fromVHDX(ctx context.Context, path, shown string) error {
	vhdx := path + ".vhdx"
	if err := os.Rename(path, vhdx); err != nil {
		return err
	}
	// A machine that was cut off leaves writes in the log alone; only a repair brings them to their place.
	for _, args := range [][]string{
		{"check", "-q", "-r", "all", "-f", formatVHDX, vhdx},
		{"convert", "-q", "-f", formatVHDX, "-O", formatQcow2, vhdx, path},
	} {
		_, err := s.qemuImg(ctx, args...)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		var exit *runcmd.ExitError
		if errors.As(err, &exit) {
			return &RefusedError{Path: shown, Reason: "it is a VHDX that is cut off or damaged: " + exit.Error(),
				Remedy: "get it again, and compare checksums"}
		}
		if err != nil {
			return err
		}
	}
	return os.Remove(vhdx)
}
