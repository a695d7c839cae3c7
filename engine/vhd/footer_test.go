package vhd

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var (
	someID   = uuid.MustParse("6f1d2a3c-0b5e-4c7d-8e9f-a0b1c2d3e4f5")
	someTime = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
)

// The offsets and values are those of the format's specification, not of our code.
func TestFooterBytes(t *testing.T) {
	const size = 30 << 30
	raw := newFooter(size, someID, someTime).Encode()
	if len(raw) != 512 {
		t.Fatalf("footer has %d bytes", len(raw))
	}
	be := binary.BigEndian
	type field struct {
		Name string
		Got  uint64
	}
	got := []field{
		{"features", uint64(be.Uint32(raw[8:]))},
		{"version", uint64(be.Uint32(raw[12:]))},
		{"data offset", be.Uint64(raw[16:])},
		{"timestamp", uint64(be.Uint32(raw[24:]))},
		{"original size", be.Uint64(raw[40:])},
		{"current size", be.Uint64(raw[48:])},
		{"geometry", uint64(be.Uint32(raw[56:]))},
		{"type", uint64(be.Uint32(raw[60:]))},
		{"saved state", uint64(raw[84])},
	}
	want := []field{
		{"features", 2},
		{"version", 0x10000},
		{"data offset", math.MaxUint64},
		{"timestamp", uint64(someTime.Unix() - 946684800)},
		{"original size", size},
		{"current size", size},
		{"geometry", 62415<<16 | 16<<8 | 63},
		{"type", 2},
		{"saved state", 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if got := string(raw[:8]) + string(raw[28:32]) + string(raw[36:40]); got != "conectixwin Wi2k" {
		t.Errorf("cookie, creator, host = %q", got)
	}
	if diff := cmp.Diff(someID[:], raw[68:84]); diff != "" {
		t.Errorf("id: %s", diff)
	}
	var sum uint32
	for _, b := range raw {
		sum += uint32(b)
	}
	for _, b := range raw[64:68] {
		sum -= uint32(b)
	}
	if be.Uint32(raw[64:]) != ^sum {
		t.Error("checksum is wrong")
	}
}

// The wanted shapes are what `qemu-img create -f vpc -o subformat=fixed` writes; it rounds a disk up to a size that its shape covers
// exactly, so the sizes are odd. A size that is no such multiple gets a shape that ends before it.
func TestGeometry(t *testing.T) {
	tests := []struct {
		size int64
		want Geometry
	}{
		{1079296, Geometry{31, 4, 17}},
		{31473664, Geometry{904, 4, 17}},
		{537255936, Geometry{1041, 16, 63}},
		{32212647936, Geometry{62416, 16, 63}},
		{200 << 30, Geometry{65535, 16, 255}},
		{MaxSize, Geometry{65535, 16, 255}},
		{1 * mib, Geometry{30, 4, 17}},
		{30 << 30, Geometry{62415, 16, 63}},
	}
	for _, tt := range tests {
		got := geometry(tt.size)
		if got != tt.want {
			t.Errorf("geometry(%d) = %v, want %v", tt.size, got, tt.want)
		}
		if covered := int64(got.Cylinders) * int64(got.Heads) * int64(got.Sectors) * sectorSize; covered > tt.size {
			t.Errorf("geometry(%d) = %v reaches over the end", tt.size, got)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	good := newFooter(mib, someID, someTime)
	change := func(f func(raw []byte)) []byte {
		raw := good.Encode()
		f(raw)
		binary.BigEndian.PutUint32(raw[checksumOffset:], checksum(raw))
		return raw
	}
	broken := good.Encode()
	broken[100] ^= 1
	tests := []struct {
		name   string
		disk   int64
		footer []byte
		want   string // in the error; "" is taken
	}{
		{"sound", mib, good.Encode(), ""},
		{"empty file", 0, nil, "less than a footer"},
		{"half a footer", 0, good.Encode()[:256], "less than a footer"},
		{"raw disk", mib, nil, `do not begin with "conectix"`},
		{"one bit flipped", mib, broken, "checksum"},
		{"disk cut short", mib - 4096, good.Encode(), "cut short"},
		{"disk added to", mib + 512, good.Encode(), "added to"},
		{"dynamic", mib, change(func(raw []byte) { raw[63] = 3 }), "dynamic VHD"},
		{"differencing", mib, change(func(raw []byte) { raw[63] = 4 }), "differencing VHD"},
		{"unknown type", mib, change(func(raw []byte) { raw[63] = 9 }), "unknown (9)"},
		{"later version", mib, change(func(raw []byte) { raw[13] = 2 }), "format version"},
		{"negative size", mib, change(func(raw []byte) { raw[48] = 0xff }), "2040 GiB"},
		{"empty disk", 0, newFooter(0, someID, someTime).Encode(), "empty disk"},
		{"half a MiB", mib / 2, newFooter(mib/2, someID, someTime).Encode(), "whole MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "disk.vhd")
			if err := os.WriteFile(path, append(make([]byte, tt.disk), tt.footer...), 0o600); err != nil {
				t.Fatal(err)
			}
			info, err := Verify(path)
			if tt.want == "" {
				if err != nil || info.VirtualSize != tt.disk || info.Footer.ID != someID || !info.Footer.Created.Equal(someTime) {
					t.Fatalf("Verify = %+v, %v", info, err)
				}
				return
			}
			var format *FormatError
			if !errors.As(err, &format) || format.Path != path || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v; want a *FormatError with %q and the path", err, tt.want)
			}
		})
	}
	t.Run("folder", func(t *testing.T) {
		var format *FormatError
		if _, err := Verify(t.TempDir()); !errors.As(err, &format) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("absent", func(t *testing.T) {
		if _, err := Size(filepath.Join(t.TempDir(), "no.vhd")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error = %v", err)
		}
	})
}

func FuzzParseFooter(f *testing.F) {
	f.Add(newFooter(30<<30, someID, someTime).Encode())
	f.Add([]byte("conectix"))
	f.Add(make([]byte, FooterSize))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) == FooterSize { // else hardly an input gets past the checksum
			binary.BigEndian.PutUint32(raw[checksumOffset:], checksum(raw))
		}
		got, err := ParseFooter(raw)
		if err != nil {
			return
		}
		if got.Size < 0 || got.Size > MaxSize || got.Original < 0 {
			t.Errorf("accepted a size of %d, original %d", got.Size, got.Original)
		}
		if got.Type != Fixed {
			return
		}
		again, err := ParseFooter(got.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("not the same after encoding: %s", diff)
		}
	})
}
