package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/schema"
)

func TestProperty(t *testing.T) {
	for _, tt := range []struct {
		name, typ, version, property string
		want                         string // the spelling found; "" if none
		exact                        bool
	}{
		{"as written", "ImageTemplateProperties", "2024-02-01", "vmProfile", "vmProfile", true},
		{"another case", "ImageTemplatePropertiesOptimize", "2024-02-01", "vmboot", "vmBoot", false},
		{"too early", "ImageTemplateProperties", "2020-02-14", "validate", "", false},
		{"too late", "ImageTemplateShellCustomizer", "2020-02-14", "script", "", false},
		{"case that another version had", "ImageTemplateIsoSource", "2019-05-01-preview", "sourceURI", "sourceUri", false},
		{"from a union", "ImageTemplateVhdDistributor", "2025-10-01", "runOutputName", "runOutputName", true},
		{"written by the service", "ImageTemplateProperties", "2018-02-01-preview", "lastRunStatus", "lastRunStatus", true},
		{"beyond the published shape", "ImageTemplateVmProfile", "2019-05-01-preview", "vnetConfig", "vnetConfig", true},
		{"no such", "ImageTemplateProperties", "2025-10-01", "customise", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, exact := schema.Lookup(tt.typ).Property(tt.version, tt.property)
			got := ""
			if p != nil {
				got = p.Name
			}
			if got != tt.want || exact != tt.exact {
				t.Errorf("found %q, exact %v; want %q, %v", got, exact, tt.want, tt.exact)
			}
		})
	}
}

// TestFormsOverVersions looks at properties that changed, and what each version allows.
func TestFormsOverVersions(t *testing.T) {
	shared := schema.Lookup("ImageTemplateSharedImageDistributor")
	required := map[string]bool{}
	storage := map[string]int{}
	for _, v := range schema.Versions() {
		p, _ := shared.Property(v, "replicationRegions")
		required[v] = p.Required
		if p, _ := shared.Property(v, "storageAccountType"); p != nil {
			storage[v] = len(p.OneOf)
		}
	}
	wantRequired := map[string]bool{
		"2018-02-01-preview": true, "2019-02-01-preview": true, "2019-05-01-preview": true, "2020-02-14": true, "2021-10-01": true,
		"2022-02-14": true, "2022-07-01": false, "2023-07-01": false, "2024-02-01": false, "2025-10-01": false,
	}
	if diff := cmp.Diff(wantRequired, required); diff != "" {
		t.Errorf("replicationRegions is required (-want +got):\n%s", diff)
	}
	wantStorage := map[string]int{
		"2020-02-14": 2, "2021-10-01": 2, "2022-02-14": 2, "2022-07-01": 3, "2023-07-01": 3, "2024-02-01": 3, "2025-10-01": 3,
	}
	if diff := cmp.Diff(wantStorage, storage); diff != "" {
		t.Errorf("values of storageAccountType (-want +got):\n%s", diff)
	}
	var spans []schema.Span
	for _, p := range shared.Ever("STORAGEACCOUNTTYPE") {
		spans = append(spans, p.Span)
	}
	if diff := cmp.Diff([]schema.Span{{Since: "2020-02-14", Until: "2022-02-14"}, {Since: "2022-07-01"}}, spans); diff != "" {
		t.Errorf("forms of storageAccountType (-want +got):\n%s", diff)
	}
}

func TestVariant(t *testing.T) {
	for _, tt := range []struct {
		name, union, version, value string
		want                        string // the type found
		exact                       bool
	}{
		{"as written", "ImageTemplateCustomizer", "2025-10-01", "WindowsRestart", "ImageTemplateRestartCustomizer", true},
		{"small letter then", "ImageTemplateCustomizer", "2018-02-01-preview", "shell", "ImageTemplateShellCustomizer", true},
		{"small letter now", "ImageTemplateCustomizer", "2025-10-01", "shell", "ImageTemplateShellCustomizer", false},
		{"gone", "ImageTemplateSource", "2020-02-14", "ISO", "", false},
		{"not yet", "ImageTemplateInVMValidator", "2022-02-14", "File", "", false},
		{"beyond the published shape", "ImageTemplateCustomizer", "2019-05-01-preview", "WindowsUpdate", "ImageTemplateWindowsUpdateCustomizer", true},
		{"told apart by scheme", "DistributeVersioner", "2024-02-01", "Latest", "DistributeVersionerLatest", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, exact := schema.Lookup(tt.union).Variant(tt.version, tt.value)
			got := ""
			if v != nil {
				got = v.Type
			}
			if got != tt.want || exact != tt.exact {
				t.Errorf("found %q, exact %v; want %q, %v", got, exact, tt.want, tt.exact)
			}
		})
	}
}

func TestPolymorphs(t *testing.T) {
	got := map[string]string{}
	for _, u := range schema.Polymorphs() {
		got[u.Name] = u.Discriminator
	}
	want := map[string]string{
		"DistributeVersioner": "scheme", "ImageTemplateCustomizer": "type", "ImageTemplateDistributor": "type",
		"ImageTemplateInVMValidator": "type", "ImageTemplateSource": "type", "TriggerProperties": "kind",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unions (-want +got):\n%s", diff)
	}
}

// TestNear offers what was meant for mistakes that published templates have.
func TestNear(t *testing.T) {
	for given, tt := range map[string]struct{ typ, version, want string }{
		"aritfactTags":    {"ImageTemplateManagedImageDistributor", "2020-02-14", "artifactTags"},
		"imageVersionID":  {"ImageTemplateSharedImageVersionSource", "2024-02-01", "imageVersionId"},
		"vnetconfig":      {"ImageTemplateVmProfile", "2022-02-14", "vnetConfig"},
		"RunElevated":     {"ImageTemplatePowerShellCustomizer", "2024-02-01", "runElevated"},
		"provisionState":  {"ImageTemplateProperties", "2024-02-01", ""}, // the service's own are not offered
		"WindowsRestartt": {"ImageTemplateCustomizer", "2024-02-01", "WindowsRestart"},
	} {
		if got := schema.Lookup(tt.typ).Near(tt.version, given); got != tt.want {
			t.Errorf("%s: near %q is %q, want %q", tt.typ, given, got, tt.want)
		}
	}
}

func TestNothingUnknownIsFound(t *testing.T) {
	if schema.Lookup("ImageTemplate") != nil {
		t.Error("a type that does not exist was found")
	}
	if schema.Known("2026-01-01") || !schema.Known("2020-02-14") {
		t.Error("Known is wrong")
	}
	if p, _ := schema.Lookup("TargetRegion").Property("2020-02-14", "name"); p != nil {
		t.Errorf("found %+v before its type began", p)
	}
}
