package preflight

import (
	"context"
	"slices"
	"strings"
)

// checkGallery holds the definition against the image that will be put into it, which is as its source is.
func checkGallery(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	d, err := get[definition](ctx, a, f.Subject, galleryAPI)
	if absent(err) {
		gallery := f.Subject[:strings.LastIndex(f.Subject, "/images/")]
		if _, err := get[located](ctx, a, gallery, galleryAPI); absent(err) {
			return []Finding{wrong(CodeDefinition, "the gallery %q does not exist", gallery)}, nil
		}
		return []Finding{wrong(CodeDefinition, "the image definition %q does not exist", f.Subject)}, nil
	}
	if err != nil {
		return nil, err
	}
	source, err := a.sourceTraits(ctx, f.Want)
	if err != nil {
		return nil, err
	}
	to := d.traits()
	source.os = osName(f.Want.OS)
	var list []Finding
	for _, m := range []struct{ what, has, wanted string }{
		{"the OS", to.os, source.os}, {"the generation", to.generation, source.generation},
		{"the architecture", to.architecture, source.architecture},
	} {
		if m.wanted != "" && !strings.EqualFold(m.has, m.wanted) {
			list = append(list, wrong(CodeMisfit, "%s of the image definition %q is %s, and that of the image %s",
				m.what, f.Subject, m.has, m.wanted))
		}
	}
	if strings.EqualFold(to.state, "Specialized") {
		list = append(list, wrong(CodeMisfit, "the image definition %q is for specialized images, and the image is generalized",
			f.Subject))
	}
	if !securityFits(to.security, source.security) {
		list = append(list, wrong(CodeMisfit, "the security type of the image definition %q is %q, and that of the image %q", f.Subject,
			plainSecurity(to.security), plainSecurity(source.security)))
	}
	return list, nil
}

func plainSecurity(s string) string {
	if s == "" {
		return "Standard"
	}
	return s
}

// securityFits reports whether a definition takes an image. The build VM is of no security type, so that its disk is not for a
// definition that makes only trusted or confidential machines. One that supports them is for an image that supports them too.
func securityFits(definition, source string) bool {
	switch strings.ToLower(definition) {
	case "trustedlaunch", "confidentialvm":
		return false
	case "", "standard":
		return true
	}
	return source != "" && !strings.EqualFold(source, "Standard")
}

// checkRegions sees whether the gallery's own region is a target.
func checkRegions(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	g, err := get[located](ctx, a, f.Scope, galleryAPI)
	if err != nil {
		return nil, ignoreAbsent(err) // checkGallery has said it
	}
	in := regionName(g.Location)
	if slices.Contains(f.Want.Regions, in) {
		return nil, nil
	}
	return []Finding{wrong(CodeRegions, "the gallery %q is in %s, which is not one of the target regions: %s", f.Scope, in,
		strings.Join(f.Want.Regions, ", "))}, nil
}

// checkVersion sees whether the number is free.
func checkVersion(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	switch _, err := get[version](ctx, a, f.Subject, galleryAPI); {
	case absent(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []Finding{wrong(CodeVersionTaken, "the image version %q is there already", f.Subject)}, nil
}
