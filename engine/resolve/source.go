package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Disk is the disk that a source resolved to. It is read-only and stays so.
type Disk struct {
	Name        string // in the store of base images; "" for one of the gallery
	Origin      string // what it was made of: see baseimage.Image
	Path        string
	Format      string        // qcow2, raw or vpc, as qemu-img names them
	SHA256      string        // of the file, lower-case hex; "" where nobody knows it
	VirtualSize int64         // bytes
	Version     string        // exact, of a platform image or a gallery version
	OS          plan.OS       // "" where nobody knows it
	Machine     guest.Profile // what a machine that starts from it has to be like
}

// Images finds the base image that stands for a platform image; version may be "latest". What a person can mend comes as an error
// with a method Fix() string, and perhaps Why() string: it becomes a diagnostic at the source.
type Images interface {
	Find(ctx context.Context, publisher, offer, sku, version string) (Disk, error)
}

// Gallery finds managed images and image versions by their resource ids; *gallery.Gallery is one.
type Gallery interface {
	Lookup(ctx context.Context, resourceID string) (gallery.Artifact, error)
}

// Errors that know their reason, or their cure.
type (
	withWhy interface {
		error
		Why() string
	}
	withFix interface {
		error
		Fix() string
	}
)

const gib = 1 << 30

// Source finds the disk of p's source and sets p.Source.Exact. The disk is meaningless when the list has errors.
func Source(ctx context.Context, p *plan.Plan, images Images, g Gallery) (Disk, diag.List, error) {
	disk, exact, err := find(ctx, p.Source, images, g)
	var found diag.List
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return Disk{}, nil, cause
		}
		fix, ok := errors.AsType[withFix](err)
		if !ok {
			return Disk{}, nil, fmt.Errorf("find source image: %w", err)
		}
		d := problem{code: CodeSource, summary: err.Error(), fix: fix.Fix()}
		if why, ok := errors.AsType[withWhy](err); ok {
			d.why = why.Why()
		}
		found.Add(d.at(p.Source.Origin))
		return Disk{}, found, nil
	}
	if disk.OS != "" && disk.OS != p.OS {
		d := problem{CodeOS, fmt.Sprintf("the source is a %s image and the template is read as one for %s", disk.OS, p.OS),
			"the gallery recorded so when the image was published", "name another source image"}
		if w := p.Source.PlatformImage; w != nil {
			d.why = "the base image that stands for it was added so"
			d.fix = fmt.Sprintf("add one with that system: ingot image add NAME FILE --os %s --urn %s:%s:%s", p.OS, w.Publisher, w.Offer, w.SKU)
		}
		found.Add(d.at(p.Source.Origin))
	}
	if p.OSDiskSizeGB > 0 && p.OSDiskSizeGB*gib < disk.VirtualSize {
		need := (disk.VirtualSize + gib - 1) / gib
		d := problem{CodeShrink, fmt.Sprintf("osDiskSizeGB is %d and the source image has %s", p.OSDiskSizeGB,
			humanize.IBytes(uint64(disk.VirtualSize))), "a disk can grow but not shrink",
			fmt.Sprintf("write %d or more in vmProfile.osDiskSizeGB, or leave it out", need)}
		found.Add(d.at(p.Source.Origin))
	}
	if w := p.Source.PlatformImage; w != nil && !strings.EqualFold(w.Version, "latest") && w.Version != disk.Version {
		about := problem{CodeVersion, fmt.Sprintf("the base image has version %s and the template asks for %s", disk.Version, w.Version),
			"a base image stands for every version of its platform image, unless it was added for one",
			"nothing to do if it serves; else: ingot image add NAME FILE --urn " + w.URN()}
		d := about.at(p.Source.Origin)
		d.Severity = diag.Warning
		found.Add(d)
	}
	p.Source.Exact = exact
	return disk, found, nil
}

// find looks in the store that is meant.
func find(ctx context.Context, s plan.Source, images Images, g Gallery) (Disk, *plan.Exact, error) {
	if w := s.PlatformImage; w != nil {
		disk, err := images.Find(ctx, w.Publisher, w.Offer, w.SKU, w.Version)
		if err != nil {
			return Disk{}, nil, err
		}
		return disk, &plan.Exact{Version: disk.Version, SHA256: disk.SHA256, Format: disk.Format, Size: disk.VirtualSize}, nil
	}
	ref := s.ManagedImage
	if ref == nil {
		ref = s.SharedImage
	}
	if ref == nil {
		panic("resolve: the plan's source has no type")
	}
	a, err := g.Lookup(ctx, ref.ID)
	if err != nil {
		return Disk{}, nil, err
	}
	disk := Disk{Path: a.Path, Format: a.Format, VirtualSize: a.VirtualSize, Version: a.Version, OS: plan.OS(a.Meta.OS),
		Machine: a.Meta.Machine}
	return disk, &plan.Exact{Version: a.Version, ID: a.ID, Format: a.Format, Size: a.VirtualSize}, nil
}
