package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// codeDestination is a destination that this machine cannot serve.
const codeDestination diag.Code = "ING3401"

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

// Check finds, before anything is built, what would fail at the end: ids and URIs without a place here, a version that exists, a
// file in the way. It changes nothing. What it lets pass may still fail later, since other processes publish too.
func Check(ctx context.Context, p *plan.Plan, g *gallery.Gallery) diag.List {
	var found diag.List
	for _, d := range p.Destinations {
		if err := check(ctx, d, p.Source, g); err != nil {
			f := diag.Diagnostic{
				Severity: diag.Error, Code: codeDestination, Subject: d.Origin.Range, Path: d.Origin.Path,
				Summary: fmt.Sprintf("distributor %q has no place on this machine: %v", d.RunOutputName, err),
			}
			if why, ok := errors.AsType[withWhy](err); ok {
				f.Why = why.Why()
			}
			if fix, ok := errors.AsType[withFix](err); ok {
				f.Fix = fix.Fix()
			}
			found.Add(f)
		}
	}
	return found
}

func check(ctx context.Context, d plan.Destination, source plan.Source, g *gallery.Gallery) error {
	switch {
	case d.ManagedImage != nil:
		return g.CheckImageID(d.ManagedImage.ID)
	case d.SharedImage != nil:
		if d.SharedImage.Scheme == plan.SchemeSource && source.Exact != nil {
			return checkFromSource(ctx, d.SharedImage.DefinitionID, source.Exact.Version, g)
		}
		if d.SharedImage.Version == "" {
			return g.CheckDefinitionID(d.SharedImage.DefinitionID)
		}
		v, err := gallery.ParseVersion(d.SharedImage.Version)
		if err != nil {
			return err
		}
		return g.CheckVersionFree(ctx, d.SharedImage.DefinitionID, v)
	default:
		// Any run id will do: it is always a sound name.
		to, err := vhdPlace(d.VHD.URI, "00000000", d.RunOutputName)
		if err != nil {
			return err
		}
		if to.file != "" {
			return checkFree(to.file)
		}
		return g.CheckVHDName(to.inGallery)
	}
}

// checkFromSource asks whether the source's version can be taken over.
func checkFromSource(ctx context.Context, definition, version string, g *gallery.Gallery) error {
	if err := g.CheckDefinitionID(definition); err != nil {
		return err
	}
	v, err := gallery.FromSource(version)(nil)
	if err != nil {
		return err
	}
	return g.CheckVersionFree(ctx, definition, v)
}
