package resolve

import (
	"context"
	"errors"

	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Disk is a source made exact.
type Disk struct {
	Path        string // on this machine
	Format      string // qcow2, raw or vpc
	SHA256      string // of the file; "" when the store does not know it
	VirtualSize int64  // bytes
	Version     string // of a platform image
}

// Images finds base images for platform images.
type Images interface {
	Find(ctx context.Context, publisher, offer, sku, version string) (Disk, error)
}

// Gallery finds managed images and gallery image versions.
type Gallery interface {
	Lookup(ctx context.Context, resourceID string) (gallery.Artifact, error)
}

// explained is an error that the words of the template are to blame for, with the reason and the cure.
type explained interface {
	error
	Why() string
	Fix() string
}

// Source finds the disk for p's source and sets p.Source.Exact. A source that is not there is a finding at the source's place;
// an error that cannot explain itself is returned as it is.
func Source(ctx context.Context, p *plan.Plan, images Images, g Gallery) (Disk, diag.List, error) {
	disk, id, err := source(ctx, p.Source, images, g)
	var why explained
	if errors.As(err, &why) {
		return Disk{}, diag.List{{
			Severity: diag.Error, Code: CodeSource, Subject: p.Source.Origin.Range, Path: p.Source.Origin.Path,
			Summary: why.Error(), Why: why.Why(), Fix: why.Fix(),
		}}, nil
	}
	if err != nil {
		return Disk{}, nil, err
	}
	p.Source.Exact = &plan.Exact{
		Version: disk.Version, ID: id, SHA256: disk.SHA256, Format: disk.Format, Size: disk.VirtualSize,
	}
	return disk, nil, nil
}

func source(ctx context.Context, s plan.Source, images Images, g Gallery) (Disk, string, error) {
	var ref string
	switch {
	case s.PlatformImage != nil:
		i := s.PlatformImage
		disk, err := images.Find(ctx, i.Publisher, i.Offer, i.SKU, i.Version)
		return disk, "", err
	case s.ManagedImage != nil:
		ref = s.ManagedImage.ID
	case s.SharedImage != nil:
		ref = s.SharedImage.ID
	default:
		panic("resolve: the plan's source has no type")
	}
	a, err := g.Lookup(ctx, ref)
	if err != nil {
		return Disk{}, "", err
	}
	return Disk{Path: a.Path, Format: a.Format, VirtualSize: a.VirtualSize, Version: a.Version}, a.ID, nil
}
