package diskdiff

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/diskfs/go-diskfs/backend"
	"github.com/lima-vm/go-qcow2reader"
	"github.com/lima-vm/go-qcow2reader/image/qcow2"
)

// UnreadableError says why a disk cannot be compared.
type UnreadableError struct{ Path, Reason, Advice string }

func (e *UnreadableError) Error() string { return fmt.Sprintf("disk %q cannot be read", e.Path) }

// Why is the reason.
func (e *UnreadableError) Why() string { return e.Reason }

// Fix is what to do about it; "" if there is nothing.
func (e *UnreadableError) Fix() string { return e.Advice }

// foreign are formats that are known and not read, by what they begin with.
var foreign = []struct{ magic, name string }{
	{"conectix", "a VHD of dynamic size"},
	{"vhdxfile", "a VHDX"},
	{"KDMV", "a VMDK"},
	{"<<< ", "a VDI"},
}

// Disk is an open disk. It is read by one goroutine at a time. Close it.
type Disk struct {
	path  string
	file  *os.File
	bytes storage
	parts []filesystem // the root file system first
	other []region     // what is on the disk beside them
	names tree         // nil until they were read
}

// Open opens a disk file. The error is an *UnreadableError where the file is there and no disk that can be compared.
func Open(path string) (_ *Disk, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	d := &Disk{path: path, file: f}
	defer func() {
		if err != nil {
			_ = d.Close()
		}
	}()
	defer damaged(path, &err)
	if d.bytes, err = open(f); err == nil {
		d.bytes.allow()
		err = d.readParts()
	}
	return d, err
}

// Close closes the file, and those that it is backed by.
func (d *Disk) Close() error {
	if c, ok := d.bytes.ReaderAt.(io.Closer); ok {
		return c.Close()
	}
	return d.file.Close() // it was refused before it had a format
}

// open tells the format of a disk by its first bytes.
func open(f *os.File) (storage, error) {
	info, err := f.Stat()
	if err != nil {
		return storage{}, err
	}
	if !info.Mode().IsRegular() {
		return storage{}, &UnreadableError{Path: f.Name(), Reason: "it is no regular file"}
	}
	head := make([]byte, 8)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return storage{}, err
	}
	head = head[:n]
	for _, x := range foreign {
		if bytes.HasPrefix(head, []byte(x.magic)) {
			return storage{}, &UnreadableError{f.Name(), "it is " + x.name, fmt.Sprintf("convert it: qemu-img convert -O qcow2 %q disk.qcow2", f.Name())}
		}
	}
	if !bytes.HasPrefix(head, []byte(qcow2.Magic)) {
		return storage{f, info.Size(), new(int64), &patches{}}, nil
	}
	img, err := qcow2reader.OpenWithType(f, qcow2.Type)
	if err == nil {
		err = img.Readable()
	}
	if err != nil {
		return storage{}, &UnreadableError{Path: f.Name(), Reason: err.Error()}
	}
	return storage{img, img.Size(), new(int64), &patches{}}, nil
}

// damaged turns a panic into an error, where it is deferred. What is on a disk may be damaged, or made to look like a file system, and the
// library for file systems trusts what it reads.
func damaged(path string, err *error) {
	if r := recover(); r != nil {
		*err = &UnreadableError{Path: path, Reason: fmt.Sprintf("its file system is damaged: %v", r)}
	}
}

// storage is the bytes of a disk, as go-diskfs takes them: it asks for nothing but ReadAt when it reads.
type storage struct {
	io.ReaderAt
	size   int64
	budget *int64 // bytes that may still be read before the next call of allow
	newer  *patches
}

// maxAtOnce bounds what is read for one folder, or one file that is opened. The parts of a file may overlap on a disk that was made to harm,
// and the library joins them all.
const maxAtOnce = 1 << 30

// allow begins another folder or file.
func (s storage) allow() { *s.budget = maxAtOnce }

var errTooMuch = errors.New("a file or folder has more parts than fit the disk")

// ReadAt implements io.ReaderAt.
func (s storage) ReadAt(b []byte, at int64) (int, error) {
	if *s.budget -= int64(len(b)); *s.budget < 0 {
		return 0, errTooMuch
	}
	return s.patched(b, at)
}

// patched reads what is on the disk, with what journals have newer of it.
func (s storage) patched(b []byte, at int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(b, at)
	s.newer.over(b[:n], at)
	return n, err
}

var _ backend.Storage = storage{}

func (s storage) Stat() (fs.FileInfo, error)            { return nil, errors.ErrUnsupported }
func (storage) Read([]byte) (int, error)                { return 0, errors.ErrUnsupported }
func (storage) Seek(int64, int) (int64, error)          { return 0, errors.ErrUnsupported }
func (storage) Close() error                            { return nil }
func (storage) Sys() (*os.File, error)                  { return nil, backend.ErrNotSuitable }
func (storage) Writable() (backend.WritableFile, error) { return nil, backend.ErrIncorrectOpenMode }
func (storage) Path() string                            { return "" }
