// Package local is the destination on this machine: images and gallery versions go into the local gallery, VHDs there too or to
// a file of the user's choice. Regions, replicas and storage types are recorded; nothing is copied anywhere for them.
package local

import (
	"context"
	"fmt"
	"time"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/translate/plan"
)

// Options are what a distribution needs to know of its run.
type Options struct {
	RunID string
	Now   func() time.Time // nil: time.Now

	// Machine is what a machine made from the disk has to be like.
	Machine guest.Profile

	// Record, if set, is told the path of a file outside the gallery before it is made. It is renamed away at the end; a run
	// that is killed leaves it, and only the ledger knows where.
	Record func(ctx context.Context, path string) error
}

// Distribute sends disk, a finished fixed VHD, to every distributor of p and returns one output for each, in template order; a
// failed one is nil. The error is a *distribute.PartialError if one succeeded, else a *distribute.Error. disk itself is
// read-only afterwards: the gallery shares its bytes.
func Distribute(ctx context.Context, p *plan.Plan, disk string, g *gallery.Gallery, opts Options,
	emit func(events.Event)) ([]*events.RunOutput, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	j := job{plan: p, disk: disk, gallery: g, opts: opts}
	return distribute.Each(ctx, p, j.publish, emit)
}

// job is one distribution.
type job struct {
	plan    *plan.Plan
	disk    string
	gallery *gallery.Gallery
	opts    Options
}

func (j job) publish(ctx context.Context, d plan.Destination) (events.RunOutput, error) {
	meta := j.meta(d)
	switch {
	case d.ManagedImage != nil:
		a, err := j.gallery.PublishImage(ctx, d.ManagedImage.ID, meta, j.disk)
		return events.RunOutput{ArtifactID: a.ID, Path: a.Path}, err
	case d.SharedImage != nil:
		number, err := j.numberer(d.SharedImage)
		if err != nil {
			return events.RunOutput{}, err
		}
		a, err := j.gallery.PublishVersion(ctx, d.SharedImage.DefinitionID, number, meta, j.disk)
		return events.RunOutput{ArtifactID: a.ID, Path: a.Path}, err
	case d.VHD != nil:
		return j.vhd(ctx, d, meta)
	default:
		panic(fmt.Sprintf("distribute: destination %s has no type", d.ID))
	}
}

func (j job) vhd(ctx context.Context, d plan.Destination, meta gallery.Meta) (events.RunOutput, error) {
	to, err := vhdPlace(d.VHD.URI, j.opts.RunID, d.RunOutputName)
	if err != nil {
		return events.RunOutput{}, err
	}
	if to.file == "" {
		a, err := j.gallery.PublishVHD(ctx, to.inGallery, meta, j.disk)
		return events.RunOutput{ArtifactURI: a.ID, Path: a.Path}, err
	}
	if err := j.export(ctx, to.file); err != nil {
		return events.RunOutput{}, err
	}
	return events.RunOutput{ArtifactURI: gallery.FileURL(to.file), Path: to.file}, nil
}

// numberer picks what makes the version's number.
func (j job) numberer(s *plan.SharedImage) (gallery.Numberer, error) {
	if s.Version != "" {
		v, err := gallery.ParseVersion(s.Version)
		return gallery.Explicit(v), err
	}
	switch s.Scheme {
	case plan.SchemeClock:
		return gallery.Clock(j.opts.Now()), nil
	case plan.SchemeLatest:
		return gallery.Latest(s.Major), nil
	case plan.SchemeSource:
		exact := ""
		if j.plan.Source.Exact != nil {
			exact = j.plan.Source.Exact.Version
		}
		return gallery.FromSource(exact), nil
	default:
		panic(fmt.Sprintf("distribute: version scheme %q is unknown", s.Scheme))
	}
}

// meta is what the gallery records beside the disk.
func (j job) meta(d plan.Destination) gallery.Meta {
	m := gallery.Meta{
		OS: string(j.plan.OS), Source: sourceName(j.plan.Source), Run: j.opts.RunID, TemplateName: j.plan.Name,
		Tags: d.Tags, Created: j.opts.Now().UTC(), Machine: j.opts.Machine,
	}
	if d.ManagedImage != nil {
		m.Location = d.ManagedImage.Location
	}
	if s := d.SharedImage; s != nil {
		m.ExcludeFromLatest, m.ReplicationMode = s.ExcludeFromLatest, s.ReplicationMode
		for _, r := range s.Regions {
			m.Regions = append(m.Regions, gallery.Region(r))
		}
	}
	return m
}

// sourceName says what the image was built from, as exactly as is known.
func sourceName(s plan.Source) string {
	switch {
	case s.PlatformImage != nil:
		image := *s.PlatformImage
		if s.Exact != nil && s.Exact.Version != "" {
			image.Version = s.Exact.Version
		}
		return image.URN()
	case s.Exact != nil && s.Exact.ID != "":
		return s.Exact.ID
	case s.ManagedImage != nil:
		return s.ManagedImage.ID
	case s.SharedImage != nil:
		return s.SharedImage.ID
	default:
		return ""
	}
}
