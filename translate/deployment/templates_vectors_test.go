package deployment_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// templateVector is one known answer: a template, what it may see, and what it expands to.
type templateVector struct {
	ID                                      string
	Template, Parameters, Context, Expected json.RawMessage
}

// expanded is the normal form that deployments are compared in.
type expanded struct {
	Error     bool
	Resources []map[string]any
	Outputs   map[string]any
}

var vectorsFile = filepath.Join("..", "..", "..", "shared", "arm-vectors", "templates-public.jsonl")

// disputedTemplates are the rows of the vectors that are held to be wrong, each with the evidence.
var disputedTemplates = map[string]string{}

func templateVectors(t testing.TB) []templateVector {
	t.Helper()
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Skipf("the vectors are not here: %v", err)
	}
	var rows []templateVector
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var v templateVector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, v)
	}
	return rows
}

// params are what the row lets the template see.
func (v *templateVector) params(t testing.TB) deployment.Params {
	t.Helper()
	read := func(name string, data json.RawMessage) *armjson.Node {
		if len(data) == 0 || string(data) == "null" {
			return nil
		}
		n, list := armjson.Parse(name, data)
		if list.HasErrors() {
			t.Fatal(list)
		}
		return n
	}
	p := deployment.Params{Context: read("context.json", v.Context), Strict: true}
	if given := read("parameters.json", v.Parameters); given != nil {
		p.Files = []*armjson.Node{given}
	}
	return p
}

// TestTemplateVectors runs the known answers, each as a test by its id.
func TestTemplateVectors(t *testing.T) {
	for _, v := range templateVectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			if why := disputedTemplates[v.ID]; why != "" {
				t.Skip(why)
			}
			root, list := armjson.Parse("main.json", v.Template)
			if list.HasErrors() {
				t.Fatal(list)
			}
			d, list := deployment.Expand(root, v.params(t))
			got, want := normalForm(t, d, list), expanded{}
			if err := json.Unmarshal(v.Expected, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(byID(want), byID(got)); diff != "" {
				t.Errorf("(-want +got)\n%s\nfindings: %v", diff, list)
			}
		})
	}
}

func normalForm(t testing.TB, d *deployment.Deployment, list diag.List) expanded {
	t.Helper()
	if list.HasErrors() {
		return expanded{Error: true}
	}
	got := expanded{Outputs: map[string]any{}}
	decode := func(n *armjson.Node, into any) {
		if err := json.Unmarshal([]byte(n.JSON()), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range d.Resources {
		m := map[string]any{}
		decode(r.Body, &m)
		m["id"] = r.ID
		got.Resources = append(got.Resources, m)
	}
	for _, o := range d.Outputs {
		var v any
		decode(o.Value, &v)
		got.Outputs[o.Name] = v
	}
	return got
}

// byID makes the order of the resources not matter, nor the case of their ids.
func byID(e expanded) any {
	if e.Error {
		return "error"
	}
	resources := map[string]any{}
	for _, r := range e.Resources {
		id := strings.ToLower(r["id"].(string))
		if resources[id] != nil {
			id += " again"
		}
		delete(r, "id")
		resources[id] = r
	}
	return []any{resources, e.Outputs}
}
