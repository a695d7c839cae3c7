package vhd

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// source is a disk and its virtual size in bytes.
type source struct {
	Disk
	size int64
}

// look asks qemu-img for the size of src.
func look(ctx context.Context, run runcmd.Runner, src Disk) (source, error) {
	path, err := filepath.Abs(src.Path) // a relative name with a colon would be a protocol to qemu-img, one with a dash an option
	if err != nil {
		return source{}, err
	}
	src.Path = path
	var info struct {
		VirtualSize int64 `json:"virtual-size"`
	}
	if err := qemuImgJSON(ctx, run, &info, "info", "--output=json", "-f", src.Format, src.Path); err != nil {
		return source{}, err
	}
	return source{Disk: src, size: info.VirtualSize}, nil
}

// data is about how many bytes of the disk, with all its backing files, are not holes.
func (s source) data(ctx context.Context, run runcmd.Runner) (int64, error) {
	var need struct{ Required int64 }
	// As qcow2: for raw, measure counts holes too.
	err := qemuImgJSON(ctx, run, &need, "measure", "--output=json", "-f", s.Format, "-O", "qcow2", s.Path)
	return need.Required, err
}

func qemuImgJSON(ctx context.Context, run runcmd.Runner, into any, args ...string) error {
	out, err := run.Run(ctx, runcmd.Cmd{Path: "qemu-img", Args: args})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("read the answer of qemu-img %s: %w", args[0], err)
	}
	return nil
}
