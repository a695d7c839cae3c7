package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/translate/plan"
)

// choose makes the number of the version, unless there is one, and journals it: from then on this destination is that version.
func (j *job) choose(ctx context.Context, d plan.Destination, id *arm.ResourceID) (string, error) {
	if at := j.journal.destination(d.ID); at.Version != "" {
		return at.Version, nil
	}
	numberer, err := j.numberer(d.SharedImage)
	if err != nil {
		return "", err
	}
	there, err := j.numbers(ctx, id)
	if err != nil {
		return "", err
	}
	var chosen gallery.Version
	var bad error
	err = j.journal.edit(func(now *Journal) {
		taken := slices.Clone(there)
		for i, other := range j.request.Plan.Destinations {
			at := &now.Destinations[i]
			if other.SharedImage == nil || !strings.EqualFold(other.SharedImage.DefinitionID, d.SharedImage.DefinitionID) {
				continue
			}
			for _, number := range append(slices.Clone(at.Lost), at.Version) {
				if v, err := gallery.ParseVersion(number); err == nil {
					taken = append(taken, v)
				}
			}
		}
		slices.SortFunc(taken, gallery.Version.Compare)
		if chosen, bad = numberer(taken); bad != nil {
			return
		}
		if slices.Contains(taken, chosen) {
			bad = takenError(chosen.String(), id.Name)
			return
		}
		for i := range now.Destinations {
			if now.Destinations[i].ID == d.ID {
				now.Destinations[i].Version = chosen.String()
			}
		}
	})
	if bad != nil {
		err = bad
	}
	return chosen.String(), err
}

// lose gives a number up that somebody else was faster with.
func (j *job) lose(d plan.Destination, number string) error {
	return j.journal.change(d.ID, func(at *Destination) {
		at.Version, at.Regions = "", nil
		at.Lost = append(at.Lost, number)
	})
}

// numberer is what makes a number when the image template names none.
func (j *job) numberer(s *plan.SharedImage) (gallery.Numberer, error) {
	switch s.Scheme {
	case plan.SchemeClock:
		return gallery.Clock(j.Now()), nil
	case plan.SchemeLatest:
		return gallery.Latest(s.Major), nil
	case plan.SchemeSource:
		exact := ""
		if j.request.Plan.Source.Exact != nil {
			exact = j.request.Plan.Source.Exact.Version
		}
		return gallery.FromSource(exact), nil
	default:
		return nil, fmt.Errorf("version scheme %q is not known", s.Scheme)
	}
}

// numbers lists the versions that a definition has, in whatever state.
func (j *job) numbers(ctx context.Context, id *arm.ResourceID) ([]gallery.Version, error) {
	clients, err := j.compute(id.SubscriptionID)
	if err != nil {
		return nil, err
	}
	return read(ctx, func() ([]gallery.Version, error) {
		var list []gallery.Version
		pages := clients.NewGalleryImageVersionsClient().NewListByGalleryImagePager(id.ResourceGroupName, id.Parent.Name, id.Name, nil)
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, wrong(err, "list the versions of image definition %q", id.Name)
			}
			for _, v := range page.Value {
				if v == nil {
					continue
				}
				if number, err := gallery.ParseVersion(value(v.Name)); err == nil {
					list = append(list, number)
				}
			}
		}
		return list, nil
	})
}

func takenError(number, definition string) error {
	return &MisfitError{
		What:   fmt.Sprintf("image version %s of definition %q is there already", number, definition),
		Reason: "a version is never replaced: whoever uses it relies on it",
		Cure:   `name another version in galleryImageId, or none and "versioning": {"scheme": "Latest"}`,
	}
}
