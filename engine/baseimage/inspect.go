package baseimage

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// inspect tells the format and virtual size (bytes) of a disk in the store's own hands, so that it does not change between
// the look and the use. shown is the name for messages: where the user knows the file from. Errors: *RefusedError, or those
// of qemu-img.
func (s *Store) inspect(ctx context.Context, path, shown string) (format string, size int64, err error) {
	format, err = sniff(path)
	if err != nil {
		var refused *RefusedError
		if errors.As(err, &refused) {
			refused.Path = shown
		}
		return "", 0, err
	}
	if format == formatVHDX {
		return "", 0, &RefusedError{Path: shown, Reason: "the format VHDX is one for files that are added", Remedy: "ingot image add NAME FILE"}
	}
	out, err := s.qemuImg(ctx, "info", "--output=json", "-f", format, path)
	if err != nil {
		return "", 0, err
	}
	var info struct {
		VirtualSize    int64  `json:"virtual-size"`
		Backing        string `json:"backing-filename"`
		FormatSpecific struct {
			Data struct {
				DataFile string `json:"data-file"`
			} `json:"data"`
		} `json:"format-specific"`
	}
	if err := json.Unmarshal(out, &info); err != nil {
		return "", 0, fmt.Errorf("what qemu-img info says of %s: %w", shown, err)
	}
	refuse := func(why, fix string) error { return &RefusedError{Path: shown, Reason: why, Remedy: fix} }
	switch {
	case info.Backing != "" || info.FormatSpecific.Data.DataFile != "": // sniff saw to that; this is the second lock
		return "", 0, refuse("it needs another file", "make a whole copy of it first: qemu-img convert -O qcow2 FILE NEW.qcow2")
	case info.VirtualSize <= 0:
		return "", 0, refuse("the disk in it has no size", "")
	}
	switch format {
	case formatQcow2:
		var exit *runcmd.ExitError
		_, err := s.qemuImg(ctx, "check", "-q", "-f", format, path)
		if errors.As(err, &exit) && exit.Code != 3 { // 3: lost clusters, which take space and do no harm
			return "", 0, refuse("it is cut off or damaged: "+exit.Error(), "get it again, and compare checksums")
		}
		if err != nil && exit == nil {
			return "", 0, err
		}
	case formatVPC:
		if err := checkVPCSize(path, shown, info.VirtualSize); err != nil {
			return "", 0, err
		}
	}
	return format, info.VirtualSize, nil
}

// checkVPCSize sees that qemu takes a VHD for as large as its maker did. For makers it does not know, qemu goes by the footer's
// cylinders, heads and sectors, which can come out smaller: the end of the disk would be missing.
func checkVPCSize(path, shown string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	footer, err := readAt(f, st.Size()-512, 512)
	if err != nil {
		return err
	}
	const currentSize = 48 // in the footer, 8 bytes
	if want := int64(binary.BigEndian.Uint64(footer[currentSize:])); want != size {
		return &RefusedError{Path: shown,
			Reason: fmt.Sprintf("its footer says %d bytes, and QEMU would read %d of them", want, size),
			Remedy: "qemu-img convert --image-opts driver=vpc,file.filename=FILE,force_size_calc=current_size -O qcow2 NEW.qcow2"}
	}
	return nil
}

// qemuImg runs qemu-img and words its absence.
func (s *Store) qemuImg(ctx context.Context, args ...string) ([]byte, error) {
	out, err := s.run.Run(ctx, runcmd.Cmd{Path: "qemu-img", Args: args, Env: []string{"LC_ALL=C"}})
	var missing *runcmd.MissingError
	if errors.As(err, &missing) {
		return nil, &mendable{err, "apt-get install qemu-utils, then ingot doctor"}
	}
	return out, err
}
