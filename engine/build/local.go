package build

import (
	"context"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/distribute/local"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/vhd"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Local is the place of runs on this machine: base images and the local gallery.
type Local struct {
	Images  resolve.Images
	Gallery *gallery.Gallery
	Runner  runcmd.Runner
}

// Source implements Place.
func (l *Local) Source(ctx context.Context, p *plan.Plan) (target.Disk, diag.List, error) {
	base, found, err := resolve.Source(ctx, p, l.Images, l.Gallery)
	if err != nil {
		return target.Disk{}, nil, err
	}
	return target.Disk{
		Name: base.Name, Origin: base.Origin,
		Path: base.Path, Format: base.Format, SHA256: base.SHA256, VirtualSize: base.VirtualSize, Machine: base.Machine,
	}, append(found, local.Check(ctx, p, l.Gallery)...), nil
}

// WriteDisk implements DiskWriter: it flattens an overlay and its base into one fixed VHD.
func (l *Local) WriteDisk(
	ctx context.Context, from target.Disk, path string, progress func(done, total int64),
) (target.Disk, error) {
	_, err := vhd.Write(ctx, l.Runner, vhd.Disk{Path: from.Path, Format: from.Format}, path, progress)
	return target.Disk{Path: path, Format: "vpc"}, err
}

// Distribute implements Place.
func (l *Local) Distribute(ctx context.Context, r distribute.Request, emit func(events.Event)) ([]*events.RunOutput, error) {
	return local.Distribute(ctx, r.Plan, r.Disk.Path, l.Gallery, local.Options{
		RunID:   r.RunID,
		Machine: r.Disk.Machine,
		Record:  func(ctx context.Context, path string) error { return r.Record(ctx, store.File, path) },
	}, emit)
}
