package template_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// places maps a definition of the published schemas to a template that has such an object at %s.
var places = map[string]string{
	"ImageTemplateProperties":                 "%s",
	"ImageTemplatePlatformImageSource":        `"source": {"type": "PlatformImage", %s}`,
	"ImageTemplateManagedImageSource":         `"source": {"type": "ManagedImage", %s}`,
	"ImageTemplateSharedImageVersionSource":   `"source": {"type": "SharedImageVersion", %s}`,
	"ImageTemplateIsoSource":                  `"source": {"type": "ISO", %s}`,
	"PlatformImagePurchasePlan":               `"source": {"type": "PlatformImage", "planInfo": {%s}}`,
	"ImageTemplateShellCustomizer":            `"customize": [{"type": "Shell", %s}]`,
	"ImageTemplateFileCustomizer":             `"customize": [{"type": "File", %s}]`,
	"ImageTemplatePowerShellCustomizer":       `"customize": [{"type": "PowerShell", %s}]`,
	"ImageTemplateRestartCustomizer":          `"customize": [{"type": "WindowsRestart", %s}]`,
	"ImageTemplateWindowsUpdateCustomizer":    `"customize": [{"type": "WindowsUpdate", %s}]`,
	"ImageTemplateManagedImageDistributor":    `"distribute": [{"type": "ManagedImage", %s}]`,
	"ImageTemplateSharedImageDistributor":     `"distribute": [{"type": "SharedImage", %s}]`,
	"ImageTemplateVhdDistributor":             `"distribute": [{"type": "VHD", %s}]`,
	"TargetRegion":                            `"distribute": [{"type": "SharedImage", "targetRegions": [{%s}]}]`,
	"DistributeVersionerLatest":               `"distribute": [{"type": "SharedImage", "versioning": {%s}}]`,
	"ImageTemplateVmProfile":                  `"vmProfile": {%s}`,
	"VirtualNetworkConfig":                    `"vmProfile": {"vnetConfig": {%s}}`,
	"ImageTemplatePropertiesErrorHandling":    `"errorHandling": {%s}`,
	"ImageTemplatePropertiesOptimize":         `"optimize": {%s}`,
	"ImageTemplatePropertiesOptimizeVmBoot":   `"optimize": {"vmBoot": {%s}}`,
	"ImageTemplatePropertiesOptimizeWorkload": `"optimize": {"workload": {%s}}`,
	"ImageTemplatePropertiesValidate":         `"validate": {%s}`,
	"ImageTemplateShellValidator":             `"validate": {"inVMValidations": [{"type": "Shell", %s}]}`,
	"ImageTemplatePowerShellValidator":        `"validate": {"inVMValidations": [{"type": "PowerShell", %s}]}`,
	"ImageTemplateFileValidator":              `"validate": {"inVMValidations": [{"type": "File", %s}]}`,
	"ImageTemplateAutoRun":                    `"autoRun": {%s}`,
}

// beyondSchema are properties that the service read in versions whose published shape does not list them.
var beyondSchema = map[string]bool{
	"2019-05-01-preview ImageTemplateVmProfile.osDiskSizeGB": true,
	"2019-05-01-preview ImageTemplateVmProfile.vnetConfig":   true,
}

// TestTablesAgreeWithSchemas compares the tables with the published schemas, version by version, both ways: every property of
// a version's schema is known there, and none that only other versions have.
func TestTablesAgreeWithSchemas(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "schemas")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the published schemas are not here: %v", err)
	}
	schemas := map[string]map[string][]string{} // version, definition, properties
	ever := map[string]map[string]bool{}        // definition, properties of any version
	for _, version := range template.APIVersions() {
		schemas[version] = readSchema(t, filepath.Join(dir, version+".json"))
		for def, props := range schemas[version] {
			if ever[def] == nil {
				ever[def] = map[string]bool{}
			}
			for _, p := range props {
				ever[def][p] = true
			}
		}
	}
	compared := 0
	for version, defs := range schemas {
		for def, props := range defs {
			place, mapped := places[def]
			if !mapped {
				continue
			}
			for _, p := range slices.Sorted(maps.Keys(ever[def])) {
				if p == "type" {
					continue
				}
				compared++
				want, got := slices.Contains(props, p), known(t, version, place, p)
				if want != got && !beyondSchema[fmt.Sprintf("%s %s.%s", version, def, p)] {
					t.Errorf("%s: %s.%s: the schema has it: %v, the table: %v", version, def, p, want, got)
				}
			}
		}
	}
	t.Logf("%d properties compared in %d api-versions", compared, len(schemas))
}

// known reports whether Decode takes property p of the object at place. Its value is null, which is never read.
func known(t *testing.T, version, place, p string) bool {
	t.Helper()
	if version == "2018-02-01-preview" { // this one wrote them with a small letter
		for _, name := range []string{"Shell", "ManagedImage", "SharedImage"} {
			if !strings.HasPrefix(place, `"source"`) {
				place = strings.ReplaceAll(place, `"type": "`+name+`"`, `"type": "`+strings.ToLower(name[:1])+name[1:]+`"`)
			}
		}
	}
	body := fmt.Sprintf(`{"apiVersion": %q, "properties": {%s}}`, version, fmt.Sprintf(place, fmt.Sprintf("%q: null", p)))
	n, list := armjson.Parse("t.json", []byte(body))
	if list.HasErrors() {
		t.Fatalf("%s: %v", body, list)
	}
	_, list = template.Decode(n)
	return !slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
		switch d.Code {
		case template.CodeUnknownProperty, template.CodePropertyVersion, template.CodePropertyCase, template.CodeUnknownType:
			return strings.HasSuffix(d.Path, "."+p) || d.Code == template.CodeUnknownType
		}
		return false
	})
}

func readSchema(t *testing.T, file string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	defs := map[string][]string{}
	for name, d := range schema.Definitions {
		defs[name] = slices.Sorted(maps.Keys(d.Properties))
	}
	return defs
}
