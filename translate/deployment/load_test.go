package deployment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// wrap makes a deployment template: sections stand before the resources, body is inside the image template.
func wrap(sections, body string) string {
	return fmt.Sprintf(`{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
%s
"resources": [{"type": "Microsoft.Compute/galleries", "name": "g"},
{"type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "i", "apiVersion": "2024-02-01", "dependsOn": ["x"],
%s}]}`, sections, body)
}

func load(t *testing.T, text string, p deployment.Params) ([]*armjson.Node, diag.List) {
	t.Helper()
	root, list := armjson.Parse("t.json", []byte(text))
	if list.HasErrors() {
		t.Fatal(list)
	}
	loaded, list := deployment.Load(root, p)
	var nodes []*armjson.Node
	for _, found := range loaded.ImageTemplates {
		nodes = append(nodes, found.Node)
	}
	return nodes, list
}

func file(t *testing.T, text string) *armjson.Node {
	t.Helper()
	n, list := armjson.Parse("p.json", []byte(text))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return n
}

func TestLoadValues(t *testing.T) {
	tests := []struct {
		name, sections, body string
		params               deployment.Params
		want                 string // value of the member x
	}{
		{"literal", ``, `"x": "plain"`, deployment.Params{}, `"plain"`},
		{"escaped bracket", ``, `"x": "[[ -f /x ]"`, deployment.Params{}, `"[ -f /x ]"`},
		{"default", `"parameters": {"a": {"type": "string", "defaultValue": "d"}},`, `"x": "[parameters('A')]"`,
			deployment.Params{}, `"d"`},
		{"default is an expression",
			`"parameters": {"a": {"type": "String", "defaultValue": "[concat(parameters('b'), '!')]"}, "b": {"type": "string", "defaultValue": "d"}},`,
			`"x": "[parameters('a')]"`, deployment.Params{}, `"d!"`},
		{"value from the caller is a literal", `"parameters": {"a": {"type": "string"}},`, `"x": "[parameters('a')]"`,
			deployment.Params{Values: map[string]string{"A": "[[x]"}}, `"[[x]"`},
		{"value from a file", `"parameters": {"a": {"type": "int"}},`, `"x": "[parameters('a')]"`,
			deployment.Params{File: file(t, `{"$schema": "x", "parameters": {"a": {"value": 5}}}`)}, `5`},
		{"value from a bare file", `"parameters": {"a": {"type": "object"}},`, `"x": "[parameters('a').k]"`,
			deployment.Params{File: file(t, `{"a": {"value": {"k": ["v"]}}}`)}, `["v"]`},
		{"the caller wins over the file", `"parameters": {"a": {"type": "array"}},`, `"x": "[parameters('a')]"`,
			deployment.Params{Values: map[string]string{"a": `["c"]`}, File: file(t, `{"a": {"value": ["f"]}}`)},
			`["c"]`},
		{"a boolean in any case", `"parameters": {"a": {"type": "bool"}},`, `"x": "[parameters('a')]"`,
			deployment.Params{Values: map[string]string{"a": "True"}}, `true`},
		{"null takes the default", `"parameters": {"a": {"type": "string", "defaultValue": "d"}},`,
			`"x": "[parameters('a')]"`, deployment.Params{File: file(t, `{"a": {"value": null}}`)}, `"d"`},
		{"variables in any order", `"variables": {"a": "[variables('b')]", "b": {"c": "[concat('1', '2')]"}},`,
			`"x": "[variables('a').c]"`, deployment.Params{}, `"12"`},
		{"a result is final", `"variables": {"a": "[concat('[x', ']')]"},`, `"x": "[variables('a')]"`,
			deployment.Params{}, `"[x]"`},
		{"keys are expressions too", `"variables": {"a": "k"},`, `"x": {"[variables('a')]": {}}`, deployment.Params{},
			`{"k":{}}`},
		{"the placeholders", ``, `"x": "[resourceGroup().id]"`, deployment.Params{},
			`"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"`},
		{"the caller's place", ``, `"x": "[resourceId('Microsoft.Compute/images', 'i')]"`,
			deployment.Params{SubscriptionID: "s", ResourceGroup: "g"},
			`"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			nodes, list := load(t, wrap(tt.sections, tt.body), tt.params)
			if len(list) > 0 || len(nodes) != 1 {
				t.Fatalf("%d image templates, findings: %v", len(nodes), list)
			}
			if got := compact(nodes[0].Get("x")); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if nodes[0].Get("dependsOn") != nil {
				t.Error("dependsOn is still there")
			}
		})
	}
}

func TestLoadFindings(t *testing.T) {
	values := func(kv ...string) deployment.Params {
		p := deployment.Params{Values: map[string]string{}}
		for i := 0; i < len(kv); i += 2 {
			p.Values[kv[i]] = kv[i+1]
		}
		return p
	}
	tests := []struct {
		name, text string
		params     deployment.Params
		want       []string // "line:col severity code summary"
	}{
		{"missing parameter", wrap(`"parameters": {"a": {"type": "string"}},`,
			`"x": "[parameters('a')]", "y": "[parameters('a')]"`), deployment.Params{Strict: true},
			[]string{`2:16 error ING1102 parameter "a" has no value`}},
		{"unknown parameter given", wrap(`"parameters": {"name": {"type": "string"}},`, `"x": 1`), values("nmae", "v"),
			[]string{`0:0 error ING1103 the deployment template has no parameter "nmae"`}},
		{"unknown parameter in the file", wrap(``, `"x": 1`), deployment.Params{File: file(t, `{"b": {"value": 1}}`)},
			[]string{`1:2 error ING1103 the deployment template has no parameter "b"`}},
		{"parameter of a bare body", `{"properties": {"source": {}}}`, values("a", "b"),
			[]string{`0:0 error ING1103 a value is given for parameter "a", and the template has no parameters`}},
		{"wrong type given", wrap(`"parameters": {"a": {"type": "int"}},`, `"x": "[parameters('a')]"`),
			values("a", "five"),
			[]string{`2:16 error ING1104 the value given for parameter "a" is not a whole number`}},
		{"wrong type of a default", wrap(`"parameters": {"a": {"type": "int", "defaultValue": "5"}},`,
			`"x": "[parameters('a')]"`), deployment.Params{},
			[]string{`2:53 error ING1104 parameter "a" is a string where a whole number is wanted`}},
		{"not allowed", wrap(`"parameters": {"a": {"type": "string", "allowedValues": ["dev", "prod"]}},`,
			`"x": "[parameters('a')]"`), values("a", "prd"),
			[]string{`2:16 error ING1104 parameter "a" does not allow "prd"`}},
		{"too long", wrap(`"parameters": {"a": {"type": "string", "maxLength": 2, "defaultValue": "abc"}},`,
			`"x": "[parameters('a')]"`), deployment.Params{},
			[]string{`2:72 error ING1104 parameter "a" is outside of its limits`}},
		{"unknown type", wrap(`"parameters": {"a": {"type": "sting"}},`, `"x": "[parameters('a')]"`),
			deployment.Params{}, []string{`2:30 error ING1105 parameter "a" is of an unknown type`}},
		{"the place inside an expression", wrap(``, "\n\"x\": \"[concat('é', parametres('a'))]\""), deployment.Params{},
			[]string{`6:20 error ING1106 there is no function "parametres"`}},
		{"a cycle", wrap(`"variables": {"a": "[variables('b')]", "b": "[variables('A')]"},`, `"x": "[variables('a')]"`),
			deployment.Params{}, []string{`2:47 error ING1108 variable "a" needs itself`}},
		{"several findings at once", wrap(``, `"x": "[iff(true(), 'a', 'b')]", "y": ["[utcNow()]"]`),
			deployment.Params{}, []string{
				`5:8 error ING1106 there is no function "iff"`, `5:41 error ING1106 utcNow cannot be used here`}},
		{"false condition", wrap(``, `"condition": false, "x": "[nope()]"`), deployment.Params{},
			[]string{`1:1 error ING1101 the deployment template has no image template`,
				`5:14 warning ING1110 this image template is left out: its condition is false`}},
		{"condition of another type", wrap(``, `"condition": "true"`), deployment.Params{},
			[]string{`5:14 error ING1106 the condition is a string where a boolean is wanted`}},
		{"no image template",
			`{"resources": [{"type": "Microsoft.Compute/images", "name": "i", "apiVersion": "2024-03-01"}]}`,
			deployment.Params{},
			[]string{`1:1 error ING1101 the deployment template has no image template`}},
		{"an array", `[1]`, deployment.Params{},
			[]string{`1:1 error ING1101 the file is not an image template: it is an array`}},
		{"another resource", `{"type": "Microsoft.Compute/disks"}`, deployment.Params{},
			[]string{`1:1 error ING1101 the file is not an image template: it is a resource of type "Microsoft.Compute/disks"`}},
		{"an old Packer template", `{"builders": []}`, deployment.Params{},
			[]string{`1:1 error ING1101 the file is not an image template: it is an old Packer template in JSON`}},
		{"a parameter file", `{"$schema": "x/deploymentParameters.json#", "parameters": {}}`, deployment.Params{},
			[]string{`1:1 error ING1101 the file is not an image template: it is a parameter file`}},
		{"expression in a bare body", `{"properties": {"source": {}, "x": "[parameters('a')]", "y": "[ -f /x ]"}}`,
			deployment.Params{},
			[]string{`1:36 warning ING1111 this text looks like an expression, and nothing evaluates it`}},
		{"sections of the wrong type", `{"parameters": [], "variables": 1, "resources": "x"}`, deployment.Params{},
			[]string{
				`1:16 error ING1109 "parameters" is an array where an object is wanted`,
				`1:33 error ING1109 "variables" is a number where an object is wanted`,
				`1:49 error ING1109 "resources" is a string where an array is wanted`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, list := load(t, tt.text, tt.params)
			var got []string
			for _, d := range list {
				got = append(got, fmt.Sprintf("%d:%d %s %s %s", d.Subject.Start.Line, d.Subject.Start.Column,
					d.Severity, d.Code, d.Summary))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// An evaluated value says it was written where its expression stands; what is inside keeps its own place.
func TestLoadPlaces(t *testing.T) {
	text := wrap(`"variables": {"v": ["a"]},`, `"x": "[variables('v')]"`)
	nodes, list := load(t, text, deployment.Params{})
	if len(list) > 0 {
		t.Fatal(list)
	}
	x := nodes[0].Get("x")
	if got := text[x.Range.Start.Byte:x.Range.End.Byte]; got != `"[variables('v')]"` {
		t.Errorf("the value says it was written as %s", got)
	}
	inner := x.Items[0].Range
	if got := text[inner.Start.Byte:inner.End.Byte]; got != `"a"` || inner.Start.Line != 2 {
		t.Errorf("what is inside says it was written as %s in line %d", got, inner.Start.Line)
	}
}

func TestLoadKinds(t *testing.T) {
	for name, text := range map[string]string{
		"full type":     `{"type": "Microsoft.VirtualMachineImages/imageTemplates"}`,
		"provider only": `{"type": "microsoft.virtualmachineimages"}`,
		"no type":       `{"properties": {"distribute": []}}`,
		"symbolic name": `{"languageVersion": "2.0", "resources": {"web": {"type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "i", "apiVersion": "2024-02-01"}}}`,
		"type by expression": `{"variables": {"t": "Microsoft.VirtualMachineImages/imageTemplates"},
			"resources": [{"type": "[variables('t')]", "name": "i", "apiVersion": "2024-02-01"}]}`,
	} {
		if nodes, list := load(t, text, deployment.Params{}); len(nodes) != 1 || len(list) > 0 {
			t.Errorf("%s: %d image templates, findings %v", name, len(nodes), list)
		}
	}
	two := `{"resources": [{"type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "a", "apiVersion": "2024-02-01"},
		{"type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "b", "apiVersion": "2024-02-01"},
		{"type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "c", "existing": true}]}`
	if nodes, _ := load(t, two, deployment.Params{}); len(nodes) != 2 || nodes[1].Get("name").Text != "b" {
		t.Errorf("got %d image templates, want a and b", len(nodes))
	}
	if loaded, list := deployment.Load(nil, deployment.Params{}); loaded.ImageTemplates != nil || list != nil {
		t.Error("no document gave something")
	}
}

// FuzzLoad: no panic, no findings outside of the file; without errors there is an image template.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(wrap(`"parameters": {"a": {"type": "string", "defaultValue": "[parameters('a')]"}}, "variables": {"b": "[variables('b')]"},`,
		`"x": "[concat(parameters('a'), variables('b'))]"`)))
	f.Add([]byte(wrap(`"parameters": {"a": {"type": "array", "allowedValues": [1]}, "b": 5},`,
		`"x": "[parameters('a')[0]]", "y": "[parameters('b')]"`)))
	f.Add([]byte(`{"resources": {"a": {"type": "Microsoft.Resources/deployments", "properties": {"templateLink": 1}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, parsed := armjson.Parse("f.json", data)
		loaded, list := deployment.Load(root, deployment.Params{Values: map[string]string{"a": "1"}, File: root})
		for _, d := range list {
			if !strings.HasPrefix(d.Subject.File, "f.json") || d.Subject.End.Byte > len(data) || d.Summary == "" {
				t.Errorf("%+v", d)
			}
		}
		if !parsed.HasErrors() && !list.HasErrors() && len(loaded.ImageTemplates) == 0 {
			t.Error("neither an image template nor an error")
		}
	})
}

// compact writes a value as JSON without blanks.
func compact(n *armjson.Node) string {
	var parts []string
	switch n.Kind {
	case armjson.String:
		return fmt.Sprintf("%q", n.Text)
	case armjson.Array:
		for _, item := range n.Items {
			parts = append(parts, compact(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case armjson.Object:
		for _, m := range n.Members {
			parts = append(parts, fmt.Sprintf("%q:%s", m.Key, compact(m.Value)))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case armjson.Bool:
		return fmt.Sprint(n.Bool)
	case armjson.Null:
		return "null"
	default:
		return n.Text
	}
}
