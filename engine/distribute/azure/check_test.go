package azure

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/plan"
)

func TestCheck(t *testing.T) {
	clock := func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeClock }
	for _, tt := range []struct {
		name string
		p    *plan.Plan
		want string // "" is nothing
	}{
		{"one of each", planFor(managed(place), shared(nil), vhdTo(""), vhdTo("https://acct.blob.core.windows.net/c?sig=x")), ""},
		{"image of another type", planFor(plan.Destination{ManagedImage: &plan.ManagedImage{ID: webDef}}), "is no id of a resource of type"},
		{"no id", planFor(plan.Destination{ManagedImage: &plan.ManagedImage{ID: "web"}}), "is no id of a resource of type"},
		{"version of an image", planFor(shared(func(s *plan.SharedImage) { s.DefinitionID = webID })), "is no id of a resource of type"},
		{"the same image twice", planFor(managed(place), managed("uksouth")), `distributor "out0" goes there too`},
		{"the same version twice", planFor(shared(nil), shared(func(s *plan.SharedImage) { s.DefinitionID = strings.ToUpper(webDef) })),
			`distributor "out0" goes there too`},
		{"made numbers of one definition", planFor(shared(clock), shared(clock)), ""},
		{"the same region twice", planFor(shared(nil, "westeurope", "West Europe")), `target region "West Europe" is there twice`},
		{"the source's version twice", planFor(
			shared(func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeSource }),
			shared(func(s *plan.SharedImage) { s.Version = "12.1.3" })), `distributor "out0" goes there too`},
		{"the same blob twice", planFor(vhdTo("https://acct.blob.core.windows.net/c/web.vhd?sig=a"),
			vhdTo("https://acct.blob.core.windows.net/c/web.vhd?sig=b")), `distributor "out0" goes there too`},
		{"a file", planFor(vhdTo("file:///tmp/web.vhd?sig=hush")), "it is not the https URL of a blob"},
		{"no container", planFor(vhdTo("https://acct.blob.core.windows.net/?sig=hush")), "it names no container"},
		{"somebody's password", planFor(vhdTo("https://me:hush@acct.blob.core.windows.net/c/web.vhd")), "it is not the URL of a blob"},
		{"no URL", planFor(vhdTo("https://[::1?sig=hush")), "it is not the URL of a blob"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := (&Distributor{}).Check(t.Context(), tt.p)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if len(found) != 1 || !strings.Contains(found[0].Summary, tt.want) {
				t.Fatalf("found %v, want %q", found, tt.want)
			}
			if all := found[0].Summary + found[0].Why + found[0].Fix; strings.Contains(all, "hush") {
				t.Errorf("a secret is shown: %s", all)
			}
		})
	}
}

// TestCheckOfTheSource: whether its version can be taken over is known before the build.
func TestCheckOfTheSource(t *testing.T) {
	p := planFor(shared(func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeSource }))
	for version, want := range map[string]string{"22.04.202410020": `"04" is not a whole number`, "": "no version to take over"} {
		p.Source.Exact = &plan.Exact{Version: version}
		found, err := (&Distributor{}).Check(t.Context(), p)
		if err != nil || len(found) != 1 || !strings.Contains(found[0].Summary, want) {
			t.Errorf("version %q: found %v, %v", version, found, err)
		}
	}
}

func TestBlobPlace(t *testing.T) {
	const host = "https://acct.blob.core.windows.net"
	for _, tt := range []struct{ uri, blob, signature string }{
		{host + "/c/web.vhd", host + "/c/web.vhd", ""},
		{host + "/c/a/web.vhd?sv=1&sig=a%2Bb", host + "/c/a/web.vhd", "sv=1&sig=a%2Bb"},
		{host + "/c", host + "/c/out-3f2a9c1e.vhd", ""},
		{host + "/c/?sig=x", host + "/c/out-3f2a9c1e.vhd", "sig=x"},
		{host + "/c/folder/", host + "/c/folder/out-3f2a9c1e.vhd", ""},
		{host + "/c/a b.vhd", host + "/c/a%20b.vhd", ""},
		{host + "/c/a%23b.vhd", host + "/c/a%23b.vhd", ""},
		{"HTTPS://acct.blob.core.windows.net/c/web.vhd#top", host + "/c/web.vhd", ""},
	} {
		blob, signature, err := blobPlace(tt.uri, "out", runID)
		if err != nil || blob != tt.blob || signature != tt.signature {
			t.Errorf("%s: %s with %q, %v; want %s with %q", tt.uri, blob, signature, err, tt.blob, tt.signature)
		}
	}
}

func TestMetadataName(t *testing.T) {
	for tag, want := range map[string]string{"team": "team", "cost-center": "cost_center", "1st": "_1st", "": "_", "Größe": "Gr__e"} {
		if got := metadataName(tag); got != want {
			t.Errorf("tag %q becomes %q, want %q", tag, got, want)
		}
	}
}

func TestAccountName(t *testing.T) {
	a, b := accountName(runID), accountName(runID)
	for _, name := range []string{a, b} {
		if len(name) != 24 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || !strings.Contains(name, runID) {
			t.Errorf("the account would be named %q", name)
		}
	}
	if a == b {
		t.Error("two accounts have one name")
	}
}
