package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
)

// SourceFormats are the disk formats a base disk may have, as QEMU names them.
var SourceFormats = []string{"qcow2", "raw", "vpc"}

// MiB is what a disk's size is a whole number of: a fixed VHD has to be, so the build disk is so from the start.
const MiB = 1 << 20

// CreateOverlay makes an empty qcow2 at path over the base disk, which it leaves untouched. The overlay is as large as
// wanted bytes, or as the base where wanted is 0, rounded up to a MiB; it returns that size. The base is named by
// absolute path. img is the program qemu-img.
func CreateOverlay(ctx context.Context, img, base, format, path string, wanted int64) (int64, error) {
	if _, err := os.Stat(base); err != nil {
		return 0, fmt.Errorf("source_disk cannot be used: %w", err)
	}
	has, err := VirtualSize(ctx, img, base, format)
	if err != nil {
		return 0, err
	}
	size, err := overlaySize(has, wanted)
	if err != nil {
		return 0, fmt.Errorf("disk over %s: %w", base, err)
	}
	_, err = RunProgram(ctx, img, "create", "-q", "-f", "qcow2", "-F", format, "-b", base, path, fmt.Sprint(size))
	return size, err
}

// VirtualSize is how large a guest sees the disk, in bytes.
func VirtualSize(ctx context.Context, img, path, format string) (int64, error) {
	out, err := RunProgram(ctx, img, "info", "--output=json", "-f", format, path)
	if err != nil {
		return 0, err
	}
	var info struct {
		VirtualSize int64 `json:"virtual-size"`
	}
	if err := json.Unmarshal(out, &info); err != nil {
		return 0, fmt.Errorf("read what %s info says: %w", img, err)
	}
	if info.VirtualSize <= 0 {
		return 0, fmt.Errorf("disk %s is empty", path)
	}
	return info.VirtualSize, nil
}

// overlaySize is the size in bytes of an overlay over a disk of has bytes. A disk does not shrink: file systems at its
// end would be cut.
func overlaySize(has, wanted int64) (int64, error) {
	if wanted != 0 && wanted < has {
		return 0, fmt.Errorf("disk_size is %s, but the source has %s, and a disk can only grow",
			InMiB(wanted), InMiB(has))
	}
	size := max(has, wanted)
	return (size + MiB - 1) / MiB * MiB, nil
}
