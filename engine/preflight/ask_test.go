package preflight_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/emit"
)

const (
	sub       = "/subscriptions/" + azuresim.DefaultSubscription
	imagesID  = sub + "/resourceGroups/images/providers/Microsoft.Compute/"
	vnetID    = sub + "/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v"
	galleryID = imagesID + "galleries/gal"
)

// cloudRig is an emulated Azure with what the templates below need.
type cloudRig struct {
	*testing.T
	sim   *azuresim.Sim
	cred  azcore.TokenCredential
	azure *preflight.Azure
}

func newCloud(t *testing.T, o azuresim.Options) *cloudRig {
	t.Helper()
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	base := policy.ClientOptions{
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: sim.URL() + "/",
			Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: sim.URL(), Audience: sim.URL()}},
		},
		Transport: sim.Client(), Retry: policy.RetryOptions{MaxRetries: -1},
	}
	cred, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222", "secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: base, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := preflight.NewAzure(cred, &arm.ClientOptions{ClientOptions: base})
	if err != nil {
		t.Fatal(err)
	}
	return &cloudRig{t, sim, cred, a}
}

// do sends a request as whoever sets the place up, and wants it to succeed.
func (r *cloudRig) do(method, id, version, body string) {
	r.Helper()
	token, err := r.cred.GetToken(r.Context(), policy.TokenRequestOptions{Scopes: []string{r.sim.URL() + "/.default"}})
	if err != nil {
		r.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.Context(), method, r.sim.URL()+id+"?api-version="+version, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	resp, err := r.sim.Client().Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		r.Fatalf("%s %s: %d %s", method, id, resp.StatusCode, answer)
	}
}

// things are what is there, by id; a defect changes some, or takes them away.
type things map[string]string

// versions of the API, by the end of a resource's type.
func apiVersion(id string) string {
	switch {
	case strings.Contains(id, "/Microsoft.Compute/galleries"):
		return "2023-07-03"
	case strings.Contains(id, "/Microsoft.Compute/"):
		return "2024-07-01"
	case strings.Contains(id, "/Microsoft.Network/"):
		return "2024-01-01"
	case strings.Contains(id, "/Microsoft.Storage/"):
		return "2023-01-01"
	case strings.Contains(id, "/Microsoft.ManagedIdentity/"):
		return "2023-01-31"
	}
	return "2021-04-01"
}

func healthy() things {
	t := things{}
	for _, g := range []string{"staging", "images", "net", "ids", "disks"} {
		t[sub+"/resourceGroups/"+g] = `{"location":"westeurope"}`
	}
	t[sub+"/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"] = `{"location":"westeurope"}`
	t[vnetID] = `{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`
	t[vnetID+"/subnets/build"] = `{"properties":{"addressPrefix":"10.0.1.0/24"}}`
	t[galleryID] = `{"location":"westeurope"}`
	t[galleryID+"/images/web"] = definition("web", "Linux", "Generalized", "V2", "")
	t[galleryID+"/images/base"] = definition("base", "Linux", "Generalized", "V2", "")
	const version = `{"location":"westeurope","properties":{"publishingProfile":{"targetRegions":[{"name":"westeurope"}]},` +
		`"storageProfile":{"osDiskImage":{"source":{"uri":"https://x.blob.azuresim.test/c/d.vhd"}}}}}`
	t[galleryID+"/images/base/versions/1.0.0"] = version
	t[imagesID+"images/source"] = `{"location":"westeurope","properties":{"hyperVGeneration":"V2","storageProfile":{"osDisk":` +
		`{"osType":"Linux","osState":"Generalized","blobUri":"https://x.blob.azuresim.test/c/d.vhd"}}}}`
	t[sub+"/resourceGroups/disks/providers/Microsoft.Storage/storageAccounts/diskaccount"] =
		`{"location":"westeurope","sku":{"name":"Standard_LRS"},"kind":"StorageV2"}`
	return t
}

func definition(name, os, state, generation, security string) string {
	features := "[]"
	if security != "" {
		features = fmt.Sprintf(`[{"name":"SecurityType","value":%q}]`, security)
	}
	return fmt.Sprintf(`{"location":"westeurope","properties":{"osType":%q,"osState":%q,"hyperVGeneration":%q,"features":%s,`+
		`"identifier":{"publisher":"p","offer":"o","sku":%q}}}`, os, state, generation, features, name)
}

// build makes all things, those around others first.
func (r *cloudRig) build(all things) {
	r.Helper()
	for depth := 3; depth < 20; depth++ {
		for id, body := range all {
			if strings.Count(id, "/") == depth && body != "" {
				r.do(http.MethodPut, id, apiVersion(id), body)
			}
		}
	}
}

// image is an image template as an object, for a defect to change.
type image map[string]any

func (i image) props() map[string]any { return i["properties"].(map[string]any) }

func platform(publisher, offer, sku string) map[string]any {
	return map[string]any{"type": "PlatformImage", "publisher": publisher, "offer": offer, "sku": sku, "version": "latest"}
}

func goodTemplate() image {
	return image{
		"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2025-10-01", "location": "westeurope", "name": "web",
		"identity": map[string]any{"type": "UserAssigned", "userAssignedIdentities": map[string]any{
			sub + "/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder": map[string]any{}}},
		"properties": map[string]any{
			"source":               platform("Canonical", "ubuntu-24_04-lts", "server"),
			"stagingResourceGroup": sub + "/resourceGroups/staging",
			"vmProfile": map[string]any{"vmSize": "Standard_D2s_v5", "vnetConfig": map[string]any{"subnetId": vnetID + "/subnets/build"},
				"userAssignedIdentities": []any{sub + "/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"}},
			"distribute": []any{
				map[string]any{"type": "ManagedImage", "runOutputName": "m", "location": "westeurope", "imageId": imagesID + "images/web"},
				map[string]any{"type": "SharedImage", "runOutputName": "g", "galleryImageId": galleryID + "/images/web/versions/1.0.0",
					"targetRegions": []any{map[string]any{"name": "West Europe"}, map[string]any{"name": "northeurope"}}},
			},
		},
	}
}

func (r *cloudRig) ask(i image) []preflight.Finding {
	r.Helper()
	text, err := json.Marshal(i)
	if err != nil {
		r.Fatal(err)
	}
	o := translate.Options{Target: emit.Azure}
	o.Check.Translate = true
	p, found := translate.Translate(translate.Source{File: "web.json", Data: text}, o)
	if p == nil {
		r.Fatalf("the template has errors: %v", found)
	}
	n, err := preflight.Derive([]preflight.Input{{File: "web.json", Plan: p}}, preflight.Options{})
	if err != nil {
		r.Fatal(err)
	}
	list, err := r.azure.Ask(r.Context(), n)
	if err != nil {
		r.Fatal(err)
	}
	return list
}

func toSource(kind, property, id string) func(image) {
	return func(i image) { i.props()["source"] = map[string]any{"type": kind, property: id} }
}

// TestHealthy is silent.
func TestHealthy(t *testing.T) {
	for name, change := range map[string]func(image){
		"as it is":            func(image) {},
		"of a gallery":        toSource("SharedImageVersion", "imageVersionId", galleryID+"/images/base/versions/1.0.0"),
		"of the latest":       toSource("SharedImageVersion", "imageVersionId", galleryID+"/images/base/versions/latest"),
		"of a managed image":  toSource("ManagedImage", "imageId", imagesID+"images/source"),
		"own network":         func(i image) { delete(i.props()["vmProfile"].(map[string]any), "vnetConfig") },
		"own staging group":   func(i image) { delete(i.props(), "stagingResourceGroup") },
		"staging group to be": func(i image) { i.props()["stagingResourceGroup"] = sub + "/resourceGroups/later" },
		"windows": func(i image) {
			i.props()["source"] = platform("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-g2")
			i.props()["distribute"] = i.props()["distribute"].([]any)[:1]
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCloud(t, azuresim.Options{})
			r.build(healthy())
			i := goodTemplate()
			change(i)
			for _, f := range r.ask(i) {
				t.Errorf("%s %s: %s\n%s", f.Code, f.Summary, f.Why, f.Fix)
			}
		})
	}
}

// defect is one thing that is wrong in a place that is healthy otherwise.
type defect struct {
	name    string
	options azuresim.Options
	place   things      // changed things; "" takes one away
	image   func(image) // changes the image template
	code    diag.Code   // what is wanted, and nothing else
	summary string      // a part of it
	path    string      // a place of it
}

const stagingID = sub + "/resourceGroups/staging"

var defects = []defect{
	{"provider not registered", azuresim.Options{Unregistered: []string{"Microsoft.KeyVault"}}, nil, func(i image) {
		i.props()["source"] = platform("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-g2")
		i.props()["distribute"] = i.props()["distribute"].([]any)[:1]
	}, preflight.CodeProvider, `"Microsoft.KeyVault" is not registered`, "properties.source"},
	{"staging group in another region", azuresim.Options{}, things{stagingID: `{"location":"eastus"}`}, nil,
		preflight.CodeStagingGroup, "is in eastus, and the image template in westeurope", "properties.stagingResourceGroup"},
	{"staging group of another template", azuresim.Options{},
		things{stagingID: `{"location":"westeurope","tags":{"imageTemplateName":"db"}}`}, nil,
		preflight.CodeStagingGroup, `is that of the image template "db"`, "properties.stagingResourceGroup"},
	{"staging group not empty", azuresim.Options{},
		things{stagingID + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/left": `{"location":"westeurope"}`}, nil,
		preflight.CodeStagingGroup, "is not empty", "properties.stagingResourceGroup"},
	{"no identity", azuresim.Options{},
		things{sub + "/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app": ""}, nil,
		preflight.CodeIdentity, "/app\" does not exist", "properties.vmProfile.userAssignedIdentities[0]"},
	{"no marketplace image", azuresim.Options{}, nil,
		func(i image) { i.props()["source"] = platform("Canonical", "ubuntu-24_04-lts", "serverr") },
		preflight.CodeSource, "the marketplace has no image", "properties.source"},
	{"source version elsewhere", azuresim.Options{}, things{galleryID + "/images/base/versions/1.0.0": `{"location":"eastus",` +
		`"properties":{"publishingProfile":{"targetRegions":[{"name":"eastus"}]},"storageProfile":{"osDiskImage":{"source":{"uri":"https://x/y"}}}}}`},
		toSource("SharedImageVersion", "imageVersionId", galleryID+"/images/base/versions/1.0.0"),
		preflight.CodeSource, "is not replicated to westeurope", "properties.source.imageVersionId"},
	{"no source version", azuresim.Options{}, nil,
		toSource("SharedImageVersion", "imageVersionId", galleryID+"/images/base/versions/9.9.9"),
		preflight.CodeSource, `versions/9.9.9" does not exist`, "properties.source.imageVersionId"},
	{"source specialized", azuresim.Options{}, things{galleryID + "/images/base": definition("base", "Linux", "Specialized", "V2", "")},
		toSource("SharedImageVersion", "imageVersionId", galleryID+"/images/base/versions/1.0.0"),
		preflight.CodeSource, "is specialized", "properties.source.imageVersionId"},
	{"managed source elsewhere", azuresim.Options{}, things{imagesID + "images/source": `{"location":"eastus","properties":` +
		`{"hyperVGeneration":"V2","storageProfile":{"osDisk":{"osType":"Linux","osState":"Generalized","blobUri":"https://x/y"}}}}`},
		toSource("ManagedImage", "imageId", imagesID+"images/source"),
		preflight.CodeSource, "is in eastus, and the build VM in westeurope", "properties.source.imageId"},
	{"paid image without its plan", azuresim.Options{}, things{galleryID + "/images/web": definition("web", "Linux", "Generalized", "V1", "")},
		func(i image) {
			i.props()["source"] = platform("center-for-internet-security-inc", "cis-ubuntu-linux-2204-l1", "cis-ubuntu-linux-2204-l1-gen1")
		}, preflight.CodeTerms, "does not name its plan", "properties.source"},
	{"no such size", azuresim.Options{}, nil, func(i image) { i.props()["vmProfile"].(map[string]any)["vmSize"] = "Standard_M128s" },
		preflight.CodeVMSize, `no machines of the size "Standard_M128s" in westeurope`, "properties.vmProfile.vmSize"},
	{"size of another generation", azuresim.Options{}, nil,
		func(i image) { i.props()["vmProfile"].(map[string]any)["vmSize"] = "Standard_D2_v2" },
		preflight.CodeVMSize, "take images of generation V1, and the source is of V2", "properties.vmProfile.vmSize"},
	{"quota of the family", azuresim.Options{Quota: map[string]int{"standardDSv5Family": 1}}, nil, nil,
		preflight.CodeQuota, `"standardDSv5Family" in westeurope has no room for 2 more: 0 of 1`, "properties.vmProfile.vmSize"},
	{"quota of the region", azuresim.Options{Quota: map[string]int{"cores": 0}}, nil, nil,
		preflight.CodeQuota, `"cores" in westeurope`, "properties.vmProfile.vmSize"},
	{"no subnet", azuresim.Options{}, things{vnetID + "/subnets/build": ""}, nil,
		preflight.CodeSubnet, "subnets/build\" does not exist", "properties.vmProfile.vnetConfig.subnetId"},
	{"subnet of a service", azuresim.Options{}, things{vnetID + "/subnets/build": `{"properties":{"addressPrefix":"10.0.1.0/24",` +
		`"delegations":[{"name":"d","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroups"}}]}}`}, nil,
		preflight.CodeSubnet, "is delegated to Microsoft.ContainerInstance/containerGroups", "properties.vmProfile.vnetConfig.subnetId"},
	{"network elsewhere", azuresim.Options{},
		things{vnetID: `{"location":"eastus","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`}, nil,
		preflight.CodeSubnet, "is in eastus, and the build VM in westeurope", "properties.vmProfile.vnetConfig.subnetId"},
	{"no group for the managed image", azuresim.Options{}, nil, func(i image) {
		i.props()["distribute"].([]any)[0].(map[string]any)["imageId"] = sub + "/resourceGroups/nowhere/providers/Microsoft.Compute/images/web"
	}, preflight.CodeResourceGroup, "resourceGroups/nowhere\" does not exist", "properties.distribute[0].imageId"},
	{"no definition", azuresim.Options{}, things{galleryID + "/images/web": ""}, nil,
		preflight.CodeDefinition, "the image definition", "properties.distribute[1].galleryImageId"},
	{"no gallery", azuresim.Options{}, nil, func(i image) {
		i.props()["distribute"].([]any)[1].(map[string]any)["galleryImageId"] = imagesID + "galleries/other/images/web/versions/1.0.0"
	}, preflight.CodeDefinition, "galleries/other\" does not exist", "properties.distribute[1].galleryImageId"},
	{"definition for another OS", azuresim.Options{}, things{galleryID + "/images/web": definition("web", "Windows", "Generalized", "V2", "")}, nil,
		preflight.CodeMisfit, "is Windows, and that of the image Linux", "properties.distribute[1].galleryImageId"},
	{"definition of another generation", azuresim.Options{},
		things{galleryID + "/images/web": definition("web", "Linux", "Generalized", "V1", "")}, nil,
		preflight.CodeMisfit, "is V1, and that of the image V2", "properties.distribute[1].galleryImageId"},
	{"definition for specialized images", azuresim.Options{},
		things{galleryID + "/images/web": definition("web", "Linux", "Specialized", "V2", "")}, nil,
		preflight.CodeMisfit, "is for specialized images", "properties.distribute[1].galleryImageId"},
	{"definition of another security type", azuresim.Options{},
		things{galleryID + "/images/web": definition("web", "Linux", "Generalized", "V2", "TrustedLaunch")}, nil,
		preflight.CodeMisfit, `is "TrustedLaunch", and that of the image "Standard"`, "properties.distribute[1].galleryImageId"},
	{"version taken", azuresim.Options{}, things{galleryID + "/images/web/versions/1.0.0": `{"location":"westeurope",` +
		`"properties":{"storageProfile":{"osDiskImage":{"source":{"uri":"https://x/y"}}}}}`}, nil,
		preflight.CodeVersionTaken, "versions/1.0.0\" is there already", "properties.distribute[1].galleryImageId"},
	{"gallery's region left out", azuresim.Options{}, nil, func(i image) {
		i.props()["distribute"].([]any)[1].(map[string]any)["targetRegions"] = []any{map[string]any{"name": "northeurope"}}
	}, preflight.CodeRegions, "is in westeurope, which is not one of the target regions: northeurope", "properties.distribute[1].targetRegions"},
	{"no container", azuresim.Options{}, nil, func(i image) {
		i.props()["distribute"] = []any{map[string]any{"type": "VHD", "runOutputName": "v", "uri": "https://diskaccount.blob.core.windows.net/vhds/web.vhd"}}
	}, preflight.CodeStorage, `/vhds" does not exist`, "properties.distribute[0].uri"},
	{"no storage account", azuresim.Options{}, nil, func(i image) {
		i.props()["distribute"] = []any{map[string]any{"type": "VHD", "runOutputName": "v", "uri": "https://nobody.blob.core.windows.net/vhds/web.vhd"}}
	}, preflight.CodeNotAsked, "it is not known whether the storage account nobody", "properties.distribute[0].uri"},
	{"policy on snapshots", azuresim.Options{Policies: []azuresim.Policy{{Name: "none", Type: "Microsoft.Compute/snapshots"}}}, nil, nil,
		preflight.CodePolicy, "a policy denies Microsoft.Compute/snapshots: " + sub + "/providers/Microsoft.Authorization/policyAssignments/none",
		"properties.distribute"},
	{"policy on tags", azuresim.Options{Policies: []azuresim.Policy{{Name: "owner", Type: "Microsoft.Compute/virtualMachines", Tags: []string{"owner"}}}},
		nil, nil, preflight.CodePolicy, "policyAssignments/owner", "properties.vmProfile"},
	{"may not write versions", azuresim.Options{Denied: []azuresim.Denial{{Action: "Microsoft.Compute/galleries/images/versions/write",
		Scope: galleryID + "/images/web"}}}, nil, nil,
		preflight.CodePermission, "lacks the permission Microsoft.Compute/galleries/images/versions/write at", "properties.distribute[1].galleryImageId"},
	{"may not join", azuresim.Options{Denied: []azuresim.Denial{{Action: "microsoft.network/virtualNetworks/*/join/action"}}}, nil, nil,
		preflight.CodePermission, "subnets/join/action at \"" + vnetID, "properties.vmProfile.vnetConfig.subnetId"},
	{"may do little in the staging group", azuresim.Options{Denied: []azuresim.Denial{{Action: "Microsoft.Compute/*", Scope: stagingID}}}, nil, nil,
		preflight.CodePermission, "lacks 13 permissions at \"" + stagingID, "properties.vmProfile"},
	{"another's subscription", azuresim.Options{}, nil, func(i image) {
		i.props()["distribute"].([]any)[0].(map[string]any)["imageId"] =
			"/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/images/providers/Microsoft.Compute/images/web"
	}, preflight.CodeSubscription, `knows no subscription "0b1f6471-1bf0-4dda-aec3-cb9272f09590"`, "properties.distribute[0].imageId"},
	{"may not look", azuresim.Options{Denied: []azuresim.Denial{{Action: "Microsoft.Network/virtualNetworks/subnets/read"}}}, nil, nil,
		preflight.CodeNotAsked, "it is not known whether the subnet exists", "properties.vmProfile.vnetConfig.subnetId"},
}

// TestDefects seeds one defect after another: each is found, at its place, and nothing else is.
func TestDefects(t *testing.T) {
	severities := map[diag.Code]diag.Severity{}
	for _, e := range preflight.Codes() {
		severities[e.Code] = e.Severity
	}
	for code := range severities {
		if !slices.ContainsFunc(defects, func(d defect) bool { return d.code == code }) {
			t.Errorf("no defect is for %s", code)
		}
	}
	for _, d := range defects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			r := newCloud(t, d.options)
			all := healthy()
			for id, body := range d.place {
				all[id] = body
			}
			r.build(all)
			i := goodTemplate()
			if d.image != nil {
				d.image(i)
			}
			found, hit := r.ask(i), false
			for _, f := range found {
				at := bytes.Buffer{}
				for _, p := range f.Places {
					fmt.Fprintln(&at, p.Path)
				}
				if f.Code != d.code {
					t.Errorf("besides: %s %s (%s)", f.Code, f.Summary, f.Why)
				}
				if f.Code == d.code && strings.Contains(f.Summary, d.summary) && strings.Contains("\n"+at.String(), d.path+"\n") {
					hit = true
				}
				if f.Why == "" || f.Fix == "" || f.Severity != severities[f.Code] {
					t.Errorf("%+v", f)
				}
			}
			if !hit {
				t.Errorf("wanted %s %q at %s, found %+v", d.code, d.summary, d.path, found)
			}
		})
	}
}
