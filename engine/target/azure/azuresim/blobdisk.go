package azuresim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/ingot-build/ingot/engine/vhd"
)

// diskContainer is where the bytes of disks and snapshots are, in the account diskAccount, by their unique ids.
const diskContainer = "vhds"

// emptySize is that of the disks that are there when nobody has written one.
const emptySize = 1 << 20

const diskSector = 512

// putDisk makes the blob that a disk is read from, unless it has one: a fixed VHD of 1 MiB, since nothing here has the
// bytes of a machine's disk. Its first sector has the name of its content, so that a copy is known by it.
func (b *Blobs) putDisk(ctx context.Context, name, content string) error {
	if err := b.makeContainer(ctx, diskAccount, diskContainer); err != nil {
		return err
	}
	path := "/" + diskContainer + "/" + name
	status, err := b.put(ctx, b.address(diskAccount, path, nil), http.Header{"X-Ms-Blob-Type": {"PageBlob"},
		"X-Ms-Blob-Content-Length": {fmt.Sprint(emptySize + vhd.FooterSize)}, "If-None-Match": {"*"}}, nil)
	if err != nil || status == http.StatusConflict {
		return err
	}
	id, err := uuid.Parse(name)
	if err != nil {
		return err
	}
	footer := vhd.Footer{Type: vhd.Fixed, Size: emptySize, Original: emptySize, Created: time.Now(), Creator: "win ",
		Geometry: vhd.Geometry{Cylinders: 30, Heads: 4, Sectors: 17}, ID: id}
	first := make([]byte, diskSector)
	copy(first, "disk "+content+"\n")
	for offset, data := range map[int][]byte{0: first, emptySize: footer.Encode()} {
		header := http.Header{"X-Ms-Page-Write": {"update"}, "X-Ms-Range": {fmt.Sprintf("bytes=%d-%d", offset, offset+len(data)-1)}}
		if _, err := b.put(ctx, b.address(diskAccount, path, url.Values{"comp": {"page"}}), header, data); err != nil {
			return err
		}
	}
	return nil
}

// copyDisk copies the bytes of one disk to another; there are none yet unless somebody had access to the first.
func (b *Blobs) copyDisk(ctx context.Context, from, to string) error {
	if err := b.makeContainer(ctx, diskAccount, diskContainer); err != nil {
		return err
	}
	source := b.address(diskAccount, "/"+diskContainer+"/"+from, nil)
	status, err := b.put(ctx, b.address(diskAccount, "/"+diskContainer+"/"+to, nil), http.Header{"X-Ms-Copy-Source": {source}}, nil)
	if status == http.StatusNotFound {
		return nil
	}
	return err
}
