package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

func sourceID(t *template.ImageTemplate, r *report) {
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		if id, ok := s.ImageID.Get(); ok && !imageID.MatchString(id) && template.Placeholder(id) == "" {
			r.add(r.mendSlashes(finding{at: s.ImageID.Range, path: "properties.source.imageId",
				summary: notID("imageId", id, "a managed image"), fix: "write " + imageIDForm}, s.ImageID, imageID))
		}
	case *template.SharedImageVersion:
		if id, ok := s.ImageVersionID.Get(); ok {
			sourceVersionID(t, id, s.ImageVersionID.Range, r)
		}
	}
}

func sourceVersionID(t *template.ImageTemplate, id string, at diag.Range, r *report) {
	const path = "properties.source.imageVersionId"
	version, ok := versionOf(id)
	switch {
	case template.Placeholder(version) != "", !ok && template.Placeholder(id) != "" && !definitionID.MatchString(id):
	case !ok && definitionID.MatchString(id):
		r.add(finding{at: at, path: path, summary: "the id names an image definition and no version of it",
			fix: "add /versions/<x.y.z>, or /versions/latest"})
	case !ok:
		r.add(finding{at: at, path: path, summary: notID("imageVersionId", id, "a gallery image version"),
			fix: "write " + definitionIDForm + "/versions/<x.y.z>"})
	case strings.EqualFold(version, "latest") && t.Before("2022-07-01"):
		r.add(finding{at: at, path: path,
			summary: "the version \"latest\" is known from api-version 2022-07-01 on",
			why:     "the template is written in api-version " + t.EffectiveAPIVersion(),
			fix:     "write a version x.y.z, or a later api-version"})
	case !strings.EqualFold(version, "latest") && !exactVersion(version):
		r.add(finding{at: at, path: path, summary: fmt.Sprintf("%q is not a version", version),
			why: "versions are x.y.z, or latest"})
	}
}
