package vhd

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// source is a disk and what qemu-img knows of it with all its backing files. Numbers are bytes.
type source struct {
	Disk
	size int64 // virtual
	data int64 // that is not a hole, and a little more
}

// measure asks qemu-img for the sizes of src.
func measure(ctx context.Context, run runcmd.Runner, src Disk) (source, error) {
	path, err := filepath.Abs(src.Path) // a relative name with a colon would be a protocol to qemu-img, one with a dash an option
	if err != nil {
		return source{}, err
	}
	src.Path = path
	var info struct {
		VirtualSize int64 `json:"virtual-size"`
	}
	var need struct{ Required int64 }
	// Side by side: of a sparse disk the two take a tenth of the whole time.
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		return qemuImgJSON(ctx, run, &info, "info", "--output=json", "-f", src.Format, src.Path)
	})
	both.Go(func() error { // as qcow2: for raw, measure counts holes too
		return qemuImgJSON(ctx, run, &need, "measure", "--output=json", "-f", src.Format, "-O", "qcow2", src.Path)
	})
	if err := both.Wait(); err != nil {
		return source{}, err
	}
	return source{Disk: src, size: info.VirtualSize, data: need.Required}, nil
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
