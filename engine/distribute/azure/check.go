package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// codeDestination is a destination that nothing in Azure can be.
const codeDestination diag.Code = "ING3402"

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: codeDestination, Severity: diag.Error, Summary: "a distributor's destination is no place in Azure, or another one's too"},
	}
}

// Check finds, before anything is built, what would fail at the end, as far as the plan tells: nobody is asked. Preflight asks.
func (d *Distributor) Check(_ context.Context, p *plan.Plan) (diag.List, error) {
	var found diag.List
	seen := map[string]string{} // run output names by what they go to
	for _, to := range p.Destinations {
		place, err := placeOf(to, p.Source)
		switch other := seen[place]; {
		case err != nil:
		case place != "" && other != "":
			err = &MisfitError{What: fmt.Sprintf("distributor %q goes there too", other),
				Reason: "the one would replace or hinder the other", Cure: "give each distributor a destination of its own"}
		default:
			seen[place] = to.RunOutputName
		}
		if err == nil {
			continue
		}
		f := diag.Diagnostic{
			Severity: diag.Error, Code: codeDestination, Subject: to.Origin.Range, Path: to.Origin.Path,
			Summary: fmt.Sprintf("distributor %q has no place in Azure: %v", to.RunOutputName, err),
		}
		if why, ok := err.(interface{ Why() string }); ok {
			f.Why = why.Why()
		}
		if fix, ok := err.(interface{ Fix() string }); ok {
			f.Fix = fix.Fix()
		}
		found.Add(f)
	}
	return found, nil
}

// placeOf is what a destination makes, in a form that is the same for the same thing; "" where that shows only when it is made.
func placeOf(d plan.Destination, source plan.Source) (string, error) {
	switch {
	case d.ManagedImage != nil:
		_, err := parseID(d.ManagedImage.ID, imageType)
		return strings.ToLower(d.ManagedImage.ID), err
	case d.SharedImage != nil:
		return versionPlace(d.SharedImage, source)
	case d.VHD.URI == "":
		return "", nil
	default:
		blob, _, err := blobPlace(d.VHD.URI, d.RunOutputName, "00000000")
		return blob, err
	}
}

func versionPlace(s *plan.SharedImage, source plan.Source) (string, error) {
	if _, err := parseID(s.DefinitionID, definitionType); err != nil {
		return "", err
	}
	var names []string
	for _, r := range s.Regions {
		if slices.Contains(names, region(r.Name)) {
			return "", fmt.Errorf("target region %q is there twice", r.Name)
		}
		names = append(names, region(r.Name))
	}
	number := s.Version
	switch {
	case s.Scheme == plan.SchemeSource && source.Exact != nil:
		v, err := gallery.FromSource(source.Exact.Version)(nil)
		if err != nil {
			return "", err
		}
		number = v.String()
	case number == "":
		return "", nil // it is made when the distribution begins
	}
	v, err := gallery.ParseVersion(number)
	return strings.ToLower(s.DefinitionID) + "/versions/" + v.String(), err
}
