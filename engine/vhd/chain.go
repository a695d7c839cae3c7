package vhd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// chain is a disk with its backing files, and where its data lies in them.
type chain struct {
	src     Disk
	size    int64 // virtual, in bytes
	data    int64 // sum of the extents' lengths
	plain   bool  // every byte of data lies as it is in one of files; false: qemu-img has to read it
	files   []string
	extents []extent
}

// extent is a stretch of data. All numbers are bytes.
type extent struct {
	start, length int64 // in the virtual disk
	file          int   // index in chain.files
	offset        int64 // in that file
}

// layerInfo is one entry of `qemu-img info --backing-chain --output=json`, top layer first.
type layerInfo struct {
	Filename    string `json:"filename"`
	Format      string `json:"format"`
	VirtualSize int64  `json:"virtual-size"`
	Encrypted   bool   `json:"encrypted"`
	Specific    struct {
		Data struct {
			DataFile string `json:"data-file"`
		} `json:"data"`
	} `json:"format-specific"`
}

// mapEntry is one entry of `qemu-img map --output=json`. Offset is nil where the bytes cannot be read from the file directly,
// as in a compressed cluster.
type mapEntry struct {
	Start  int64  `json:"start"`
	Length int64  `json:"length"`
	Depth  int    `json:"depth"` // 0 is the top layer
	Zero   bool   `json:"zero"`
	Data   bool   `json:"data"`
	Offset *int64 `json:"offset"`
}

// inspect asks qemu-img for the layers of src and the place of every extent.
func inspect(ctx context.Context, run runcmd.Runner, src Disk) (*chain, error) {
	path, err := filepath.Abs(src.Path) // a relative name with a colon would be a protocol to qemu-img, one with a dash an option
	if err != nil {
		return nil, err
	}
	src.Path = path
	var layers []layerInfo
	var entries []mapEntry
	group, ctx := errgroup.WithContext(ctx) // side by side: starting qemu-img is a good part of a sparse disk's time
	group.Go(func() error {
		return qemuImgJSON(ctx, run, &layers, "info", "--backing-chain", "--output=json", "-f", src.Format, path)
	})
	group.Go(func() error {
		return qemuImgJSON(ctx, run, &entries, "map", "--output=json", "-f", src.Format, path)
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("qemu-img info tells of no layer in %s", src.Path)
	}
	c := &chain{src: src, size: layers[0].VirtualSize, plain: true}
	for _, l := range layers {
		c.files = append(c.files, l.Filename)
		// Other formats may spread one layer over several files, an encrypted one has offsets that mean ciphertext, and a
		// name such as "nbd://..." or "json:{...}" is no file at all.
		st, err := os.Stat(l.Filename)
		if err != nil || !st.Mode().IsRegular() || l.Encrypted || l.Specific.Data.DataFile != "" ||
			!slices.Contains([]string{"qcow2", "raw", "vpc"}, l.Format) {
			c.plain = false
		}
	}
	for _, e := range entries {
		if !e.Data || e.Zero {
			continue
		}
		c.data += e.Length
		if e.Offset == nil || e.Depth < 0 || e.Depth >= len(c.files) {
			c.plain = false
			continue
		}
		c.extents = append(c.extents, extent{start: e.Start, length: e.Length, file: e.Depth, offset: *e.Offset})
	}
	return c, nil
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

func containsAny(s string, subs ...string) bool {
	return slices.ContainsFunc(subs, func(sub string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(sub))
	})
}
