package translate_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/sync/errgroup"

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

// stricter are documents with a filter that the community's windows-update takes and ignores. Ingot's, which stands in for it here,
// refuses them.
var stricter = []string{"157-", "162-", "168-", "175-"}

const stricterFinding = `filters[0] is "$_.BrowseOnly": it begins with neither include: nor exclude:`

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

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// stockPacker is it with plugins, and folders for it.
type stockPacker struct {
	t    *testing.T
	path string
	env  []string
	root string // of the folders

	names map[[sha256.Size]byte][]string // whose folder it is, by what Packer reads of it
	runs  []packerRun
}

// packerRun is one folder to validate.
type packerRun struct {
	dir  string
	vars []string
	key  [sha256.Size]byte
}

func newStockPacker(t *testing.T, plugins ...testtools.Plugin) *stockPacker {
	t.Helper()
	env := append(testtools.PackerEnv(t, testtools.PluginDir(t, plugins...)), noNetwork(t)...)
	return &stockPacker{t: t, path: testtools.Packer(t), env: env, root: t.TempDir(), names: map[[sha256.Size]byte][]string{}}
}

// add emits a plan in several ways. Packer starts a process for each provisioner, and the build blocks of all ways are the same but
// for the name of the source: that is held here, and only the first way is validated with its provisioners. What Packer reads the
// same is validated once.
func (p *stockPacker) add(d doc, ways []emit.Options) {
	p.t.Helper()
	var first map[string][]byte
	for i, o := range ways {
		f, err := emit.Packer(d.plan, o)
		if err != nil {
			p.t.Errorf("%s: %v", d.name, err)
			continue
		}
		texts := templates(f)
		if i == 0 {
			first = texts
			p.folder(d.name, f, texts)
			continue
		}
		for dir, text := range texts {
			if diff := cmp.Diff(buildBlock(p.t, first[dir]), buildBlock(p.t, text)); diff != "" {
				p.t.Errorf("%s: the build blocks of %+v and %+v differ:\n%s", d.name, ways[0], o, diff)
			}
		}
		bare := *d.plan
		bare.Name = "image" // the name is in the build block
		if v := bare.Validation; v == nil || !v.SourceOnly {
			bare.Steps = nil
		}
		if f, err = emit.Packer(&bare, o); err != nil {
			p.t.Errorf("%s: %v", d.name, err)
			continue
		}
		p.folder(d.name, f, templates(f))
	}
}

// templates gives what Packer reads of each folder: "" and "validate/".
func templates(f *emit.Folder) map[string][]byte {
	texts := map[string][]byte{}
	for _, file := range f.Files {
		if strings.HasSuffix(file.Path, ".pkr.hcl") {
			dir, _ := filepath.Split(file.Path)
			texts[dir] = append(texts[dir], file.Data...)
		}
	}
	return texts
}

var sourceList = regexp.MustCompile(`(?m)^  sources = .*$`)

func buildBlock(t *testing.T, text []byte) string {
	t.Helper()
	_, block, ok := bytes.Cut(text, []byte("\nbuild {\n"))
	if !ok {
		t.Fatalf("no build block in\n%s", text)
	}
	block, _, _ = bytes.Cut(block, []byte("\n}\n"))
	return string(sourceList.ReplaceAll(block, nil))
}

// folder takes the Packer templates of an emitted folder on the list.
func (p *stockPacker) folder(name string, f *emit.Folder, texts map[string][]byte) {
	p.t.Helper()
	dir := filepath.Join(p.root, fmt.Sprint(len(p.runs)))
	for sub, text := range texts {
		key := sha256.Sum256(text)
		if p.names[key] = append(p.names[key], name); len(p.names[key]) > 1 {
			continue
		}
		p.write(dir, sub, f)
		p.runs = append(p.runs, packerRun{filepath.Join(dir, sub), required(p.t, text), key})
	}
}

// write puts one Packer template of an emitted folder below dir. Files whose content is fetched at build time are there, and empty.
func (p *stockPacker) write(dir, sub string, f *emit.Folder) {
	p.t.Helper()
	put := func(path string, data []byte) {
		if rest, ok := strings.CutPrefix(path, sub); ok && (sub != "" || !strings.HasPrefix(path, emit.ValidateDir+"/")) {
			path = filepath.Join(dir, sub, rest)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				p.t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for _, file := range f.Files {
		put(file.Path, file.Data)
	}
	for _, path := range f.Missing {
		put(path, nil)
	}
}

// required gives a value to every variable that has none.
func required(t *testing.T, templates []byte) []string {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL(templates, "both.pkr.hcl")
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, templates)
	}
	var args []string
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "variable" || b.Body.Attributes["default"] != nil {
			continue
		}
		value := "example"
		if strings.HasSuffix(b.Labels[0], "_version") {
			value = "1.0.0"
		}
		args = append(args, "-var", b.Labels[0]+"="+value)
	}
	return args
}

// validateAll runs Packer over the folders, two at a time, and says what it did. Nothing of it asks the network.
func (p *stockPacker) validateAll() {
	p.t.Helper()
	var group errgroup.Group
	group.SetLimit(2)
	for _, run := range p.runs {
		group.Go(func() error {
			out, err := p.run(append(append([]string{"validate"}, run.vars...), run.dir)...)
			if err == nil {
				return nil
			}
			names := strings.Join(p.names[run.key], ", ")
			if slices.ContainsFunc(stricter, func(s string) bool { return strings.HasPrefix(names, s) }) &&
				strings.Contains(string(out), stricterFinding) {
				return nil
			}
			text := read(p.t, filepath.Join(run.dir, emit.TemplateFile))
			p.t.Errorf("%s: packer validate: %v\n%s\n%s", names, err, out, text)
			return nil
		})
	}
	_ = group.Wait() // failures are reported where they are found
	if out, err := p.run("fmt", "-check", "-diff", "-recursive", p.root); err != nil {
		p.t.Errorf("packer fmt: %v\n%s", err, out)
	}
	total := 0
	for _, names := range p.names {
		total += len(names)
	}
	p.t.Logf("%d Packer templates, %d of them different, validated and held against packer fmt", total, len(p.runs))
}

func (p *stockPacker) run(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Env = p.env
	return cmd.CombinedOutput()
}

// noNetwork is an environment whose proxy fails the test when it is asked for anything.
func noNetwork(t *testing.T) []string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("Packer asks the network: %s %s", r.Method, r.URL)
		http.Error(w, "there is no network", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	var env []string
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		env = append(env, name+"="+proxy.URL)
	}
	return append(env, "NO_PROXY=", "no_proxy=")
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
