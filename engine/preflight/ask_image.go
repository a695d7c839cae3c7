package preflight

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// checkSource looks at the source image.
func checkSource(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	var list []Finding
	var t traits
	var err error
	switch s := f.Want.Source; {
	case s.PlatformImage != nil:
		list, t, err = a.checkMarket(ctx, f, s.PlatformImage)
	case s.ManagedImage != nil:
		list, t, err = a.checkManaged(ctx, f)
	case isShared(f.Subject):
		return nil, nil // its terms are the gallery's, and what it has is found when the build begins
	default:
		list, t, err = a.checkGalleryVersion(ctx, f)
	}
	if err != nil || t == (traits{}) {
		return list, err
	}
	if want := osName(f.Want.OS); t.os != "" && !strings.EqualFold(t.os, want) {
		list = append(list, wrong(CodeSource, "the source image %q is for %s, and the image template for %s", f.Subject, t.os, want))
	}
	if strings.EqualFold(t.state, "Specialized") {
		list = append(list, wrong(CodeSource, "the source image %q is specialized, not generalized", f.Subject))
	}
	if strings.EqualFold(t.security, "TrustedLaunch") || strings.EqualFold(t.security, "ConfidentialVM") {
		list = append(list, wrong(CodeSource, "the source image %q makes only machines of the security type %s", f.Subject, t.security))
	}
	return list, nil
}

func isShared(id string) bool {
	_, direct := cutPrefixFold(id, "/SharedGalleries/")
	_, community := cutPrefixFold(id, "/CommunityGalleries/")
	return direct || community
}

// market reads a version of a marketplace image; "latest" is the last that is listed.
func (a *Azure) market(ctx context.Context, home, location string, p *plan.PlatformImage) (*marketImage, error) {
	path := fmt.Sprintf("%s/providers/Microsoft.Compute/locations/%s/publishers/%s/artifacttypes/vmimage/offers/%s/skus/%s/versions",
		home, url.PathEscape(location), url.PathEscape(p.Publisher), url.PathEscape(p.Offer), url.PathEscape(p.SKU))
	name := p.Version
	if strings.EqualFold(name, "latest") {
		all, err := get[[]version](ctx, a, path, computeAPI)
		if err != nil {
			return nil, err
		}
		if len(*all) == 0 {
			return nil, nil
		}
		name = newest(*all).Name
	}
	return get[marketImage](ctx, a, path+"/"+url.PathEscape(name), computeAPI)
}

// newest is the highest version by its numbers. There has to be one.
func newest(all []version) version {
	return slices.MaxFunc(all, func(a, b version) int { return compareNumbers(a.Name, b.Name) })
}

// compareNumbers compares versions number by number; they may be longer than an integer is.
func compareNumbers(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	return slices.CompareFunc(as, bs, func(x, y string) int {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return strings.Compare(x, y)
	})
}

func (a *Azure) checkMarket(ctx context.Context, f Fact, p *plan.PlatformImage) ([]Finding, traits, error) {
	if f.Want.Location == "" {
		return nil, traits{}, errLocation
	}
	m, err := a.market(ctx, f.Want.Home, f.Want.Location, p)
	if absent(err) || err == nil && m == nil {
		return []Finding{wrong(CodeSource, "the marketplace has no image %q in %s", f.Subject, f.Want.Location)}, traits{}, nil
	}
	if err != nil {
		return nil, traits{}, err
	}
	var list []Finding
	if m.Properties.Plan != nil && p.Plan == nil {
		w := wrong(CodeTerms, "the source image %q is paid for, and the image template does not name its plan", f.Subject)
		w.Why = "Azure makes a machine of a paid image only for who names the plan"
		w.Fix = fmt.Sprintf("add planInfo with planName %q", m.Properties.Plan.Name)
		list = append(list, w)
	}
	return list, m.traits(), nil
}

func (a *Azure) checkManaged(ctx context.Context, f Fact) ([]Finding, traits, error) {
	m, err := get[managedImage](ctx, a, f.Subject, computeAPI)
	if absent(err) {
		return []Finding{wrong(CodeSource, "the managed image %q does not exist", f.Subject)}, traits{}, nil
	}
	if err != nil {
		return nil, traits{}, err
	}
	var list []Finding
	if in := regionName(m.Location); f.Want.Location != "" && in != f.Want.Location {
		list = append(list, wrong(CodeSource, "the managed image %q is in %s, and the build VM in %s", f.Subject, in, f.Want.Location))
	}
	return list, m.traits(), nil
}

func (a *Azure) checkGalleryVersion(ctx context.Context, f Fact) ([]Finding, traits, error) {
	d, err := get[definition](ctx, a, f.Scope, galleryAPI)
	if absent(err) {
		return []Finding{wrong(CodeSource, "the image definition %q does not exist", f.Scope)}, traits{}, nil
	}
	if err != nil {
		return nil, traits{}, err
	}
	if !strings.EqualFold(f.Subject[strings.LastIndexByte(f.Subject, '/')+1:], "latest") {
		v, err := get[version](ctx, a, f.Subject, galleryAPI)
		switch {
		case absent(err):
			return []Finding{wrong(CodeSource, "the image version %q does not exist", f.Subject)}, d.traits(), nil
		case err != nil:
			return nil, traits{}, err
		case !v.in(f.Want.Location):
			return []Finding{wrong(CodeSource, "the image version %q is not replicated to %s", f.Subject, f.Want.Location)}, d.traits(), nil
		}
		return nil, d.traits(), nil
	}
	all, err := getAll[version](ctx, a, f.Scope+"/versions", galleryAPI)
	if err != nil {
		return nil, traits{}, err
	}
	all = slices.DeleteFunc(all, func(v version) bool { return v.Properties.Profile.Excluded || v.Properties.State == "Failed" })
	if len(all) == 0 {
		return []Finding{wrong(CodeSource, "the image %q has no version that \"latest\" could be", f.Scope)}, d.traits(), nil
	}
	last := newest(all)
	if !last.in(f.Want.Location) {
		return []Finding{wrong(CodeSource, "the latest version of %q, %s, is not replicated to %s", f.Scope, last.Name,
			f.Want.Location)}, d.traits(), nil
	}
	return nil, d.traits(), nil
}

// sourceTraits are those of the source, as far as they can be known: another check says it where it is not there.
func (a *Azure) sourceTraits(ctx context.Context, w Want) (traits, error) {
	var t traits
	switch s := w.Source; {
	case s.PlatformImage != nil && w.Location != "":
		m, err := a.market(ctx, w.Home, w.Location, s.PlatformImage)
		if err != nil || m == nil {
			return t, ignoreAbsent(err)
		}
		t = m.traits()
	case s.ManagedImage != nil:
		m, err := get[managedImage](ctx, a, s.ManagedImage.ID, computeAPI)
		if err != nil {
			return t, ignoreAbsent(err)
		}
		t = m.traits()
	case s.SharedImage != nil && !isShared(s.SharedImage.ID):
		r, err := parse(sourcePath, s.SharedImage.ID, versionType)
		if err != nil {
			return t, err
		}
		d, err := get[definition](ctx, a, r.Parent.String(), galleryAPI)
		if err != nil {
			return t, ignoreAbsent(err)
		}
		t = d.traits()
	}
	return t, nil
}

func ignoreAbsent(err error) error {
	if absent(err) {
		return nil
	}
	return err
}
