package plan

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/diag"
)

// full sets every field but the ranges, so that a field without a JSON form shows.
func full() *Plan {
	major := int64(1)
	sum := strings.Repeat("ab", 32)
	return &Plan{
		Name: "web", APIVersion: "2024-02-01", OS: Linux, OSDiskSizeGB: 30, DataDisksGB: []int64{8}, TimeoutMinutes: 240,
		Azure: Azure{
			Location: "westus2", Identities: []string{"i"}, VMSize: "s", VMIdentities: []string{"v"}, StagingResourceGroup: "g",
			Network:      Network{SubnetID: "a", ContainerInstanceSubnetID: "b", ProxyVMSize: "c", VirtualNetwork: "d", Subnet: "e", ResourceGroup: "f"},
			ResourceTags: map[string]string{"k": "v"},
		},
		OnError: OnError{KeepBuildVM: true, KeepValidationVM: true}, OptimizeBoot: true,
		Validation: &Validation{SourceOnly: true, DistributeAnyway: true, Steps: []Step{
			{ID: "validate[0]", PowerShell: &PowerShell{Script: Content{FileName: "v-01.ps1", Text: "a"}, Elevated: true, AsSystem: true,
				ValidExitCodes: []int64{0, 3010}, LastWord: true}},
		}},
		Source: Source{
			PlatformImage: &PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12-gen2", Version: "latest",
				Plan: &PurchasePlan{Name: "n", Product: "p", Publisher: "u"}},
			Exact:  &Exact{Version: "0.1.2", ID: "id", SHA256: sum, Format: "qcow2", Size: 1 << 30, Generation: "V2", Architecture: "x64", SecurityType: "TrustedLaunch"},
			Origin: Origin{Path: "properties.source"},
		},
		Steps: []Step{
			{ID: "customize[0]", Name: "a <b> & c", Hidden: true, Origin: Origin{Path: "properties.customize[0]"},
				Shell: &Shell{AsRoot: true, LastWord: true, Script: Content{FileName: "01-a.sh", Text: "#!/bin/sh\necho 'é' >&2\n"}}},
			{ID: "customize[1]", File: &File{Destination: "/tmp/x", Content: Content{
				FileName: "02-x", URI: "https://example.com/x", SHA256: sum, Size: 5, Resolved: true,
				Origin: Origin{Path: "a"}, ChecksumOrigin: Origin{Path: "b"}}}},
			{ID: "customize[2]", WindowsRestart: &WindowsRestart{Command: "c", CheckCommand: "k", Timeout: "5m"}},
			{ID: "customize[3]", WindowsUpdate: &WindowsUpdate{SearchCriteria: "s", Filters: []string{"include:$true"}, UpdateLimit: 3}},
		},
		Destinations: []Destination{
			{ID: "distribute[0]", RunOutputName: "i", Tags: map[string]string{"k": "v"}, ManagedImage: &ManagedImage{ID: "m", Location: "l"}},
			{ID: "distribute[1]", RunOutputName: "g", SharedImage: &SharedImage{DefinitionID: "d", Scheme: SchemeLatest, Major: &major,
				Regions:           []TargetRegion{{Name: "westeurope", ReplicaCount: 2, StorageAccountType: "Standard_LRS"}},
				ExcludeFromLatest: true, ReplicationMode: "Full"}},
			{ID: "distribute[2]", RunOutputName: "v", VHD: &VHD{URI: "u"}, Origin: Origin{Path: "properties.distribute[2]"}},
		},
	}
}

// TestFull holds that full has every field, in one place at least.
func TestFull(t *testing.T) {
	set, fields := map[string]bool{}, map[string]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				name := v.Type().Name() + "." + v.Type().Field(i).Name
				fields[name] = true
				set[name] = set[name] || !v.Field(i).IsZero()
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(full()))
	for name := range fields {
		// One source has one type, a content has text or a URI, and a range is not in JSON.
		if !set[name] && name != "Source.ManagedImage" && name != "Source.SharedImage" && name != "Origin.Range" && name != "Content.Lines" && name != "SharedImage.Version" &&
			!strings.HasPrefix(name, "Range.") && !strings.HasPrefix(name, "Pos.") {
			t.Errorf("%s is nowhere set", name)
		}
	}
}

func TestThereAndBack(t *testing.T) {
	data, err := Encode(full())
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full(), back); diff != "" {
		t.Errorf("plan after JSON (-want +got):\n%s", diff)
	}
	if text := string(data); !strings.Contains(text, "a <b> & c") {
		t.Errorf("markup is escaped:\n%s", text)
	}
}

func TestRangesAreNotIdentity(t *testing.T) {
	p := full()
	p.Source.Origin.Range = diag.Range{File: "t.json", Start: diag.Pos{Line: 3, Column: 1, Byte: 20}}
	moved, err := Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	same, err := Encode(full())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(same), string(moved)); diff != "" {
		t.Errorf("a moved block changes the plan:\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Plan)
		want   string
	}{
		{"no OS", func(p *Plan) { p.OS = "" }, `os is "", which is none`},
		{"no source", func(p *Plan) { p.Source.PlatformImage = nil }, "source has 0 types"},
		{"two sources", func(p *Plan) { p.Source.ManagedImage = &ImageRef{} }, "source has 2 types"},
		{"empty step", func(p *Plan) { p.Steps[0].Shell = nil }, "step customize[0] has 0 types"},
		{"same step twice", func(p *Plan) { p.Steps[1].ID = "customize[0]" }, `step id "customize[0]" is empty or not the only one`},
		{"same file twice", func(p *Plan) { p.Steps[1].File.Content.FileName = "01-a.sh" }, `file name "01-a.sh" is empty or not the only one`},
		{"text and URI", func(p *Plan) { p.Steps[1].File.Content.Text = "x" }, "step customize[1] has both the text and the URI of 02-x"},
		{"no sum", func(p *Plan) { p.Steps[1].File.Content.SHA256 = "" }, "step customize[1] has 02-x resolved without a checksum"},
		{"empty destination", func(p *Plan) { p.Destinations[2].VHD = nil }, "destination distribute[2] has 0 types"},
		{"no version", func(p *Plan) { p.Destinations[1].SharedImage.Scheme = "" },
			"destination distribute[1] needs either a version or a scheme that makes one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := full()
			tt.change(p)
			if err := p.Check(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if err := full().Check(); err != nil {
		t.Errorf("a right plan: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", "decode plan: EOF"},
		{"another property", `{"nmae": "x"}`, `decode plan: json: unknown field "nmae"`},
		{"two plans", `{} {}`, "decode plan: there is something after its end"},
		{"not a plan", `{}`, "decode plan: os is \"\", which is none\nsource has 0 types"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if p, err := Decode([]byte(tt.in)); p != nil || err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v; want %s", p, err, tt.want)
			}
		})
	}
}
