package vhd

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Info describes a fixed VHD on disk.
type Info struct {
	Path        string
	VirtualSize int64 // bytes a VM sees; whole MiB
	Allocated   int64 // bytes the file takes on the host; holes take none
	Footer      Footer
}

// FormatError says why a file is not a VHD that Ingot, or Azure, can use.
type FormatError struct {
	Path string // "" when only bytes were looked at
	Why  string
}

func (e *FormatError) Error() string {
	if e.Path == "" {
		return "not a usable VHD: " + e.Why
	}
	return fmt.Sprintf("%s is not a usable VHD: %s", e.Path, e.Why)
}

func formatErrorf(format string, args ...any) error {
	return &FormatError{Why: fmt.Sprintf(format, args...)}
}

// withPath adds the file's name to a *FormatError that lacks one.
func withPath(err error, path string) error {
	if fe, ok := errors.AsType[*FormatError](err); ok && fe.Path == "" {
		fe.Path = path
	}
	return err
}

// Verify checks that the file at path is a fixed VHD as Azure takes it: a sound footer, the fixed type, whole MiB, and a file
// exactly as long as the disk and its footer. Anything else gives *FormatError. The disk's content is not read.
func Verify(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	footer, length, err := readFooter(f)
	if err != nil {
		return Info{}, err
	}
	switch {
	case footer.Type != Fixed:
		err = formatErrorf("it is a %s VHD; convert it to a fixed one: "+
			"qemu-img convert -f vpc -O vpc -o subformat=fixed,force_size IN OUT", footer.Type)
	case footer.Size == 0:
		err = formatErrorf("its footer tells of an empty disk")
	case length != footer.Size+FooterSize:
		err = formatErrorf("the footer tells of %d bytes and the file holds %d: it was cut short or added to",
			footer.Size, length-FooterSize)
	case footer.Size%mib != 0:
		err = formatErrorf("%d bytes are not whole MiB, which Azure wants", footer.Size)
	}
	if err != nil {
		return Info{}, withPath(err, path)
	}
	st, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	return Info{Path: path, VirtualSize: footer.Size, Allocated: allocated(st), Footer: footer}, nil
}

// Size returns the virtual size in bytes of the fixed VHD at path, after the checks of Verify.
func Size(path string) (int64, error) {
	info, err := Verify(path)
	return info.VirtualSize, err
}

// allocated is what a file takes on the host; st_blocks counts units of 512 bytes on every file system.
func allocated(st os.FileInfo) int64 {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return sys.Blocks * 512
	}
	return st.Size()
}
