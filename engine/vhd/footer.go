package vhd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
)

// Sizes of the format, in bytes.
const (
	FooterSize = 512
	sectorSize = 512
	mib        = 1 << 20
)

// MaxSize is the largest disk a VHD may hold, 2040 GiB: beyond it QEMU, Hyper-V and Azure all refuse the file.
const MaxSize = 2040 << 30

// Constants of the footer. The format is described in Microsoft's "Virtual Hard Disk Image Format Specification", version 1.0.
const (
	cookie         = "conectix"
	featureBits    = 2          // the "reserved" bit, which is always set
	formatVersion  = 0x00010000 // 1.0
	fixedOffset    = ^uint64(0) // a fixed disk has no dynamic header
	creatorVersion = 0x000a0000 // 10.0
	creatorHost    = "Wi2k"     // Windows

	// creatorApp makes QEMU read the size from the current-size field. With a creator that it does not know it multiplies the
	// CHS geometry instead, and sees a disk that is cut short; Azure reads the current size whoever the creator is.
	creatorApp = "win "
)

// epoch is where the format's clock starts.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Type is the kind of a VHD.
type Type uint32

// The kinds of VHD. Ingot writes fixed ones and reads no other: Azure takes nothing else.
const (
	Fixed        Type = 2
	Dynamic      Type = 3
	Differencing Type = 4
)

func (t Type) String() string {
	switch t {
	case Fixed:
		return "fixed"
	case Dynamic:
		return "dynamic"
	case Differencing:
		return "differencing"
	default:
		return fmt.Sprintf("unknown (%d)", uint32(t))
	}
}

// Geometry is a disk's shape in cylinders, heads and sectors per track.
type Geometry struct {
	Cylinders uint16
	Heads     uint8
	Sectors   uint8
}

// Footer is what the last 512 bytes of a VHD say.
type Footer struct {
	Type     Type
	Size     int64     // current size in bytes: what a VM sees
	Original int64     // size at creation, in bytes
	Created  time.Time // UTC, whole seconds
	Creator  string    // creator application, four characters
	Geometry Geometry
	ID       uuid.UUID
}

// wire is the footer as it lies on disk, big-endian.
type wire struct {
	Cookie         [8]byte
	Features       uint32
	FormatVersion  uint32
	DataOffset     uint64
	Timestamp      uint32
	CreatorApp     [4]byte
	CreatorVersion uint32
	CreatorHost    [4]byte
	OriginalSize   uint64
	CurrentSize    uint64
	Geometry       Geometry
	DiskType       uint32
	Checksum       uint32
	UniqueID       [16]byte
	SavedState     uint8
	_              [427]byte
}

// checksumOffset is where the checksum lies in the footer.
const checksumOffset = 64

// newFooter describes a fixed disk of size bytes.
func newFooter(size int64, id uuid.UUID, now time.Time) Footer {
	return Footer{
		Type: Fixed, Size: size, Original: size,
		Created: now.UTC().Truncate(time.Second), Creator: creatorApp,
		Geometry: geometry(size), ID: id,
	}
}

// Encode returns the 512 bytes of f, checksum included. Only the fixed type has a single footer and can be encoded.
func (f Footer) Encode() []byte {
	if f.Type != Fixed {
		panic("vhd: a " + f.Type.String() + " disk is more than a footer")
	}
	w := wire{
		Features: featureBits, FormatVersion: formatVersion, DataOffset: fixedOffset,
		Timestamp: uint32(f.Created.Sub(epoch) / time.Second), CreatorVersion: creatorVersion,
		OriginalSize: uint64(f.Original), CurrentSize: uint64(f.Size),
		Geometry: f.Geometry, DiskType: uint32(f.Type), UniqueID: f.ID,
	}
	copy(w.Cookie[:], cookie)
	copy(w.CreatorApp[:], f.Creator)
	copy(w.CreatorHost[:], creatorHost)

	var buf bytes.Buffer
	buf.Grow(FooterSize)
	if err := binary.Write(&buf, binary.BigEndian, w); err != nil {
		panic(err) // every field has a fixed size and a Buffer does not fail
	}
	raw := buf.Bytes()
	binary.BigEndian.PutUint32(raw[checksumOffset:], checksum(raw))
	return raw
}

// checksum is the one's complement of the sum of all bytes of the footer, its own field taken as zero.
func checksum(raw []byte) uint32 {
	var sum uint32
	for i, b := range raw {
		if i < checksumOffset || i >= checksumOffset+4 {
			sum += uint32(b)
		}
	}
	return ^sum
}

// geometry follows the specification's appendix: the largest shape that BIOS and IDE can address, not exceeding size.
func geometry(size int64) Geometry {
	total := min(size/sectorSize, 65535*16*255)
	if total >= 65535*16*63 {
		return Geometry{Cylinders: uint16(total / 255 / 16), Heads: 16, Sectors: 255}
	}
	sectors := int64(17)
	tracks := total / sectors // cylinders times heads
	heads := max((tracks+1023)/1024, 4)
	if tracks >= heads*1024 || heads > 16 {
		sectors, heads = 31, 16
		tracks = total / sectors
	}
	if tracks >= heads*1024 {
		sectors, heads = 63, 16
		tracks = total / sectors
	}
	return Geometry{Cylinders: uint16(tracks / heads), Heads: uint8(heads), Sectors: uint8(sectors)}
}

// ParseFooter reads a footer from exactly FooterSize bytes. It checks cookie, format version, checksum and type; *FormatError
// says which was wrong.
func ParseFooter(raw []byte) (Footer, error) {
	if len(raw) != FooterSize {
		return Footer{}, formatErrorf("a footer is %d bytes, not %d", FooterSize, len(raw))
	}
	var w wire
	if err := binary.Read(bytes.NewReader(raw), binary.BigEndian, &w); err != nil {
		return Footer{}, err
	}
	if string(w.Cookie[:]) != cookie {
		return Footer{}, formatErrorf("the last %d bytes do not begin with %q", FooterSize, cookie)
	}
	if got := checksum(raw); got != w.Checksum {
		return Footer{}, formatErrorf("the footer's checksum is %#08x but its bytes give %#08x", w.Checksum, got)
	}
	if w.FormatVersion != formatVersion {
		return Footer{}, formatErrorf("format version %#08x; only %#08x is known", w.FormatVersion, uint32(formatVersion))
	}
	if w.CurrentSize > MaxSize || w.OriginalSize > MaxSize {
		return Footer{}, formatErrorf("a disk of %d bytes; the format ends at 2040 GiB", max(w.CurrentSize, w.OriginalSize))
	}
	f := Footer{
		Type: Type(w.DiskType), Size: int64(w.CurrentSize), Original: int64(w.OriginalSize),
		Created: epoch.Add(time.Duration(w.Timestamp) * time.Second), Creator: string(w.CreatorApp[:]),
		Geometry: w.Geometry, ID: w.UniqueID,
	}
	switch f.Type {
	case Fixed, Dynamic, Differencing:
		return f, nil
	default:
		return Footer{}, formatErrorf("disk type %s", f.Type)
	}
}

// ReadFooter reads the footer of the VHD at path. A file that is no VHD gives *FormatError.
func ReadFooter(path string) (Footer, error) {
	f, err := os.Open(path)
	if err != nil {
		return Footer{}, err
	}
	defer f.Close()
	footer, _, err := readFooter(f)
	return footer, err
}

// readFooter also returns the length of the file.
func readFooter(f *os.File) (Footer, int64, error) {
	st, err := f.Stat()
	if err != nil {
		return Footer{}, 0, err
	}
	if !st.Mode().IsRegular() {
		return Footer{}, 0, withPath(formatErrorf("it is not a regular file"), f.Name())
	}
	if st.Size() < FooterSize {
		return Footer{}, 0, withPath(formatErrorf("the file has %d bytes, less than a footer", st.Size()), f.Name())
	}
	raw := make([]byte, FooterSize)
	if _, err := f.ReadAt(raw, st.Size()-FooterSize); err != nil && err != io.EOF {
		return Footer{}, 0, err
	}
	footer, err := ParseFooter(raw)
	return footer, st.Size(), withPath(err, f.Name())
}
