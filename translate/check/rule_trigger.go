package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// triggerSource is about a trigger that nothing can pull: a source that stays the same.
func triggerSource(t *template.ImageTemplate, r *report) {
	add := func(at diag.Range, path, summary, fix string) {
		for _, trigger := range t.Triggers.Value {
			r.add(finding{at: trigger.Range, path: trigger.Path, summary: summary,
				why: "a trigger starts a run when a newer version of the source appears", fix: fix,
				related: at, relatedMessage: "the source is here"})
		}
	}
	const latest = `write the version "latest", or remove the trigger`
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		add(s.Range, "properties.source", "a managed image has no versions to wait for", "use a gallery image, or remove the trigger")
	case *template.PlatformImage:
		if v, ok := s.Version.Get(); ok && !strings.EqualFold(v, "latest") && template.Placeholder(v) == "" {
			add(s.Version.Range, "properties.source.version", fmt.Sprintf("the source stays at version %q", v), latest)
		}
	case *template.SharedImageVersion:
		id, ok := s.ImageVersionID.Get()
		if v, has := versionOf(id); ok && has && !strings.EqualFold(v, "latest") && template.Placeholder(v) == "" {
			add(s.ImageVersionID.Range, "properties.source.imageVersionId", fmt.Sprintf("the source stays at version %q", v), latest)
		}
	}
}

// triggerTarget is about distributors that only the first run of a trigger could serve, or that would trigger the next
// run.
func triggerTarget(t *template.ImageTemplate, r *report) {
	if len(t.Triggers.Value) == 0 {
		return
	}
	trigger := t.Triggers.Value[0]
	source, _ := t.Source.(*template.SharedImageVersion)
	for _, s := range sharedImages(t) {
		to, ok := s.GalleryImageID.Get()
		if !ok {
			continue
		}
		f := finding{at: s.GalleryImageID.Range, path: s.Path + ".galleryImageId",
			related: trigger.Range, relatedMessage: "the trigger is here"}
		if version, explicit := versionOf(to); explicit {
			f.summary = fmt.Sprintf("each run that is triggered would make version %q again", version)
			f.why, f.fix = "a version cannot be replaced", "leave /versions/… out for an automatic one"
			r.add(f)
			continue
		}
		if source == nil {
			continue
		}
		if from, ok := source.ImageVersionID.Get(); ok && template.Placeholder(from+to) == "" && sameID(definitionOf(from), to) {
			f.summary = "each run would trigger the next one"
			f.why, f.fix = "the image goes to the definition that the trigger watches", "distribute to another definition"
			r.add(f)
		}
	}
}

func triggerTwice(t *template.ImageTemplate, r *report) {
	all := t.Triggers.Value
	for i, trigger := range all {
		if i > 0 {
			r.add(finding{at: trigger.Range, path: trigger.Path, summary: "the image template has a second trigger",
				why: "there is one kind of trigger, and a template has at most one of each", fix: "remove it",
				related: all[0].Range, relatedMessage: "the first one is here"})
		}
	}
}
