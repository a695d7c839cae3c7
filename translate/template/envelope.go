package template

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// ofLanguage are properties that the deployment template language has for every resource. They tell the deployment what to do,
// and most published bodies still carry some.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-declaration
var ofLanguage = []string{"asserts", "comments", "condition", "copy", "dependsOn", "existing", "import", "metadata", "scope"}

// ofResources are properties that the Resource Manager knows for every resource, and that image templates do not use.
var ofResources = []string{"etag", "extendedLocation", "kind", "managedBy", "plan", "scale", "sku", "zones"}

// ofEveryResource knows what a resource may have beside the properties of an image template.
func (d *decoder) ofEveryResource(m armjson.Member, path string) bool {
	switch {
	case isIn(m.Key, ofLanguage):
		return true
	case isIn(m.Key, ofResources):
		if !m.Value.IsNull() {
			d.list.Add(diag.Diagnostic{
				Severity: diag.Warning, Code: CodeNotUsed, Subject: m.KeyRange, Path: join(path, m.Key),
				Summary: fmt.Sprintf("%q says nothing about an image template", m.Key),
				Why:     "it is a property of resources in general, and image templates do not use it", Fix: "remove it",
			})
		}
		return true
	}
	return false
}

// ofEveryIdentity knows what the identity of other resources has: the service writes it for identities of its own making.
func (d *decoder) ofEveryIdentity(m armjson.Member, path string) bool {
	if !isIn(m.Key, []string{"principalId", "tenantId"}) {
		return false
	}
	if !m.Value.IsNull() {
		d.writtenByService(m, path)
	}
	return true
}

func isIn(name string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
