package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// overlay is the disk that a running guest is about to write to, over the one that it writes to now. QEMU opens it by a name that no
// other disk of this build has or gets; once the guest writes to it, it is called diskFile, as the disk of every build is in the end.
type overlay struct {
	*vm
	node string // QEMU's name of it
	file string // in the output directory, until it is diskFile
}

// addOverlay makes an empty disk over one that will be at backing, and has QEMU open it.
func (v *vm) addOverlay(ctx context.Context, backing string) (_ *overlay, err error) {
	v.overlays++
	o := &overlay{vm: v, node: fmt.Sprintf("disk-%d", v.overlays)}
	o.file = o.node + ".qcow2"
	// -u: nothing is at backing yet.
	_, err = v.programs.run(ctx, v.programs.Img, "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", backing,
		v.file(o.file), fmt.Sprint(v.size))
	if err == nil {
		err = v.monitor.run(ctx, nil, "blockdev-add", map[string]any{"driver": "file", "node-name": o.node + "-file",
			"filename": o.file, "discard": "unmap", "cache": noFlush})
	}
	if err == nil {
		err = v.monitor.run(ctx, nil, "blockdev-add", map[string]any{"driver": "qcow2", "node-name": o.node,
			"file": o.node + "-file", "backing": nil, "discard": "unmap", "detect-zeroes": "unmap", "cache": noFlush})
	}
	if err != nil {
		o.drop(ctx)
		return nil, fmt.Errorf("make the guest's next disk: %w", err)
	}
	return o, nil
}

// noFlush says of a disk what machine.args says of the first.
var noFlush = map[string]bool{"no-flush": true}

// drop undoes addOverlay.
func (o *overlay) drop(ctx context.Context) {
	ctx, cancel := critical(ctx)
	defer cancel()
	for _, node := range []string{o.node, o.node + "-file"} {
		_ = o.monitor.run(ctx, nil, "blockdev-del", map[string]any{"node-name": node}) // it may not have come to be
	}
	o.remove(o.file)
}

// take has the guest write to o, and leaves what it wrote so far at path, which o is over. The guest stands still. After an error it
// writes to the disk that it wrote to before, and nothing is at path.
func (o *overlay) take(ctx context.Context, path string) error {
	if err := linkOrCopy(o.vm.file(diskFile), path); err != nil {
		return fmt.Errorf("keep the guest's disk: %w", err)
	}
	ctx, cancel := critical(ctx)
	defer cancel()
	err := o.monitor.run(ctx, nil, "blockdev-snapshot", map[string]any{"node": o.vm.node, "overlay": o.node})
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	o.vm.node = o.node
	// What was diskFile has its name at path, or a copy there; QEMU has it open and looks for no name.
	if err := os.Rename(o.vm.file(o.file), o.vm.file(diskFile)); err != nil {
		err = fmt.Errorf("name the guest's disk: %w", err)
		o.cancel(err) // the build would hand on the wrong disk
		return err
	}
	return nil
}

// linkOrCopy gives a file a second name, or on another file system a copy, which is the slower the larger the file is.
func linkOrCopy(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Chmod(to, 0o600)
	case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EMLINK), errors.Is(err, syscall.ENOTSUP):
		return copySparse(from, to)
	default:
		return err
	}
}

// copySparse copies a file, but for its holes. Nothing is left at to after an error.
func copySparse(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			os.Remove(to)
		}
	}()
	const seekData, seekHole = 3, 4 // of lseek(2)
	for at := int64(0); ; {
		data, err := in.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) { // none after at
			return out.Truncate(info.Size())
		} else if err != nil {
			return err
		}
		if at, err = in.Seek(data, seekHole); err != nil {
			return err
		}
		if _, err := out.Seek(data, io.SeekStart); err != nil {
			return err
		}
		if _, err := in.Seek(data, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, at-data); err != nil { // by copy_file_range, where the file systems can
			return err
		}
	}
}

// copyFile copies a small file, for nobody else to read. It is no error that there is none.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Base(from), err)
	}
	return nil
}
