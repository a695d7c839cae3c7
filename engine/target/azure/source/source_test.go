package source_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/target/azure/source"
	"github.com/ingot-build/ingot/translate/plan"
)

// anybody is let in by a server of tests.
type anybody struct{}

func (anybody) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// azure answers by the path of a request, without the query; what is not there is not found.
func azure(t *testing.T, answers map[string]string) *azurearm.Account {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for path, body := range answers {
			if strings.EqualFold(path, r.URL.Path) {
				fmt.Fprint(w, body)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"code": "ResourceNotFound", "message": "there is none"}}`)
	}))
	t.Cleanup(server.Close)
	return &azurearm.Account{Subscription: "s1", Credential: anybody{}, Client: policy.ClientOptions{
		Transport: server.Client(), Retry: policy.RetryOptions{MaxRetries: -1},
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: server.URL, Audience: "https://management.test"},
		}},
	}}
}

const (
	market    = "/subscriptions/s1/providers/Microsoft.Compute/locations/westeurope/publishers/p/artifacttypes/vmimage/offers/o/skus/s/versions"
	managed   = "/subscriptions/s2/resourceGroups/g/providers/Microsoft.Compute/images/base"
	own       = "/subscriptions/s3/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/base"
	shared    = "/subscriptions/s1/providers/Microsoft.Compute/locations/westeurope/sharedGalleries/gal/images/base"
	community = "/subscriptions/s1/providers/Microsoft.Compute/locations/westeurope/communityGalleries/gal/images/base"

	generation2 = `{"properties": {"osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2", "architecture": "Arm64",
		"features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}]}}`
)

// version is one of a gallery, as a list has it.
func version(name, state, more string, regions ...string) string {
	var in []string
	for _, r := range regions {
		in = append(in, `{"name": "`+r+`"}`)
	}
	return `{"name": "` + name + `", "properties": {"provisioningState": "` + state + `", "publishingProfile": {` + more + `"targetRegions": [` +
		strings.Join(in, ", ") + `]}}}`
}

func TestResolve(t *testing.T) {
	platform := func(version string) plan.Source {
		return plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "p", Offer: "o", SKU: "s", Version: version}}
	}
	gallery := func(id string) plan.Source { return plan.Source{SharedImage: &plan.ImageRef{ID: id}} }
	for _, tt := range []struct {
		name    string
		source  plan.Source
		answers map[string]string
		want    *plan.Exact
		found   string // part of the finding; "" is none
	}{
		{"latest of the marketplace", platform("latest"), map[string]string{
			market:              `[{"name": "1.9.0"}, {"name": "1.10.0"}, {"name": "1.2.20240101"}]`,
			market + "/1.10.0":  `{"name": "1.10.0", "properties": {"hyperVGeneration": "V2", "architecture": "x64", "osDiskImage": {"operatingSystem": "Linux"}}}`,
			market + "/newest!": `{}`,
		}, &plan.Exact{Version: "1.10.0", Generation: "V2", Architecture: "x64"}, ""},
		{"no such image", platform("latest"), nil, nil, `the marketplace has no image "p:o:s:latest" in westeurope`},
		{"no such version", platform("9.9.9"), nil, nil, `the marketplace has no image "p:o:s:9.9.9"`},
		{"paid without its plan", platform("1.0.0"), map[string]string{market + "/1.0.0": `{"properties": {"hyperVGeneration": "V1",
			"plan": {"name": "n", "product": "r", "publisher": "b"}}}`}, &plan.Exact{Version: "1.0.0", Generation: "V1", Architecture: "x64"},
			"the source image is paid for"},
		{"of another OS", platform("1.0.0"), map[string]string{market + "/1.0.0": `{"properties": {"osDiskImage": {"operatingSystem": "Windows"}}}`},
			&plan.Exact{Version: "1.0.0", Generation: "V1", Architecture: "x64"}, "the source image is for Windows, and the image template for Linux"},
		{"managed image", plan.Source{ManagedImage: &plan.ImageRef{ID: managed}}, map[string]string{managed: `{"id": "` + managed +
			`", "location": "West Europe", "properties": {"hyperVGeneration": "V2", "storageProfile": {"osDisk": {"osType": "Linux", "osState": "Generalized"}}}}`},
			&plan.Exact{ID: managed, Generation: "V2", Architecture: "x64"}, ""},
		{"managed image elsewhere", plan.Source{ManagedImage: &plan.ImageRef{ID: managed}}, map[string]string{managed: `{"id": "` + managed +
			`", "location": "eastus"}`}, &plan.Exact{ID: managed, Generation: "V1", Architecture: "x64"},
			"the source image is in eastus, and the build VM in westeurope"},
		{"specialized", plan.Source{ManagedImage: &plan.ImageRef{ID: managed}}, map[string]string{managed: `{"id": "` + managed +
			`", "location": "westeurope", "properties": {"storageProfile": {"osDisk": {"osType": "Linux", "osState": "Specialized"}}}}`},
			&plan.Exact{ID: managed, Generation: "V1", Architecture: "x64"}, "the source image is specialized"},
		{"no managed image", plan.Source{ManagedImage: &plan.ImageRef{ID: managed}}, nil, nil, "does not exist"},
		{"no id", plan.Source{ManagedImage: &plan.ImageRef{ID: "base"}}, nil, nil, `"base" is no id of a managed image`},
		{"latest of a gallery in another subscription", gallery(own + "/versions/latest"), map[string]string{own: generation2,
			own + "/versions": `{"value": [` + strings.Join([]string{
				version("1.0.0", "Succeeded", "", "West Europe"), version("2.0.0", "Succeeded", "", "westeurope", "eastus"),
				version("2.0.1", "Succeeded", `"excludeFromLatest": true, `, "westeurope"), version("2.0.2", "Failed", "", "westeurope"),
				version("3.0.0", "Succeeded", "", "eastus"), `null`, `{}`}, ",") + `]}`},
			&plan.Exact{Version: "2.0.0", ID: own + "/versions/2.0.0", Generation: "V2", Architecture: "Arm64", SecurityType: "TrustedLaunchSupported"}, ""},
		{"no latest here", gallery(own + "/versions/latest"), map[string]string{own: generation2,
			own + "/versions": `{"value": [` + version("1.0.0", "Succeeded", "", "eastus") + `]}`}, nil, `has no version in westeurope that "latest" could be`},
		{"a version without a replica", gallery(own + "/versions/1.0.0"), map[string]string{own: generation2,
			own + "/versions/1.0.0": version("1.0.0", "Succeeded", "", "eastus", "West US")},
			&plan.Exact{Version: "1.0.0", ID: own + "/versions/1.0.0", Generation: "V2", Architecture: "Arm64", SecurityType: "TrustedLaunchSupported"},
			"the source image is in eastus, westus, and the build VM in westeurope"},
		{"no definition", gallery(own + "/versions/1.0.0"), nil, nil, "the image definition"},
		{"confidential", gallery(own + "/versions/1.0.0"), map[string]string{
			own: strings.Replace(generation2, "TrustedLaunchSupported", "ConfidentialVM", 1), own + "/versions/1.0.0": version("1.0.0", "Succeeded", "", "westeurope")},
			&plan.Exact{Version: "1.0.0", ID: own + "/versions/1.0.0", Generation: "V2", Architecture: "Arm64", SecurityType: "ConfidentialVM"},
			"makes only confidential VMs"},
		{"shared with the subscription", gallery("/SharedGalleries/gal/Images/base/Versions/latest"), map[string]string{shared: generation2,
			shared + "/versions": `{"value": [{"name": "1.0.0", "properties": {}}, {"name": "1.1.0", "properties": {"excludeFromLatest": true}}]}`},
			&plan.Exact{Version: "1.0.0", ID: "/SharedGalleries/gal/Images/base/Versions/1.0.0", Generation: "V2", Architecture: "Arm64",
				SecurityType: "TrustedLaunchSupported"}, ""},
		{"shared, but not that version", gallery("/sharedGalleries/gal/images/base/versions/7.0.0"), map[string]string{shared: generation2}, nil,
			"is not to be had in westeurope"},
		{"for everybody", gallery("/CommunityGalleries/gal/Images/base/Versions/1.0.0"), map[string]string{community: generation2,
			community + "/versions/1.0.0": `{"name": "1.0.0"}`},
			&plan.Exact{Version: "1.0.0", ID: "/CommunityGalleries/gal/Images/base/Versions/1.0.0", Generation: "V2", Architecture: "Arm64",
				SecurityType: "TrustedLaunchSupported"}, ""},
		{"for everybody, with no version", gallery("/CommunityGalleries/gal/Images/base/Versions/latest"), map[string]string{community: generation2,
			community + "/versions": `{"value": []}`}, nil, "is not to be had in westeurope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &plan.Plan{OS: plan.Linux, Source: tt.source}
			p.Source.Origin.Path = "properties.source"
			found, err := source.Resolve(t.Context(), azure(t, tt.answers), p, "West Europe")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Source.Exact); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			switch {
			case tt.found == "" && len(found) > 0:
				t.Errorf("found %v", found)
			case tt.found != "" && (len(found) != 1 || !strings.Contains(found[0].Summary, tt.found) || found[0].Path != "properties.source"):
				t.Errorf("found %v, want %q", found, tt.found)
			}
		})
	}
}

// Answers that are none are an error, and end nothing else.
func TestResolveWithoutAnAnswer(t *testing.T) {
	for name, body := range map[string]string{"text": "no JSON", "a list": "[]", "null": "null", "cut": `{"properties": {`} {
		p := &plan.Plan{OS: plan.Linux, Source: plan.Source{SharedImage: &plan.ImageRef{ID: own + "/versions/latest"}}}
		account := azure(t, map[string]string{own: body, own + "/versions": body})
		if found, err := source.Resolve(t.Context(), account, p, "westeurope"); err == nil && !found.HasErrors() {
			t.Errorf("%s: it is %+v", name, p.Source.Exact)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &plan.Plan{OS: plan.Linux, Source: plan.Source{ManagedImage: &plan.ImageRef{ID: managed}}}
	if _, err := source.Resolve(ctx, azure(t, nil), p, "westeurope"); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
