package translate_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestCorpusUnderPacker hands the translation of real image templates to stock Packer: "packer validate" and "packer fmt -check"
// pass for every one that has a plan, for Azure as the build half and standing alone, and for the local builder. What has none is
// listed in testdata/corpus-packer.golden with what was found in it. With -short it is every eighth.
func TestCorpusUnderPacker(t *testing.T) {
	docs := corpus(t)
	azure := testtools.AzurePlugin(t)
	p := newStockPacker(t, azure, testtools.IngotPlugin(t), testtools.WindowsUpdatePlugin(t))
	var b strings.Builder
	for i, d := range docs {
		fmt.Fprintf(&b, "%s\n", d)
		if d.plan == nil || testing.Short() && i%8 != 0 {
			continue
		}
		p.add(d, []emit.Options{
			{Target: emit.Azure, PluginVersion: azure.Version},
			{Target: emit.Azure, PluginVersion: azure.Version, Standalone: true},
			{Target: emit.QEMU},
		})
	}
	p.validateAll()
	golden(t, "corpus-packer.golden", b.String())
}

// doc is one image template of the corpus.
type doc struct {
	name  string // of its file, with its own name where the file has several
	plan  *plan.Plan
	found diag.List // errors, if there is no plan
}

// String is the document's part of the golden file.
func (d doc) String() string {
	if d.plan != nil {
		return d.name + ": valid"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: no plan", d.name)
	for _, f := range d.found {
		if f.Severity == diag.Error {
			fmt.Fprintf(&b, "\n    %s", f)
		}
	}
	return b.String()
}

// corpus translates every image template of the corpus, each file with its parameter file where it has one.
func corpus(t *testing.T) []doc {
	t.Helper()
	paths, err := filepath.Glob("../../shared/corpus/json/*.json")
	if err != nil || len(paths) == 0 {
		t.Skip("the corpus of image templates is not here: ../shared/corpus")
	}
	var all []doc
	for _, path := range paths {
		if strings.HasSuffix(path, ".parameters.json") {
			continue
		}
		all = append(all, translateAll(t, path)...)
	}
	return all
}

// translateAll translates the image templates of one file.
func translateAll(t *testing.T, path string) []doc {
	t.Helper()
	src := translate.Source{File: filepath.Base(path), Data: read(t, path)}
	opts := translate.Options{Target: check.Azure, Check: check.Options{Translate: true}}
	parameters := strings.TrimSuffix(path, ".json") + ".parameters.json"
	if data, err := os.ReadFile(parameters); err == nil {
		opts.ParameterFiles = []translate.Source{{File: filepath.Base(parameters), Data: data}}
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	opts.Params.Location = "westeurope"
	opts.Params.Now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	opts.Params.GUID = func() string { return "22222222-3333-4444-5555-666666666666" }
	opts.Params.Values = missing(t, src, opts.ParameterFiles)
	src.Data = fillIn(src, opts)
	p, found := translate.Translate(src, opts)
	if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == translate.CodeSeveral }) {
		return []doc{{src.File, p, found}}
	}
	checked, _ := translate.Validate(src, opts)
	var all []doc
	for _, c := range checked {
		opts.Name = c.Name
		p, found := translate.Translate(src, opts)
		all = append(all, doc{src.File + " " + c.Name, p, found})
	}
	return all
}

var (
	refused     = regexp.MustCompile(`nothing can be built with (.+) in the`)
	placeholder = regexp.MustCompile(`<[A-Za-z0-9]+>`)
)

// fillIn writes values for the placeholders that a template is refused for, and for those that look like them: the published
// templates are made to be filled in with sed.
func fillIn(src translate.Source, opts translate.Options) []byte {
	for range 5 { // a placeholder may stand before another
		_, found := translate.Validate(src, opts)
		names := map[string]bool{}
		for _, f := range found {
			if m := refused.FindStringSubmatch(f.Summary); m != nil {
				names[m[1]] = true
			}
		}
		if len(names) == 0 {
			break
		}
		for name := range names {
			src.Data = bytes.ReplaceAll(src.Data, []byte(name), []byte(fill(name)))
		}
		src.Data = placeholder.ReplaceAllFunc(src.Data, func(name []byte) []byte { return []byte(fill(string(name))) })
	}
	return src.Data
}

// fill is a value for a placeholder, by its name.
func fill(name string) string {
	name = strings.ToLower(strings.Trim(name, "<>{}"))
	switch {
	case strings.HasPrefix(name, "sub"), name == "xxxx":
		return "11111111-2222-3333-4444-555555555555"
	case strings.HasPrefix(name, "region"), strings.HasSuffix(name, "location"):
		return "westeurope"
	case name == "imgbuilderid":
		return inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/aib"
	case name == "sigdefimgversionid", name == "sourceimageid":
		return inGroup + "Microsoft.Compute/galleries/gal/images/base/versions/1.0.0"
	default:
		return "example"
	}
}

// wanted has values for parameters that the templates of the corpus leave to whoever deploys them.
var wanted = map[string]string{
	"api-version":           "2022-07-01",
	"svclocation":           "westeurope",
	"siglocation":           "westeurope",
	"imageSource":           `{"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"}`,
	"customizationSteps":    `[{"type": "Shell", "inline": ["true"]}]`,
	"parCustomizers":        `[{"type": "Shell", "inline": ["true"]}]`,
	"distributions":         `[{"type": "VHD", "runOutputName": "disk"}]`,
	"osPublisher":           "MicrosoftWindowsServer",
	"osOffer":               "WindowsServer",
	"osSKU":                 "2022-datacenter",
	"imagePublisher":        "MicrosoftWindowsDesktop",
	"imageOffer":            "Windows-11",
	"imageSKU":              "win11-22h2-avd",
	"galleryImageId":        inGroup + "Microsoft.Compute/galleries/gal/images/web",
	"sigImageDefinnitionId": inGroup + "Microsoft.Compute/galleries/gal/images/web",
	"SIGImageDefinitionId":  inGroup + "Microsoft.Compute/galleries/gal/images/web",
	"imageId":               inGroup + "Microsoft.Compute/images/web",
	"aibManagedId":          inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/aib",
	"identityId":            inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/aib",
	"managedIdentityId":     inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/aib",
	"subnetResourceId":      inGroup + "Microsoft.Network/virtualNetworks/net/subnets/build",
	"stagingResourceGroup":  "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/staging",
	"optimizeVmBoot":        "Enabled",
	"imageversion":          "1.2.3",
	"InvokeRunImageBuildThroughDeploymentScript": "false",
}

const inGroup = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/images/providers/"

// missing gives values for the parameters of a deployment template that have none. It knows the names in wanted; any other string
// is "example".
func missing(t *testing.T, src translate.Source, files []translate.Source) map[string]string {
	t.Helper()
	given := map[string]bool{}
	for _, f := range files {
		root, _ := armjson.Parse(f.File, f.Data)
		for _, m := range members(root, "parameters") {
			given[m.Key] = true
		}
	}
	root, _ := armjson.Parse(src.File, src.Data)
	if root == nil || root.Get("resources") == nil {
		return nil
	}
	values := map[string]string{}
	for _, m := range members(root, "parameters") {
		name, typ := m.Key, m.Value.Get("type")
		if given[name] || m.Value.Get("defaultValue") != nil {
			continue
		}
		if v, ok := wanted[name]; ok {
			values[name] = v
		} else if typ != nil && strings.EqualFold(typ.Text, "string") {
			values[name] = "example"
		}
	}
	return values
}

func members(root *armjson.Node, name string) []armjson.Member {
	if root == nil || root.Get(name) == nil {
		return nil
	}
	return root.Get(name).Members
}

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Split(string(read(t, path)), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s changed (-want +got); -update rewrites it\n%s", path, diff)
	}
}
