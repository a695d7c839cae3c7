package check

import "github.com/ingot-build/ingot/translate/template"

func subnetIDForm(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	for _, s := range []struct {
		name string
		id   template.String
	}{{"subnetId", v.SubnetID}, {"containerInstanceSubnetId", v.ContainerInstanceSubnetID}} {
		id, ok := s.id.Get()
		if ok && id != "" && !subnetID.MatchString(id) && template.Placeholder(id) == "" {
			r.add(r.mendSlashes(finding{at: s.id.Range, path: "properties.vmProfile.vnetConfig." + s.name,
				summary: notID(s.name, id, "a subnet"), fix: "write " + subnetIDText}, s.id, subnetID))
		}
	}
}
