package lower

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// place is a range that is not zero: in these tests all that matters is whether something was written.
var place = diag.Range{File: "t.json", Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2, Byte: 1}}

var here = template.Written{Range: place}

func str(s string) template.String { return template.String{Value: s, Written: here} }
func num(i int64) template.Int     { return template.Int{Value: i, Written: here} }

func list[T any](all ...T) template.List[T] { return template.List[T]{Value: all, Written: here} }

const definition = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/web"

// minimal is a template that check would pass.
func minimal() *template.ImageTemplate {
	return &template.ImageTemplate{
		Name: str("web"), APIVersion: str("2024-02-01"),
		Source: &template.PlatformImage{Publisher: str("Debian"), Offer: str("debian-12"), SKU: str("12-gen2"), Version: str("latest"), Range: place},
		Distribute: list[template.Distributor](
			&template.DistributeVHD{Distribution: template.Distribution{RunOutputName: str("out"), Path: "properties.distribute[0]", Range: place}},
		),
	}
}

func lowered(t *testing.T, tmpl *template.ImageTemplate) *plan.Plan {
	t.Helper()
	p, diags := Lower(tmpl)
	if len(diags) > 0 {
		t.Fatalf("diagnostics: %v", diags)
	}
	data, err := plan.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	back, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back, cmpopts.IgnoreTypes(diag.Range{}, plan.Lines{})); diff != "" {
		t.Errorf("plan is not the same after JSON (-want +got):\n%s", diff)
	}
	return p
}

func TestDefaults(t *testing.T) {
	p := lowered(t, minimal())
	want := &plan.Plan{
		Name: "web", APIVersion: "2024-02-01", OS: plan.Linux, TimeoutMinutes: 240,
		Source: plan.Source{
			PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12-gen2", Version: "latest"},
			Origin:        plan.Origin{Path: "properties.source", Range: place},
		},
		Steps: []plan.Step{
			{ID: "prepare", Hidden: true, File: &plan.File{Destination: "/tmp/DeprovisioningScript.sh",
				Content: plan.Content{FileName: "DeprovisioningScript.sh", Text: deprovisionShell}}},
			{ID: "generalize", Hidden: true, Shell: &plan.Shell{AsRoot: true, LastWord: true,
				Script: plan.Content{FileName: "generalize.sh", Text: generalizeShell}}},
		},
		Destinations: []plan.Destination{{ID: "distribute[0]", RunOutputName: "out", VHD: &plan.VHD{},
			Origin: plan.Origin{Path: "properties.distribute[0]", Range: place}}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestMachineAndTimeout(t *testing.T) {
	tmpl := minimal()
	tmpl.VMProfile.OSDiskSizeGB, tmpl.BuildTimeout = num(64), num(90)
	if p := lowered(t, tmpl); p.OSDiskSizeGB != 64 || p.TimeoutMinutes != 90 {
		t.Errorf("got %d GiB, %d minutes", p.OSDiskSizeGB, p.TimeoutMinutes)
	}
	tmpl.BuildTimeout = num(0)
	if p := lowered(t, tmpl); p.TimeoutMinutes != 240 {
		t.Errorf("0 became %d minutes, want 240", p.TimeoutMinutes)
	}
}

func TestSources(t *testing.T) {
	tmpl := minimal()
	tmpl.Customize = list[template.Customizer](&template.Shell{Script: template.Script{Inline: list(str("true"))}}) // shows that it is Linux
	tmpl.Source = &template.ManagedImage{ImageID: str("/subscriptions/s/images/x/"), Range: place}
	if got := lowered(t, tmpl).Source.ManagedImage; got == nil || got.ID != "/subscriptions/s/images/x" {
		t.Errorf("managed image: %+v", got)
	}
	tmpl.Source = &template.SharedImageVersion{ImageVersionID: str(definition + "/versions/latest"), Range: place}
	if got := lowered(t, tmpl).Source.SharedImage; got == nil || got.ID != definition+"/versions/latest" {
		t.Errorf("gallery version: %+v", got)
	}
}

func TestCustomizers(t *testing.T) {
	common := func(name string, i string) template.Common {
		c := template.Common{Path: "properties.customize[" + i + "]", Range: place}
		if name != "" {
			c.Name = str(name)
		}
		return c
	}
	upper := strings.Repeat("AB", 32)
	tmpl := minimal()
	tmpl.Customize = list[template.Customizer](
		&template.Shell{Common: common("install nginx", "0"), Script: template.Script{
			Inline: list(str("echo 1"), str(""), str("echo 'é'"))}},
		&template.File{Common: common("", "1"), SourceURI: str("site/index.html"), SHA256Checksum: str(""), Destination: str("/tmp/index.html")},
		&template.Shell{Common: common("", "2"), Script: template.Script{
			ScriptURI: str("https://a.example/s/harden.sh?sig=SECRET"), SHA256Checksum: str(upper)}},
	)
	got := lowered(t, tmpl).Steps
	got = got[1 : len(got)-1]
	want := []plan.Step{
		{ID: "customize[0]", Name: "install nginx", Origin: plan.Origin{Path: "properties.customize[0]", Range: place},
			Shell: &plan.Shell{Script: plan.Content{FileName: "01-install-nginx.sh", Text: "#!/bin/sh -e\necho 1\n\necho 'é'\n",
				Origin: plan.Origin{Path: "properties.customize[0].inline", Range: place}, Lines: plan.Lines{{}, place, place, place}}}},
		{ID: "customize[1]", Origin: plan.Origin{Path: "properties.customize[1]", Range: place},
			File: &plan.File{Destination: "/tmp/index.html", Content: plan.Content{FileName: "02-index.html", URI: "site/index.html",
				Origin: plan.Origin{Path: "properties.customize[1].sourceUri", Range: place}}}},
		{ID: "customize[2]", Origin: plan.Origin{Path: "properties.customize[2]", Range: place},
			Shell: &plan.Shell{Script: plan.Content{FileName: "03-harden.sh", URI: "https://a.example/s/harden.sh?sig=SECRET",
				SHA256:         strings.ToLower(upper),
				Origin:         plan.Origin{Path: "properties.customize[2].scriptUri", Range: place},
				ChecksumOrigin: plan.Origin{Path: "properties.customize[2].sha256Checksum", Range: place}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestFileNames(t *testing.T) {
	tests := []struct{ name, label, uri, fallback, want string }{
		{"label of inline commands", "installNginx", "", "inline.sh", "01-installNginx.sh"},
		{"no label", "", "", "inline.sh", "01-inline.sh"},
		{"label with extension", "setup.sh", "", "inline.sh", "01-setup.sh"},
		{"label and URI", "page", "https://a.example/x/index.html", "sourceUri", "01-page.html"},
		{"URI", "", "https://a.example/x/index.html", "sourceUri", "01-index.html"},
		{"query is left out", "", "https://a.example/x/a.sh?sig=abc.def", "scriptUri", "01-a.sh"},
		{"URI without path", "", "https://a.example", "scriptUri", "01-scriptUri"},
		{"URI ends in slash", "", "https://a.example/dir/", "scriptUri", "01-dir"},
		{"escapes in URI", "", "https://a.example/my%20file%2Fx.txt", "sourceUri", "01-x.txt"},
		{"file URL", "", "file:///srv/a.tar.gz", "sourceUri", "01-a.tar.gz"},
		{"relative path", "", "../site/app.conf", "sourceUri", "01-app.conf"},
		{"no extension", "", "bin/tool", "sourceUri", "01-tool"},
		{"dot file", "", "dots/.bashrc", "sourceUri", "01-sourceUri.bashrc"},
		{"hostile label", "../../etc/passwd\x00\n$(x)", "", "inline.sh", "01-etc-passwd-x.sh"},
		{"nothing usable", "日本", "", "inline.sh", "01-inline.sh"},
		{"very long", strings.Repeat("x", 300), "", "inline.sh", "01-" + strings.Repeat("x", 48) + ".sh"},
		{"very long extension", "", "a." + strings.Repeat("y", 300), "sourceUri", "01-a." + strings.Repeat("y", 48)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fileName("01", tt.label, tt.uri, tt.fallback); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSharedImage(t *testing.T) {
	one := int64(1)
	tests := []struct {
		name string
		in   template.DistributeSharedImage
		want plan.SharedImage
	}{
		{"no versioning", template.DistributeSharedImage{GalleryImageID: str(definition)},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeClock}},
		{"explicit version", template.DistributeSharedImage{GalleryImageID: str(definition + "/Versions/1.2.3/")},
			plan.SharedImage{DefinitionID: definition, Version: "1.2.3"}},
		{"latest", template.DistributeSharedImage{GalleryImageID: str(definition), Versioning: template.Versioning{Written: here, Scheme: str("Latest")}},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeLatest}},
		{"latest of any major", template.DistributeSharedImage{GalleryImageID: str(definition),
			Versioning: template.Versioning{Written: here, Scheme: str("Latest"), Major: num(-1)}},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeLatest}},
		{"latest of one major", template.DistributeSharedImage{GalleryImageID: str(definition),
			Versioning: template.Versioning{Written: here, Scheme: str("Latest"), Major: num(1)}},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeLatest, Major: &one}},
		{"source", template.DistributeSharedImage{GalleryImageID: str(definition), Versioning: template.Versioning{Written: here, Scheme: str("Source")}},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeSource}},
		{"old regions", template.DistributeSharedImage{GalleryImageID: str(definition),
			ReplicationRegions: list(str("West US 2"), str("eastus")), StorageAccountType: str("Standard_ZRS")},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeClock, Regions: []plan.TargetRegion{
				{Name: "westus2", ReplicaCount: 1, StorageAccountType: "Standard_ZRS"},
				{Name: "eastus", ReplicaCount: 1, StorageAccountType: "Standard_ZRS"}}}},
		{"new regions", template.DistributeSharedImage{GalleryImageID: str(definition),
			ExcludeFromLatest: template.Bool{Value: true, Written: here}, ReplicationMode: str("Shallow"),
			TargetRegions: list(template.TargetRegion{Name: str("westus2")},
				template.TargetRegion{Name: str("eastus"), ReplicaCount: num(3), StorageAccountType: str("Premium_LRS")})},
			plan.SharedImage{DefinitionID: definition, Scheme: plan.SchemeClock, ExcludeFromLatest: true, ReplicationMode: "Shallow",
				Regions: []plan.TargetRegion{
					{Name: "westus2", ReplicaCount: 1, StorageAccountType: "Standard_LRS"},
					{Name: "eastus", ReplicaCount: 3, StorageAccountType: "Premium_LRS"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Distribution = template.Distribution{RunOutputName: str("out"), Range: place,
				ArtifactTags: list(template.Tag{Key: str("k"), Value: str("v")})}
			tmpl := minimal()
			tmpl.Distribute = list[template.Distributor](&tt.in)
			got := lowered(t, tmpl).Destinations[0]
			if diff := cmp.Diff(&tt.want, got.SharedImage); diff != "" {
				t.Errorf("shared image (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{"k": "v"}, got.Tags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}

// What check refuses is never left out in silence.
func TestRefusedSource(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an ISO source was lowered")
		}
	}()
	tmpl := minimal()
	tmpl.Source = &template.ISO{}
	Lower(tmpl)
}

func TestBraces(t *testing.T) {
	tmpl := minimal()
	tmpl.Customize = list[template.Customizer](&template.File{
		Common: template.Common{Path: "properties.customize[0]"}, SourceURI: str("a"), Destination: str("/tmp/{{a}}")})
	p, diags := Lower(tmpl)
	if p != nil || len(diags) != 1 || diags[0].Code != CodePackerBraces || diags[0].Path != "properties.customize[0].destination" {
		t.Errorf("got plan %v and findings %v", p, diags)
	}
}
