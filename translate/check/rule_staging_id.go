package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func stagingID(t *template.ImageTemplate, r *report) {
	id, ok := t.StagingResourceGroup.Get()
	if !ok || id == "" || template.Placeholder(id) != "" {
		return
	}
	f := finding{at: t.StagingResourceGroup.Range, path: "properties.stagingResourceGroup"}
	m := groupID.FindStringSubmatch(id)
	switch {
	case m == nil:
		f.summary = notID("stagingResourceGroup", id, "a resource group")
		f.fix = `write /subscriptions/<id>/resourceGroups/<group>, or "" for a group of the service's making`
	case wrongGroupName(m[1]) != "":
		f.summary, f.why = fmt.Sprintf("a resource group cannot be named %q", m[1]), wrongGroupName(m[1])
	default:
		return
	}
	r.add(f)
}
