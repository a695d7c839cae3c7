package schema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/schema"
)

// walker reads a document by the tables and collects what they do not allow.
type walker struct {
	version string
	update  bool // the body of a PATCH: nothing is required, and null removes

	values int // how many were looked at
	wrong  []string
}

func (w *walker) add(path, format string, args ...any) {
	w.wrong = append(w.wrong, path+": "+fmt.Sprintf(format, args...))
}

// object reads n as an object of the type, or as one of its variants.
func (w *walker) object(n *armjson.Node, path string, t *schema.Type) {
	if n.Kind != armjson.Object {
		w.add(path, "is %s", n.Kind)
		return
	}
	if t.Discriminator != "" {
		value := n.Get(t.Discriminator)
		if value.IsNull() {
			w.add(path, "has no %q", t.Discriminator)
			return
		}
		v, exact := t.Variant(w.version, value.Text)
		if !exact {
			w.add(path, "%q is not one of %q", value.Text, t.Names(w.version))
			return
		}
		t = schema.Lookup(v.Type)
	}
	for _, m := range n.Members {
		p, exact := t.Property(w.version, m.Key)
		switch {
		case !exact:
			w.add(path, "unknown property %q", m.Key)
		case !m.Value.IsNull():
			w.property(m.Value, path+"."+m.Key, p)
		}
	}
	for _, p := range t.Properties(w.version) {
		// The version is in the URL of a request, and so is the name mostly.
		if p.Required && !w.update && n.Get(p.Name).IsNull() && p.Name != "apiVersion" && p.Name != "name" && p.Name != "type" {
			w.add(path, "has no %q", p.Name)
		}
	}
}

func (w *walker) property(n *armjson.Node, path string, p *schema.Property) {
	switch p.Kind {
	case schema.Array:
		if n.Kind != armjson.Array {
			w.add(path, "is %s", n.Kind)
		}
		for i, item := range n.Items {
			w.value(item, fmt.Sprintf("%s[%d]", path, i), p.Item, p)
		}
	case schema.Map:
		if n.Kind != armjson.Object {
			w.add(path, "is %s", n.Kind)
		}
		for _, m := range n.Members {
			if !w.update || !m.Value.IsNull() {
				w.value(m.Value, path+"."+m.Key, p.Item, p)
			}
		}
	default:
		w.value(n, path, p.Kind, p)
	}
}

func (w *walker) value(n *armjson.Node, path string, kind schema.Kind, p *schema.Property) {
	w.values++
	want := map[schema.Kind]armjson.Kind{schema.String: armjson.String, schema.Integer: armjson.Number, schema.Boolean: armjson.Bool,
		schema.Object: armjson.Object}[kind]
	switch {
	case n.Kind != want:
		w.add(path, "is %s where %s is wanted", n.Kind, want)
	case kind == schema.Object && p.Type != "":
		w.object(n, path, schema.Lookup(p.Type))
	case p.OneOf != nil && !slices.Contains(p.OneOf, n.Text):
		w.add(path, "%q is not one of %q", n.Text, p.OneOf)
	case p.Pattern != "" && !regexp.MustCompile(p.Pattern).MatchString(n.Text):
		w.add(path, "%q does not match %s", n.Text, p.Pattern)
	}
}

// notTemplates are the operations whose bodies are no image template and no trigger.
var notTemplates = regexp.MustCompile(`(?i)runoutput|operationslist`)

// exampleFaults are wrong in the examples themselves.
var exampleFaults = []string{
	// responses of the previews spell the type of the resource without its last letter
	`: "Microsoft.VirtualMachineImages/imageTemplate" is not one of`,
}

// TestRESTExamples reads the examples of the REST API, requests and responses, each under its own api-version.
func TestRESTExamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "corpus")
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Skipf("no corpus of image templates: %v", err)
	}
	files, bodies, values := 0, 0, 0
	for line := range strings.Lines(string(index)) {
		f := strings.Split(line, "\t")
		if len(f) < 6 || f[5] != "rest-example" {
			continue
		}
		files++
		if notTemplates.MatchString(f[0]) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(f[0]), ".json"), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, f[0]))
			if err != nil {
				t.Fatal(err)
			}
			doc, list := armjson.Parse(f[0], data)
			if list.HasErrors() {
				t.Fatal(list)
			}
			version := doc.Get("parameters").Get("api-version").Text
			if version != f[4] || !schema.Known(version) {
				t.Fatalf("the example is of version %q, the index says %q", version, f[4])
			}
			for _, body := range bodiesOf(doc) {
				bodies++
				w := walker{version: version, update: strings.Contains(f[0], "update") && body.request}
				root := schema.Root
				if strings.Contains(f[0], "trigger") {
					root = schema.RootTrigger
				}
				w.object(body.node, body.name, schema.Lookup(root))
				values += w.values
				for _, wrong := range w.wrong {
					if !slices.ContainsFunc(exampleFaults, func(known string) bool { return strings.Contains(wrong, known) }) {
						t.Errorf("%s: %s", version, wrong)
					}
				}
			}
		})
	}
	t.Logf("%d files, %d bodies, %d values", files, bodies, values)
	if bodies == 0 {
		t.Error("nothing was read")
	}
}

type body struct {
	name    string
	node    *armjson.Node
	request bool
}

// bodiesOf gives the resources of an example: what is sent, what comes back, and each of a list that comes back.
func bodiesOf(doc *armjson.Node) []body {
	var all []body
	if n := doc.Get("parameters").Get("parameters"); n != nil {
		all = append(all, body{"request", n, true})
	}
	for _, m := range doc.Get("responses").Members {
		switch n := m.Value.Get("body"); {
		case n == nil:
		case n.Get("value") != nil:
			for i, item := range n.Get("value").Items {
				all = append(all, body{fmt.Sprintf("response %s [%d]", m.Key, i), item, false})
			}
		default:
			all = append(all, body{"response " + m.Key, n, false})
		}
	}
	return all
}

// TestWalkerSees makes sure that the walk above finds what is wrong.
func TestWalkerSees(t *testing.T) {
	for _, tt := range []struct{ name, version, json, want string }{
		{"unknown", "2024-02-01", `"optimise": {}`, `x.properties: unknown property "optimise"`},
		{"case", "2024-02-01", `"optimize": {"vmboot": {}}`, `x.properties.optimize: unknown property "vmboot"`},
		{"version", "2022-02-14", `"optimize": {}`, `x.properties: unknown property "optimize"`},
		{"value", "2024-02-01", `"autoRun": {"state": "On"}`, `x.properties.autoRun.state: "On" is not one of ["Enabled" "Disabled"]`},
		{"type", "2024-02-01", `"customize": [{"type": "Shell", "inline": "ls"}]`, `x.properties.customize[0].inline: is a string`},
		{"variant", "2024-02-01", `"customize": [{"type": "shell"}]`,
			`x.properties.customize[0]: "shell" is not one of ["File" "PowerShell" "Shell" "WindowsRestart" "WindowsUpdate"]`},
		{"missing", "2024-02-01", `"source": {"type": "ManagedImage"}`, `x.properties.source: has no "imageId"`},
		{"pattern", "2019-02-01-preview", `"distribute": [{"type": "VHD", "runOutputName": "a.b"}]`,
			`x.properties.distribute[0].runOutputName: "a.b" does not match ^[A-Za-z0-9-_]{1,64}$`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, list := armjson.Parse("x", []byte(`{"properties": {`+tt.json+`}}`))
			if list.HasErrors() {
				t.Fatal(list)
			}
			w := walker{version: tt.version}
			w.object(n, "x", schema.Lookup(schema.Root))
			if !slices.Contains(w.wrong, tt.want) {
				t.Errorf("found  %q\nwanted %q", w.wrong, tt.want)
			}
		})
	}
}
