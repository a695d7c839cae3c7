package catalog

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// URN names an image of Azure's marketplace. Version may be "latest" or exact.
type URN struct{ Publisher, Offer, SKU, Version string }

// String gives publisher:offer:sku:version.
func (u URN) String() string {
	return strings.Join([]string{u.Publisher, u.Offer, u.SKU, u.Version}, ":")
}

// Pattern matches URNs: each part is compared without case, with * and ? as in file names.
type Pattern struct{ publisher, offer, sku, version string }

// ParsePattern reads publisher:offer:sku or publisher:offer:sku:version.
func ParsePattern(s string) (Pattern, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return Pattern{}, fmt.Errorf("%q is no image name of Azure: want publisher:offer:sku or publisher:offer:sku:version", s)
	}
	for _, part := range parts {
		if part == "" {
			return Pattern{}, fmt.Errorf("%q has an empty part; * stands for anything", s)
		}
		if _, err := path.Match(part, ""); err != nil {
			return Pattern{}, fmt.Errorf("%q: %w", s, err)
		}
	}
	p := Pattern{publisher: parts[0], offer: parts[1], sku: parts[2]}
	if len(parts) == 4 && parts[3] != "*" {
		p.version = parts[3]
	}
	return p, nil
}

// Match reports whether p covers u. A pattern without a version covers all versions.
func (p Pattern) Match(u URN) bool {
	return glob(p.publisher, u.Publisher) && glob(p.offer, u.Offer) && glob(p.sku, u.SKU) &&
		(p.version == "" || glob(p.version, u.Version))
}

// HasVersion reports whether p is for one version, or a pattern of versions, only.
func (p Pattern) HasVersion() bool { return p.version != "" }

func glob(pattern, s string) bool {
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(s))
	return err == nil && ok
}

// String gives the pattern as it was written.
func (p Pattern) String() string {
	s := p.publisher + ":" + p.offer + ":" + p.sku
	if p.version != "" {
		s += ":" + p.version
	}
	return s
}

// Near lists up to n URN patterns of the catalog that look most like u, the nearest first; none if nothing looks like it.
func (c *Catalog) Near(u URN, n int) []string {
	type candidate struct {
		text     string
		distance int
	}
	given := strings.ToLower(u.Publisher + ":" + u.Offer + ":" + u.SKU)
	var all []candidate
	for _, im := range c.images {
		for _, p := range im.URNs {
			known := strings.ToLower(p.publisher + ":" + p.offer + ":" + p.sku)
			d := levenshtein.Distance(given, known, nil)
			if d*2 < max(len(given), len(known)) {
				all = append(all, candidate{p.String(), d})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	near := make([]string, 0, n)
	for _, cand := range all {
		if len(near) < n && !slices.Contains(near, cand.text) {
			near = append(near, cand.text)
		}
	}
	return near
}
