package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
)

// disputed are the rows of the vectors that are held to be wrong, each with the evidence.
var disputed = map[string]string{}

// vectors reads the rows of a file of known answers.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "arm-vectors", name))
	if err != nil {
		t.Skipf("the known answers are not here: %v", err)
	}
	var rows []T
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// expandAll runs "ingot expand --all --output json" on a template, with the values of a parameter file and a context, both of which
// may be nil. The output is nil when the command refused the template.
func expandAll(t *testing.T, template any, parameters, context any) (out *normalForm, stderr string) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, content any) string {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := []string{"expand", "--all", "--output", "json", file("template.json", template)}
	if !isNull(parameters) {
		args = append(args, "--param-file", file("parameters.json", map[string]any{"parameters": parameters}))
	}
	if !isNull(context) {
		args = append(args, "--context", file("context.json", context))
	}
	var stdout, messages bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &messages, Getenv: func(string) string { return "" }}
	switch code := Main(t.Context(), env, args); code {
	case ExitDone:
		out = &normalForm{}
		if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
			t.Fatalf("%v in %s", err, stdout.Bytes())
		}
	case ExitTemplate:
		if stdout.Len() > 0 || messages.Len() == 0 {
			t.Errorf("stdout has %q, stderr %q", stdout.String(), messages.String())
		}
	default:
		t.Fatalf("exit code %d: %s", code, messages.String())
	}
	return out, messages.String()
}

func isNull(v any) bool {
	return v == nil || reflect.ValueOf(v).Kind() == reflect.Map && reflect.ValueOf(v).Len() == 0
}

// normalForm is a deployment with its resources by their ids in lower case: their order does not count.
type normalForm struct {
	Error     bool
	Resources []map[string]any
	Outputs   map[string]any
}

// sorted brings resources into one order and leaves out members that are null, which count as absent.
func (n *normalForm) sorted() *normalForm {
	id := func(r map[string]any) string { s, _ := r["id"].(string); return strings.ToLower(s) }
	s := &normalForm{Outputs: map[string]any{}}
	maps.Copy(s.Outputs, n.Outputs)
	for _, r := range n.Resources {
		r = present(r).(map[string]any)
		r["id"] = id(r)
		s.Resources = append(s.Resources, r)
	}
	slices.SortFunc(s.Resources, func(a, b map[string]any) int { return strings.Compare(id(a), id(b)) })
	return s
}

func present(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for k, inner := range v {
			if inner != nil {
				kept[k] = present(inner)
			}
		}
		return kept
	case []any:
		var items []any
		for _, inner := range v {
			items = append(items, present(inner))
		}
		return items
	default:
		return v
	}
}

// TestTemplateVectors runs the known answers about whole templates through the command, each as a test by its id.
func TestTemplateVectors(t *testing.T) {
	for _, row := range vectors[struct {
		ID                  string
		Template            json.RawMessage
		Parameters, Context map[string]any
		Expected            normalForm
	}](t, "templates-public.jsonl") {
		t.Run(row.ID, func(t *testing.T) {
			if why := disputed[row.ID]; why != "" {
				t.Skip(why)
			}
			got, stderr := expandAll(t, row.Template, row.Parameters, row.Context)
			switch {
			case row.Expected.Error && got != nil:
				t.Errorf("got %v, want an error", *got)
			case row.Expected.Error:
			case got == nil:
				t.Errorf("refused: %s", stderr)
			default:
				if diff := cmp.Diff(row.Expected.sorted(), got.sorted()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
		})
	}
}

// TestExpressionVectors runs the known answers about expressions through the command, each in a template with one output. Left out are
// rows that stand in another part of a template, or in a loop: the package armexpr runs those.
func TestExpressionVectors(t *testing.T) {
	left := 0
	for _, row := range vectors[struct {
		ID, Function, Expression string
		Context                  map[string]json.RawMessage
		Expected                 json.RawMessage
	}](t, "public.jsonl") {
		_, inLoop := row.Context["copy"]
		_, elsewhere := row.Context["position"]
		if _, own := row.Context["functions"]; inLoop || elsewhere || own {
			left++
			continue
		}
		t.Run(row.ID, func(t *testing.T) {
			if why := disputed[row.ID]; why != "" {
				t.Skip(why)
			}
			var want any
			if err := json.Unmarshal(row.Expected, &want); err != nil {
				t.Fatal(err)
			}
			wanted, _ := want.(map[string]any)
			refused := wanted["error"] == true
			output := typeOf(parse(t, row.Expected).Kind)
			// An error must not come from the type of the output, and for null and for other numbers than whole ones there is no type.
			alone := output != "" && !refused && row.Function != "float" && !(output == "int" && bytes.Contains(row.Expected, []byte(".")))
			template, context := asTemplate(t, row.Expression, output, alone, row.Context)
			got, stderr := expandAll(t, template, nil, context)
			if got != nil && !alone {
				got.Outputs, _ = got.Outputs["inside"].(map[string]any)
			}
			switch {
			case refused && got != nil:
				t.Errorf("%s: got %v, want an error", row.Expression, got.Outputs["x"])
			case refused:
			case got == nil:
				t.Errorf("%s: refused: %s", row.Expression, stderr)
			default:
				if diff := cmp.Diff(want, got.Outputs["x"]); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", row.Expression, diff)
				}
			}
		})
	}
	t.Logf("%d rows stand elsewhere than in an output", left)
}

// asTemplate makes a template with one output of the given type for an expression; or, where it shall not stand alone, with an output
// that has it inside. What the row knows beside parameters and variables is its context.
func asTemplate(t *testing.T, expression, typ string, alone bool, known map[string]json.RawMessage) (template, context map[string]any) {
	t.Helper()
	context = map[string]any{}
	for key, value := range known {
		if key != "parameters" && key != "variables" {
			context[key] = value
		}
	}
	parameters, variables := map[string]any{}, map[string]any{}
	for name, value := range members(t, known["parameters"]) {
		if value.Kind == armjson.Null { // that needs a parameter which allows it
			parameters[name] = map[string]any{"type": "string", "nullable": true}
			continue
		}
		parameters[name] = map[string]any{"type": typeOf(value.Kind), "defaultValue": json.RawMessage(literal(value).JSON())}
	}
	for name, value := range members(t, known["variables"]) {
		variables[name] = json.RawMessage(literal(value).JSON())
	}
	template = map[string]any{
		"$schema":        "https://schema.management.azure.com/schemas/" + schemaFile(known["deploymentScope"]),
		"contentVersion": "1.0.0.0", "languageVersion": "2.0", "parameters": parameters, "variables": variables, "resources": map[string]any{},
		"outputs": map[string]any{"x": map[string]any{"type": typ, "value": expression}},
	}
	if !alone {
		template["outputs"] = map[string]any{"inside": map[string]any{"type": "object", "value": map[string]any{"x": expression}}}
	}
	return template, context
}

func schemaFile(scope json.RawMessage) string {
	switch strings.Trim(string(scope), `"`) {
	case "subscription":
		return "2018-05-01/subscriptionDeploymentTemplate.json#"
	case "managementGroup":
		return "2019-08-01/managementGroupDeploymentTemplate.json#"
	case "tenant":
		return "2019-08-01/tenantDeploymentTemplate.json#"
	default:
		return "2019-04-01/deploymentTemplate.json#"
	}
}

// typeOf is the type that a template declares for a value; "" for null, which has none.
func typeOf(k armjson.Kind) string {
	return map[armjson.Kind]string{armjson.Bool: "bool", armjson.Number: "int", armjson.String: "string", armjson.Array: "array",
		armjson.Object: "object"}[k]
}

func parse(t *testing.T, raw json.RawMessage) *armjson.Node {
	t.Helper()
	n, list := armjson.Parse("row", raw)
	if list.HasErrors() {
		t.Fatal(list)
	}
	return n
}

// members are the members of an object, which may be absent.
func members(t *testing.T, raw json.RawMessage) map[string]*armjson.Node {
	t.Helper()
	all := map[string]*armjson.Node{}
	if raw != nil {
		for _, m := range parse(t, raw).Members {
			all[m.Key] = m.Value
		}
	}
	return all
}

// literal escapes the texts in a value that would be evaluated. The order of its members stays: functions look at it.
func literal(n *armjson.Node) *armjson.Node {
	escape := func(s string) string {
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			return "[" + s
		}
		return s
	}
	switch n.Kind {
	case armjson.String:
		return armjson.NewString(escape(n.Text))
	case armjson.Array:
		items := slices.Clone(n.Items)
		for i := range items {
			items[i] = literal(items[i])
		}
		return n.WithItems(items)
	case armjson.Object:
		members := slices.Clone(n.Members)
		for i := range members {
			members[i].Key, members[i].Value = escape(members[i].Key), literal(members[i].Value)
		}
		return n.WithMembers(members)
	default:
		return n
	}
}
