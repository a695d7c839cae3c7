package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// vnetThreeNames is about the way to name a subnet in 2019-05-01-preview, which the published shape never had. Later
// versions do not know the names, and Decode says so.
func vnetThreeNames(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	if !t.Before(identitySince) {
		return
	}
	var missing []string
	for _, part := range []struct {
		name  string
		value template.String
	}{{"name", v.Name}, {"subnetName", v.SubnetName}, {"resourceGroupName", v.ResourceGroupName}} {
		if text, ok := part.value.Get(); part.value.IsAbsent() || ok && text == "" {
			missing = append(missing, `"`+part.name+`"`)
		}
	}
	if n := len(missing); n == 0 || n == 3 {
		return
	}
	r.add(finding{at: v.Range, path: "properties.vmProfile.vnetConfig",
		summary: "the subnet is named in part: there is no " + strings.Join(missing, ", and no "),
		why:     "before api-version " + identitySince + " a subnet was named by three properties",
		fix:     "add what is missing, or write a later api-version and \"subnetId\""})
}
