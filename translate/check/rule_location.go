package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// location goes by a list that grows, so it warns of what is not on it.
func location(t *template.ImageTemplate, r *report) {
	at, ok := t.Location.Get()
	name := regionName(at)
	_, preview := previewRegions[name]
	if !ok || preview || template.Placeholder(at) != "" || slices.Contains(templateRegions, name) {
		return
	}
	f := finding{at: t.Location.Range, path: "location",
		summary: fmt.Sprintf("no image templates are known in the region %q", at),
		why:     "the service has image templates in some regions; an image can be distributed to every one",
		fix:     "choose a region near by: " + strings.Join(nearRegions(name), ", ")}
	switch near := diag.Near(name, templateRegions); {
	case at == "":
		f.summary, f.why = "the location is empty", "an image template is made in a region"
	case !isRegion(name) && near != "":
		f.summary, f.why, f.fix = fmt.Sprintf("there is no region %q", at), "", fmt.Sprintf("did you mean %q?", near)
	}
	r.add(f)
}

// nearRegions are some regions to choose from: those that begin as this one does, else large ones.
func nearRegions(name string) []string {
	var near []string
	for _, region := range templateRegions {
		if len(name) >= 4 && strings.HasPrefix(region, name[:4]) {
			near = append(near, region)
		}
	}
	if near == nil {
		return []string{"westeurope", "eastus", "southeastasia"}
	}
	return near
}

func locationPreview(t *template.ImageTemplate, r *report) {
	at, ok := t.Location.Get()
	if feature := previewRegions[regionName(at)]; ok && feature != "" {
		r.add(finding{at: t.Location.Range, path: "location",
			summary: fmt.Sprintf("the region %q is in preview for image templates", at),
			why:     "it is open to subscriptions that are registered for it",
			fix:     "az feature register --namespace Microsoft.VirtualMachineImages --name " + feature})
	}
}
