package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
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

// errorAtPlace is the first line of a finding: an error about a value that is not there has a file, all others line and column too.
var errorAtPlace = regexp.MustCompile(`(?m)^\S+\.json(:\d+:\d+)?: error: .+ \[ING\d+\]$`)

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
		if stdout.Len() > 0 || !errorAtPlace.MatchString(messages.String()) {
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

// expressionRow is one known answer about an expression.
type expressionRow struct {
	ID, Function, Expression string
	Context                  map[string]json.RawMessage
	Expected                 json.RawMessage
}

// TestExpressionVectors runs the known answers about expressions through the command, each as a test by its id, in a template that has
// nothing else.
func TestExpressionVectors(t *testing.T) {
	for _, row := range vectors[expressionRow](t, "public.jsonl") {
		t.Run(row.ID, func(t *testing.T) {
			if why := disputed[row.ID]; why != "" {
				t.Skip(why)
			}
			var want any
			if err := json.Unmarshal(row.Expected, &want); err != nil {
				t.Fatal(err)
			}
			wanted, _ := want.(map[string]any)
			template, context, value := asTemplate(t, &row)
			got, stderr := expandAll(t, template, nil, context)
			switch {
			case wanted["error"] == true && got != nil:
				t.Errorf("%s: got %v, want an error", row.Expression, value(got))
			case wanted["error"] == true:
			case got == nil:
				t.Errorf("%s: refused: %s", row.Expression, stderr)
			default:
				if diff := cmp.Diff(want, value(got)); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", row.Expression, diff)
				}
			}
		})
	}
}

// asTemplate makes a template of a row, and a function that finds the value of the expression in what comes of it. What the row knows
// beside parts of a template is its context.
func asTemplate(t *testing.T, row *expressionRow) (template, context map[string]any, value func(*normalForm) any) {
	t.Helper()
	context = map[string]any{}
	for key, known := range row.Context {
		switch key {
		case "parameters", "variables", "functions", "copy", "position":
		default:
			context[key] = known
		}
	}
	parameters, variables := map[string]any{}, map[string]any{}
	for name, v := range members(t, row.Context["parameters"]) {
		if v.Kind == armjson.Null { // that needs a parameter which allows it
			parameters[name] = map[string]any{"type": "string", "nullable": true}
			continue
		}
		parameters[name] = map[string]any{"type": typeOf(v.Kind), "defaultValue": json.RawMessage(literal(v).JSON())}
	}
	for name, v := range members(t, row.Context["variables"]) {
		variables[name] = json.RawMessage(literal(v).JSON())
	}
	template = map[string]any{
		"$schema":        "https://schema.management.azure.com/schemas/" + schemaFile(row.Context["deploymentScope"]),
		"contentVersion": "1.0.0.0", "languageVersion": "2.0", "parameters": parameters, "variables": variables, "resources": map[string]any{},
	}
	if functions := row.Context["functions"]; functions != nil {
		template["functions"] = functions
	}
	if loops := row.Context["copy"]; loops != nil {
		var turns map[string]int
		if err := json.Unmarshal(loops, &turns); err != nil {
			t.Fatal(err)
		}
		template["resources"], value = inLoops(row.Expression, turns)
		return template, context, value
	}
	output := typeOf(parse(t, row.Expected).Kind)
	expression := row.Expression
	switch position := strings.Trim(string(row.Context["position"]), `"`); position {
	case "":
	case "parameterDefault":
		parameters["tested"] = map[string]any{"type": output, "defaultValue": expression}
		expression = "[parameters('tested')]"
	case "variable":
		variables["tested"] = expression
		expression = "[variables('tested')]"
	default:
		t.Fatalf("a row at %q", position)
	}
	// The type of an output must not be what fails a row, and null and other numbers than whole ones have no type.
	isError := bytes.Contains(row.Expected, []byte(`"error"`))
	if output == "" || isError || row.Function == "float" || output == "int" && bytes.Contains(row.Expected, []byte(".")) {
		template["outputs"] = map[string]any{"around": map[string]any{"type": "object", "value": map[string]any{"tested": expression}}}
		return template, context, func(n *normalForm) any { return n.Outputs["around"].(map[string]any)["tested"] }
	}
	template["outputs"] = map[string]any{"tested": map[string]any{"type": output, "value": expression}}
	return template, context, func(n *normalForm) any { return n.Outputs["tested"] }
}

// inLoops makes resources of an expression inside of loops that come to the given turns: the loop "" is that of a resource, all others
// are of properties, each inside of another.
func inLoops(expression string, turns map[string]int) (resources map[string]any, value func(*normalForm) any) {
	body := any(map[string]any{"tested": expression})
	names := slices.Sorted(maps.Keys(turns))
	for _, name := range names {
		if name != "" {
			body = map[string]any{"copy": []any{map[string]any{"name": name, "count": turns[name] + 1, "input": body}}}
		}
	}
	resource := map[string]any{"type": "Test.Rp/tested", "apiVersion": "2020-01-01", "name": "tested", "properties": body}
	turn, repeated := turns[""]
	if repeated {
		resource["copy"] = map[string]any{"name": "resources", "count": turn + 1}
		resource["name"] = "[concat('tested', copyIndex())]"
	}
	return map[string]any{"tested": resource}, func(n *normalForm) any {
		inside := n.Resources[turn]["properties"]
		for _, name := range slices.Backward(names) {
			if name != "" {
				inside = inside.(map[string]any)[name].([]any)[turns[name]]
			}
		}
		return inside.(map[string]any)["tested"]
	}
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
