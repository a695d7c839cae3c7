package baseimage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Formats a base image may have, as qemu-img names them.
const (
	formatQcow2 = "qcow2"
	formatRaw   = "raw"
	formatVPC   = "vpc"
	formatVHDX  = "vhdx" // of a file that is added; the store has a qcow2 made of it
)

// minimumRaw is the least size of a raw disk in bytes: what its partition table and one partition take.
const minimumRaw = 1 << 20

// notDisks are files that people have at hand and that are no disks, by what they begin with.
var notDisks = []struct{ magic, what, fix string }{
	{"\x1f\x8b", "it is compressed (gzip)", "gunzip it first"},
	{"\xfd7zXZ\x00", "it is compressed (xz)", "unxz it first"},
	{"\x28\xb5\x2f\xfd", "it is compressed (zstd)", "unzstd it first"},
	{"BZh", "it is compressed (bzip2)", "bunzip2 it first"},
	{"PK\x03\x04", "it is a zip archive", "unzip it first"},
	{"<!", "it is a web page, not a disk: the download went wrong", ""},
	{"<html", "it is a web page, not a disk: the download went wrong", ""},
	{"KDMV", "the format VMDK is not supported", "qemu-img convert -f vmdk -O qcow2 FILE NEW.qcow2"},
	{"# Disk DescriptorFile", "it is a VMDK descriptor, which names other files", "qemu-img convert -f vmdk -O qcow2 FILE NEW.qcow2"},
	{"<<< ", "the format VDI is not supported", "qemu-img convert -f vdi -O qcow2 FILE NEW.qcow2"},
	{"QED\x00", "the format QED is not supported", "qemu-img convert -f qed -O qcow2 FILE NEW.qcow2"},
	{"LUKS\xba\xbe", "it is encrypted", ""},
}

// sniff tells a disk's format by looking at the bytes alone. It comes before any qemu-img: a hostile file could name others
// (a backing file, an external data file), which qemu-img would open. Such files are refused.
func sniff(path string) (string, error) {
	refuse := func(why, fix string) (string, error) { return "", &RefusedError{Path: path, Reason: why, Remedy: fix} }
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	switch {
	case st.IsDir():
		return refuse("it is a folder", "")
	case !st.Mode().IsRegular():
		return refuse("it is no regular file", "copy it to a file first: qemu-img convert -O qcow2 DEVICE FILE.qcow2")
	case st.Size() == 0:
		return refuse("it is empty", "")
	}
	head, err := readAt(f, 0, 512)
	if err != nil {
		return "", err
	}
	for _, n := range notDisks {
		if bytes.HasPrefix(head, []byte(n.magic)) {
			return refuse(n.what, n.fix)
		}
	}
	if bytes.HasPrefix(head, []byte("QFI\xfb")) {
		if why := qcow2Fault(head); why != "" {
			return refuse(why, "make a whole copy of it first: qemu-img convert -O qcow2 FILE NEW.qcow2")
		}
		return formatQcow2, nil
	}
	if bytes.HasPrefix(head, []byte("vhdxfile")) {
		fault, err := vhdxFault(f)
		if err != nil {
			return "", err
		}
		if fault != "" {
			return refuse(fault, "merge it into its parent, or get it again")
		}
		return formatVHDX, nil
	}
	// A VHD ends with its footer; a dynamic one has a copy of it in front.
	footer, err := readAt(f, max(st.Size()-512, 0), 512)
	if err != nil {
		return "", err
	}
	for _, b := range [][]byte{footer, head} {
		if bytes.HasPrefix(b, []byte("conectix")) && len(b) == 512 {
			if binary.BigEndian.Uint32(b[60:]) == 4 {
				return refuse("it is a differencing VHD, which needs another file", "merge it into its parent first")
			}
			return formatVPC, nil
		}
	}
	if volume, err := readAt(f, 0x8001, 5); err == nil && string(volume) == "CD001" {
		return refuse("it is an installation medium (ISO 9660), not an installed disk", "use the distribution's cloud image")
	}
	switch {
	case st.Size() < minimumRaw || st.Size()%512 != 0:
		return refuse(fmt.Sprintf("%d bytes that are neither qcow2 nor VHD are no disk", st.Size()), "")
	case head[510] != 0x55 || head[511] != 0xaa:
		return refuse("it has no partition table, and is neither qcow2 nor VHD", "")
	}
	return formatRaw, nil
}

// qcow2Fault reads the header (docs/interop/qcow2.txt of QEMU) and says what rules the file out, or "".
func qcow2Fault(h []byte) string {
	const externalData = 1 << 2 // in the incompatible features
	switch version := field32(h, 4); {
	case len(h) < 104:
		return "its qcow2 header is cut off"
	case version != 2 && version != 3:
		return fmt.Sprintf("it is qcow2 of version %d", version)
	case field64(h, 8) != 0:
		return "it is only the changes to another file (a qcow2 with a backing file)"
	case field32(h, 32) != 0:
		return "it is encrypted"
	case version == 3 && field64(h, 72)&externalData != 0:
		return "its data is in another file (a qcow2 with an external data file)"
	}
	return ""
}

func field32(h []byte, at int) uint32 {
	if len(h) < at+4 {
		return 0
	}
	return binary.BigEndian.Uint32(h[at:])
}

func field64(h []byte, at int) uint64 {
	if len(h) < at+8 {
		return 0
	}
	return binary.BigEndian.Uint64(h[at:])
}

// readAt reads up to n bytes: fewer at the end of the file.
func readAt(f io.ReaderAt, at int64, n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := f.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:got], nil
}
