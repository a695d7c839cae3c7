package baseimage

import (
	"context"

	"github.com/ingot-build/ingot/engine/baseimage/catalog"
)

// nearCount is how many known names a message offers.
const nearCount = 5

// Find gives the image that stands for a marketplace image. What the user said at Add goes before the catalog, and a pattern
// that names a version before one that does not.
//
// An image stands for every version, unless its pattern names one: compare Image.Version where an exact one was asked for.
// Errors: *NoMatchError, *NotPresentError, *DamagedError, or faults in the user's catalog file.
func (s *Store) Find(ctx context.Context, publisher, offer, sku, version string) (Image, error) {
	urn := catalog.URN{Publisher: publisher, Offer: offer, SKU: sku, Version: version}
	// Damage to images that are not asked for is none of this caller's business.
	images, _ := s.List(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return Image{}, cause
	}
	for _, exact := range []bool{true, false} {
		for _, im := range images {
			for _, written := range im.URNs {
				p, err := catalog.ParsePattern(written)
				if err == nil && p.HasVersion() == exact && p.Match(urn) {
					return im, nil
				}
			}
		}
	}
	c, err := s.catalog()
	if err != nil {
		return Image{}, err
	}
	entry, ok := c.Match(urn)
	if !ok {
		return Image{}, &NoMatchError{URN: urn, Near: c.Near(urn, nearCount)}
	}
	return s.Get(entry.Name)
}
