package emit

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/emit/configspec"
	"github.com/ingot-build/ingot/translate/plan"
)

const inGroup = "/subscriptions/s1/resourceGroups/images/providers/"

// rich is a plan that asks for all that a source block can hold.
func rich(os plan.OS) *plan.Plan {
	p := sample()
	p.OS = os
	if os == plan.Windows {
		p.Steps = nil
	}
	identity := inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/builder"
	p.Source.PlatformImage.Plan = &plan.PurchasePlan{Name: "n", Product: "p", Publisher: "b"}
	p.DataDisksGB = []int64{8, 16}
	p.Azure = plan.Azure{
		Location: "westeurope", VMSize: "Standard_D4s_v5", Identities: []string{identity}, VMIdentities: []string{identity},
		Network:              plan.Network{SubnetID: inGroup + "Microsoft.Network/virtualNetworks/net/subnets/build"},
		StagingResourceGroup: "/subscriptions/s1/resourceGroups/staging",
		ResourceTags:         map[string]string{"team": "web"},
	}
	p.Destinations = []plan.Destination{
		{ID: "distribute[0]", Origin: plan.Origin{Path: "properties.distribute[0]"}, Tags: map[string]string{"app": "web"},
			ManagedImage: &plan.ManagedImage{ID: inGroup + "Microsoft.Compute/images/web", Location: "westeurope"}},
		{ID: "distribute[1]", Origin: plan.Origin{Path: "properties.distribute[1]"}, SharedImage: &plan.SharedImage{
			DefinitionID: inGroup + "Microsoft.Compute/galleries/gal/images/web", Scheme: plan.SchemeLatest, ExcludeFromLatest: true,
			Regions:         []plan.TargetRegion{{Name: "westeurope", ReplicaCount: 3, StorageAccountType: "Standard_ZRS"}},
			ReplicationMode: "Shallow"}},
		{ID: "distribute[2]", Origin: plan.Origin{Path: "properties.distribute[2]"},
			VHD: &plan.VHD{URI: "https://acct.blob.core.windows.net/disks/web.vhd"}},
	}
	p.Validation = &plan.Validation{Steps: []plan.Step{{ID: "validate[0]", Shell: &plan.Shell{
		Script: plan.Content{FileName: "v01.sh", Text: "true\n"}}}}}
	return p
}

// sources are other places to start from.
func sources() map[string]plan.Source {
	at := plan.Origin{Path: "properties.source"}
	return map[string]plan.Source{
		"marketplace": rich(plan.Linux).Source,
		"managed":     {Origin: at, ManagedImage: &plan.ImageRef{ID: inGroup + "Microsoft.Compute/images/base"}},
		"gallery":     {Origin: at, SharedImage: &plan.ImageRef{ID: inGroup + "Microsoft.Compute/galleries/gal/images/base/versions/1.2.3"}},
		"latest":      {Origin: at, SharedImage: &plan.ImageRef{ID: inGroup + "Microsoft.Compute/galleries/gal/images/base/versions/latest"}},
	}
}

// No release is given a field that it does not have, whatever the plan asks for.
func TestAzureFieldsExist(t *testing.T) {
	for _, table := range configspec.Tables() {
		for name, source := range sources() {
			for _, os := range []plan.OS{plan.Linux, plan.Windows} {
				for _, standalone := range []bool{false, true} {
					p := rich(os)
					if p.Source = source; standalone {
						p.Azure.Network = plan.Network{}
					}
					f, err := Packer(p, Options{Target: Azure, PluginVersion: table.Version.String(), Standalone: standalone})
					if err != nil {
						t.Fatal(err)
					}
					for _, path := range []string{TemplateFile, ValidateDir + "/" + TemplateFile} {
						for _, field := range unknownFields(sourceBody(t, data(t, f, path)), table) {
							t.Errorf("%s from %s, %s, standalone %v: plugin %s has no field %s", path, name, os, standalone,
								table.Version, strings.Join(field, "."))
						}
					}
				}
			}
		}
	}
}

// sourceBody parses the one source block.
func sourceBody(t *testing.T, src []byte) *hclsyntax.Body {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL(src, TemplateFile)
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, src)
	}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type == "source" {
			return b.Body
		}
	}
	t.Fatal("no source block")
	return nil
}

// unknownFields gives the paths of attributes and blocks that a release does not have.
func unknownFields(b *hclsyntax.Body, table *configspec.Table, in ...string) [][]string {
	var all [][]string
	for name := range b.Attributes {
		if path := append(slices.Clone(in), name); table.Attribute(path...) == "" {
			all = append(all, path)
		}
	}
	for _, inner := range b.Blocks {
		path := append(slices.Clone(in), inner.Type)
		if !table.Block(path...) {
			all = append(all, path)
			continue
		}
		all = append(all, unknownFields(inner.Body, table, path...)...)
	}
	return all
}

// What a release lacks is told, with the property and with the release that has it.
func TestAzureLost(t *testing.T) {
	lost := func(p *plan.Plan, o Options) []string {
		o.Target = Azure
		f, err := Packer(p, o)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, l := range f.Lost {
			all = append(all, l.Path+": "+l.What+": "+l.Why+": "+l.Fix)
		}
		return all
	}
	for _, tt := range []struct {
		name   string
		change func(*plan.Plan)
		o      Options
		want   string
	}{
		{"shallow", func(*plan.Plan) {}, Options{PluginVersion: "2.0.0", Standalone: true},
			`properties.distribute[1].replicationMode: "use_shallow_replication" is not set: the azure plugin 2.0.0 has no such field: --plugin-version 2.0.1`},
		{"VHD of an old plugin", func(*plan.Plan) {}, Options{PluginVersion: "~> 2.4", Standalone: true},
			`properties.distribute[2]: the VHD is not made: the azure plugin 2.4.0 makes one only of unmanaged disks, which Azure no longer has: --plugin-version 2.5.0`},
		{"subnet elsewhere", func(p *plan.Plan) {
			p.Azure.Network.SubnetID = strings.Replace(p.Azure.Network.SubnetID, "s1", "s2", 1)
		}, Options{},
			`properties.vmProfile.vnetConfig.subnetId: the build VM is not put into the subnet "/subscriptions/s2/resourceGroups/images/providers/Microsoft.Network/virtualNetworks/net/subnets/build": the builder looks for networks only in the subscription that it builds in, s1: join a subnet of that subscription`},
		{"container subnet", func(p *plan.Plan) { p.Azure.Network.ContainerInstanceSubnetID = "x" }, Options{},
			`properties.vmProfile.vnetConfig.containerInstanceSubnetId: no container is put into the subnet: Packer runs where it is started, and connects to the build VM itself: `},
		{"many tags", func(p *plan.Plan) {
			for i := range 12 {
				p.Azure.ResourceTags[strings.Repeat("x", i+1)] = ""
			}
		}, Options{}, `properties.managedResourceTags: 13 tags are not set: the azure plugin 2.5.0 takes no more than 11: `},
		{"address", func(p *plan.Plan) { p.Azure.Network = plan.Network{} }, Options{PluginVersion: "2.1.0"},
			`properties.vmProfile.vnetConfig: the build VM gets no public address: the azure plugin 2.1.0 asks for one of the Basic kind, which Azure no longer has: --plugin-version 2.1.4`},
		{"second gallery", func(p *plan.Plan) { p.Destinations = append(p.Destinations, p.Destinations[1]) }, Options{Standalone: true},
			`properties.distribute[1]: the second SharedImage is not made: the builder makes one of a kind, and makes that of properties.distribute[1]: `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := rich(plan.Linux)
			tt.change(p)
			if got := lost(p, tt.o); !slices.Contains(got, tt.want) {
				t.Errorf("(-want +got):\n%s", cmp.Diff([]string{tt.want}, got))
			}
		})
	}
}

func TestAzureRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*plan.Plan)
		o      Options
		want   string
	}{
		{"version", func(*plan.Plan) {}, Options{PluginVersion: "newest"},
			`emit web: "newest" is neither a version of the azure plugin, such as 2.6.3, nor a constraint such as ~> 2.5`},
		{"old version", func(*plan.Plan) {}, Options{PluginVersion: "1.0.0"},
			`emit web: the fields of azure plugin 1.0.0 are not known; the oldest known are those of 1.4.5`},
		{"managed image", func(p *plan.Plan) { p.Source = plan.Source{ManagedImage: &plan.ImageRef{ID: "web"}} }, Options{},
			`emit web: properties.source.imageId: "web" is not the id of a managed image`},
		{"identity", func(p *plan.Plan) { p.Azure.VMIdentities = []string{"builder"} }, Options{},
			`emit web: properties.vmProfile.userAssignedIdentities[0]: "builder" is not the id of a managed identity`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := rich(plan.Linux)
			tt.change(p)
			tt.o.Target = Azure
			if f, err := Packer(p, tt.o); f != nil || err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v; want error %s", f, err, tt.want)
			}
		})
	}
}

// A shared access signature is a secret, and stays out of the folder and out of what is told.
func TestAzureSignature(t *testing.T) {
	const signature = "sig=c2VjcmV0"
	p := rich(plan.Linux)
	p.Destinations[2].VHD.URI += "?sv=2024-01-01&" + signature
	for _, o := range []Options{{Target: Azure}, {Target: Azure, Standalone: true}, {Target: Azure, Standalone: true, PluginVersion: "1.4.5"}} {
		f, err := Packer(p, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range f.Files {
			if bytes.Contains(file.Data, []byte(signature)) {
				t.Errorf("%+v: it is in %s", o, file.Path)
			}
		}
		for _, l := range f.Lost {
			if strings.Contains(l.What+l.Why+l.Fix, signature) {
				t.Errorf("%+v: it is in %+v", o, l)
			}
		}
	}
}

func TestVHDPlace(t *testing.T) {
	for _, tt := range []struct {
		uri  string
		want vhdPlace
		ok   bool
	}{
		{"https://acct.blob.core.windows.net/disks", vhdPlace{account: "acct", container: "disks"}, true},
		{"https://acct.blob.core.windows.net/disks/web.vhd", vhdPlace{"acct", "disks", "", "web"}, true},
		{"https://acct.blob.core.windows.net/disks/a/b/web.vhd?sv=1&sig=x", vhdPlace{"acct", "disks", "a/b/", "web"}, true},
		{"https://acct.blob.core.windows.net/disks/web", vhdPlace{"acct", "disks", "", ""}, true},
		{"https://acct.blob.core.windows.net/disks/we b.vhd", vhdPlace{"acct", "disks", "", ""}, true},
		{"https://acct.blob.core.chinacloudapi.cn/disks", vhdPlace{account: "acct", container: "disks"}, true},
		{uri: "https://acct.blob.core.windows.net/"},
		{uri: "https://acct.blob.core.windows.net/Disks/web.vhd"},
		{uri: "https://example.com/disks/web.vhd"},
		{uri: "disks/web.vhd"},
		{uri: "https://a b/%zz"},
	} {
		t.Run(tt.uri, func(t *testing.T) {
			var got vhdPlace
			ok := got.read(tt.uri)
			if ok != tt.ok || got != tt.want {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// A name that is made satisfies the builder.
func TestMadeNames(t *testing.T) {
	for _, tt := range []struct{ name, image, snapshot string }{
		{"web", "web", "web"},
		{"web-2.0_x", "web-2.0_x", "web_2_0_x"},
		{"-web.", "web", "web"},
		{"é€", "image", "image"},
		{"", "image", "image"},
		{strings.Repeat("a", 100), strings.Repeat("a", 80), strings.Repeat("a", 79)},
	} {
		if got := plainImageName(tt.name); got != tt.image {
			t.Errorf("image of %q: got %q, want %q", tt.name, got, tt.image)
		}
		if got := snapshotName(tt.name); got != tt.snapshot {
			t.Errorf("snapshot of %q: got %q, want %q", tt.name, got, tt.snapshot)
		}
	}
}
