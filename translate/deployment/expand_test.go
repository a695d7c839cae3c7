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

const sub = "/subscriptions/00000000-0000-0000-0000-000000000000"

// expand evaluates a template and writes what comes out, a line for each resource and output, then the findings.
func expand(t testing.TB, text string, p deployment.Params) []string {
	t.Helper()
	root, list := armjson.Parse("t.json", []byte(text))
	if list.HasErrors() {
		t.Fatal(list)
	}
	d, list := deployment.Expand(root, p)
	var got []string
	if !list.HasErrors() {
		for _, r := range d.Resources {
			got = append(got, strings.Replace(r.ID, sub, "", 1)+" "+r.Body.JSON())
		}
		for _, o := range d.Outputs {
			got = append(got, o.Name+" = "+o.Value.JSON())
		}
	}
	return append(got, findings(list)...)
}

func findings(list diag.List) []string {
	var got []string
	for _, d := range list {
		got = append(got, fmt.Sprintf("%d:%d %s %s %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Severity,
			d.Code, d.Summary))
	}
	return got
}

// schema is the $schema of a template for a level above resource groups.
func schema(level string) string {
	return fmt.Sprintf(`"$schema": "https://schema.management.azure.com/schemas/2019-08-01/%sDeploymentTemplate.json#"`,
		level)
}

// one is a resource of no particular kind.
func one(rest string) string { return `{"type": "A.B/c", "apiVersion": "1", ` + rest + `}` }

// nest is a nested deployment; the template is in properties.
func nest(name, rest, properties string) string {
	return fmt.Sprintf(`{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "%s", %s "properties": {"mode": "Incremental", %s}}`,
		name, rest, properties)
}

const inner = `"expressionEvaluationOptions": {"scope": "inner"}, `

func TestExpand(t *testing.T) {
	c := func(name, rest string) string {
		return fmt.Sprintf(`/resourceGroups/local/providers/A.B/c/%s {"type":"A.B/c","apiVersion":"1","name":"%[1]s"%s}`, name, rest)
	}
	tests := []struct {
		name, text string
		params     deployment.Params
		want       []string
	}{
		{name: "loops in loops", text: `{"resources": [` +
			one(`"name": "n", "properties": {"copy": [{"name": "a", "count": 2, "input": {
			"copy": [{"name": "b", "count": "2", "input": "[format('{0}{1}', copyIndex('a'), copyIndex('b', 5))]"}]}}]}`) + `]}`,
			want: []string{c("n", `,"properties":{"a":[{"b":["05","06"]},{"b":["15","16"]}]}`)}},
		{name: "a loop of a property that is no loop",
			text: `{"resources": [` + one(`"name": "n", "properties": {"copy": ["x"], "d": {"copy": true}}`) + `]}`,
			want: []string{c("n", `,"properties":{"copy":["x"],"d":{"copy":true}}`)}},
		{name: "the loop of the resource goes without a name inside the loop of a property",
			text: `{"resources": [` + one(`"name": "[concat('n', copyIndex())]", "copy": {"name": "r", "count": 2},
			"properties": {"copy": [{"name": "a", "count": 1, "input": "[copyIndex()]"}, {"name": "b", "count": 1, "input": "[copyIndex('R')]"}]}`) + `]}`,
			want: []string{c("n0", `,"properties":{"a":[0],"b":[0]}`), c("n1", `,"properties":{"a":[1],"b":[1]}`)}},
		{name: "loops of variables",
			text: `{"resources": [], "variables": {"copy": [{"name": "v", "count": 2, "input": "[copyIndex('v')]"}],
			"o": {"copy": [{"name": "m", "count": 1, "input": "[variables('v')[1]]"}], "k": 1}},
			"outputs": {"v": {"type": "array", "value": "[variables('V')]"}, "o": {"type": "object", "value": "[variables('o')]"}}}`,
			want: []string{`v = [0,1]`, `o = {"m":[1],"k":1}`}},
		{name: "children", text: `{"resources": [` +
			one(`"name": "p", "resources": [{"type": "d", "apiVersion": "2", "name": "k", "resources": [
			{"type": "e", "apiVersion": "3", "name": "l"}]}, {"type": "A.B/c/d", "apiVersion": "2", "name": "p/full"}]`) + `]}`,
			want: []string{c("p", ""),
				`/resourceGroups/local/providers/A.B/c/p/d/k {"type":"A.B/c/d","apiVersion":"2","name":"p/k"}`,
				`/resourceGroups/local/providers/A.B/c/p/d/k/e/l {"type":"A.B/c/d/e","apiVersion":"3","name":"p/k/l"}`,
				`/resourceGroups/local/providers/A.B/c/p/d/full {"type":"A.B/c/d","apiVersion":"2","name":"p/full"}`}},
		{name: "children of a loop", text: `{"resources": [` +
			one(`"name": "[concat('p', copyIndex())]", "copy": {"name": "r", "count": 2},
			"resources": [{"type": "d", "apiVersion": "2", "name": "[concat('k', copyIndex())]"}]`) + `]}`,
			want: []string{c("p0", ""),
				`/resourceGroups/local/providers/A.B/c/p0/d/k0 {"type":"A.B/c/d","apiVersion":"2","name":"p0/k0"}`,
				c("p1", ""),
				`/resourceGroups/local/providers/A.B/c/p1/d/k1 {"type":"A.B/c/d","apiVersion":"2","name":"p1/k1"}`}},
		{name: "a condition is not for the children",
			text: `{"resources": [` + one(`"name": "p", "condition": false, "resources": [
			{"type": "d", "apiVersion": "2", "name": "k"}]`) + `]}`,
			want: []string{`/resourceGroups/local/providers/A.B/c/p/d/k {"type":"A.B/c/d","apiVersion":"2","name":"p/k"}`}},
		{name: "what is left out is not evaluated",
			text: `{"resources": [` +
				one(`"name": "[fail('x')]", "condition": "[false()]", "properties": "[fail('y')]"`) + `]}`},
		{name: "extensions", text: `{"resources": [
			{"type": "A.B/c/providers/locks", "apiVersion": "1", "name": "p/E.F/l"},
			{"type": "E.F/locks", "apiVersion": "1", "name": "k", "scope": "A.B/c/p/d/q"},
			{"type": "E.F/locks", "apiVersion": "1", "name": "k", "scope": "[resourceId('A.B/c', 'p')]"}]}`,
			want: []string{`/resourceGroups/local/providers/A.B/c/p/providers/E.F/locks/l {"type":"A.B/c/providers/locks","apiVersion":"1","name":"p/E.F/l"}`,
				`/resourceGroups/local/providers/A.B/c/p/d/q/providers/E.F/locks/k {"type":"E.F/locks","apiVersion":"1","name":"k"}`,
				`/resourceGroups/local/providers/A.B/c/p/providers/E.F/locks/k {"type":"E.F/locks","apiVersion":"1","name":"k"}`}},
		{name: "members for the deployment",
			text: `{"resources": [` +
				one(`"name": "n", "dependsOn": ["[concat('x')]"], "comments": "[no", "metadata": {"a": null},
			"tags": {"a": "[null()]", "b": "[json('null')]", "c": [null]}`) + `]}`,
			want: []string{c("n", `,"metadata":{},"tags":{"c":[null]}`)}},
		{name: "symbolic names", text: `{"languageVersion": "2.0", "resources": {
			"there": {"existing": true, "type": "A.B/c", "apiVersion": "1", "name": "[fail('not looked at')]"},
			"m": ` + nest("m", "", inner+`"template": {"resources": {}, "outputs": {"o": {"type": "int", "value": 7}}}`) + `,
			"l": ` + nest("[concat('l', copyIndex())]", `"copy": {"name": "l", "count": 2},`, inner+`"template": {"resources": [], "parameters": {"i": {"type": "int"}},
				"outputs": {"o": {"type": "int", "value": "[parameters('i')]"}}}, "parameters": {"i": {"value": "[copyIndex()]"}}`) + `},
			"outputs": {"a": {"type": "int", "value": "[reference('m').outputs.o.value]"},
			"b": {"type": "int", "value": "[reference(format('l[{0}]', 1)).outputs.o.value]"},
			"c": {"type": "array", "value": "[map(references('l'), lambda('x', lambdaVariables('x').outputs.o.value))]"},
			"d": {"type": "string", "value": "[reference('there').x]"}}}`,
			want: []string{`a = 7`, `b = 1`, `c = [0,1]`, `d = "[reference('there').x]"`}},
		{name: "outputs of a nested deployment by its id",
			text: `{"resources": [` + nest("m", `"resourceGroup": "other",`, inner+`"template": {"resources": [],
			"outputs": {"o": {"type": "string", "value": "[resourceGroup().name]"}}}`) + `], "outputs": {
			"a": {"type": "string", "value": "[reference(resourceId('other', 'Microsoft.Resources/deployments', 'm')).outputs.o.value]"},
			"b": {"type": "string", "value": "[reference(extensionResourceId(format('/subscriptions/{0}/resourceGroups/other', subscription().subscriptionId), 'Microsoft.Resources/deployments', 'm'), '2022-09-01').outputs.o.value]"},
			"c": {"type": "string", "value": "[reference('m', '2022-09-01', 'Full').properties.provisioningState]"}}}`,
			want: []string{`a = "other"`, `b = "other"`, `c = "Succeeded"`}},
		{name: "a nested deployment that comes later in the file",
			text: `{"resources": [` + one(`"name": "n", "x": "[reference('m').outputs.o.value]"`) + `,` +
				nest("m", "", inner+`"template": {"resources": [], "outputs": {"o": {"type": "int", "value": 1}}}`) +
				`]}`, want: []string{c("n", `,"x":1`)}},
		{name: "outer scope",
			text: `{"parameters": {"p": {"type": "string", "defaultValue": "outer"}}, "variables": {"v": "outer"},
			"resources": [` + nest("[concat('m', copyIndex())]", `"copy": {"name": "x", "count": 2},`, `"parameters": {"p": {"value": "dead"}}, "template": {"parameters": {"p": {"type": "string"}},
			"variables": {"v": "[fail('dead')]"}, "resources": [`+one(`"name": "[format('{0}{1}{2}', parameters('p'), copyIndex(), deployment().name)]"`)+`],
			"outputs": {"o": {"type": "string", "value": "[variables('v')]"}}}`) + `]}`,
			want: []string{c("outer0t", ""), c("outer1t", "")}},
		{name: "moves", text: `{` + schema("managementGroup") + `, "resources": [` +
			nest("t", `"scope": "/",`, inner+`"template": {"resources": [`+one(`"name": "n"`)+`]}`) + `,` +
			nest("m", `"scope": "Microsoft.Management/managementGroups/mg2",`,
				inner+`"template": {"resources": [`+one(`"name": "n", "x": "[managementGroup().name]"`)+`]}`) + `,` +
			nest("s", `"subscriptionId": "11111111-1111-1111-1111-111111111111", "location": "westus",`,
				inner+`"template": {"resources": [{"type": "Microsoft.Resources/resourceGroups", "apiVersion": "1", "name": "rg", "location": "[deployment().location]"},`+
					nest("g", `"resourceGroup": "rg",`,
						inner+`"template": {"resources": [`+one(`"name": "n", "x": "[resourceGroup().id]"`)+`]}`)+
					`]}`) + `]}`,
			want: []string{`/providers/A.B/c/n {"type":"A.B/c","apiVersion":"1","name":"n"}`,
				`/providers/Microsoft.Management/managementGroups/mg2/providers/A.B/c/n {"type":"A.B/c","apiVersion":"1","name":"n","x":"mg2"}`,
				`/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg {"type":"Microsoft.Resources/resourceGroups","apiVersion":"1","name":"rg","location":"westus"}`,
				`/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/A.B/c/n {"type":"A.B/c","apiVersion":"1","name":"n","x":"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"}`}},
		{name: "a resource group that the template creates", text: `{` + schema("subscription") + `, "resources": [
			{"type": "Microsoft.Resources/resourceGroups", "apiVersion": "1", "name": "rg", "location": "[toLower('EastUS')]"},` +
			nest("g", `"resourceGroup": "rg",`,
				inner+`"template": {"resources": [`+one(`"name": "n", "location": "[resourceGroup().location]"`)+`]}`) +
			`]}`,
			want: []string{`/resourceGroups/rg {"type":"Microsoft.Resources/resourceGroups","apiVersion":"1","name":"rg","location":"eastus"}`,
				`/resourceGroups/rg/providers/A.B/c/n {"type":"A.B/c","apiVersion":"1","name":"n","location":"eastus"}`}},
		{name: "deployment()", text: `{"resources": [` +
			nest("m", "", inner+`"template": {"resources": [], "contentVersion": "2.0.0.0", "outputs": {
			"n": {"type": "string", "value": "[concat(deployment().name, deployment().properties.template.contentVersion)]"}}}`) + `], "outputs": {
			"a": {"type": "string", "value": "[deployment().name]"}, "b": {"type": "string", "value": "[reference('m').outputs.n.value]"},
			"c": {"type": "string", "value": "[uri(deployment().properties.templateLink.uri, 'x.json')]"}}}`,
			want: []string{`a = "t"`, `b = "m2.0.0.0"`,
				`c = "[uri(deployment().properties.templateLink.uri, 'x.json')]"`}},
		{name: "what is not known stays", text: `{"parameters": {"p": {"type": "string"}}, "resources": [` +
			one(`"name": "[parameters('p')]", "location": "[resourceGroup().location]", "tags": {"[parameters('p')]": 1}, "id": "[resourceId('A.B/c', parameters('p'))]"`) + `]}`,
			want: []string{`/resourceGroups/local/providers/A.B/c/[parameters('p')] {"type":"A.B/c","apiVersion":"1","name":"[parameters('p')]",` +
				`"location":"[resourceGroup().location]","tags":{"[parameters('p')]":1},"id":"[resourceId('A.B/c', parameters('p'))]"}`}},
		{name: "a count and a condition that are not known",
			text: `{"parameters": {"p": {"type": "array"}, "b": {"type": "bool"}}, "resources": [` +
				one(`"name": "[concat('n', copyIndex())]", "copy": {"name": "r", "count": "[length(parameters('p'))]"}`) + `,
			` + one(`"name": "m", "condition": "[parameters('b')]"`) + `]}`,
			want: []string{`/resourceGroups/local/providers/A.B/c/[concat('n', copyIndex())] {"type":"A.B/c","apiVersion":"1","name":"[concat('n', copyIndex())]"}`,
				c("m", ""),
				`1:185 warning ING1112 how often loop "r" turns is not known before the deployment; one turn is shown`,
				`2:67 warning ING1112 whether this resource is deployed is not known before the deployment; it is taken as if it were`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, expand(t, tt.text, tt.params)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Values for parameters come from the caller, from files of every form, and from what the template says itself.
func TestExpandParameters(t *testing.T) {
	const text = `{"parameters": {"a": {"type": "String", "defaultValue": "[concat(parameters('b'), '!')]"}, "b": {"type": "string", "defaultValue": "d"},
"o": {"type": "object", "defaultValue": {"copy": [{"name": "x", "count": 1, "input": 1}]}}, "t": {"type": "string", "defaultValue": "[utcNow('yyyy')]"}},
"resources": [], "outputs": {"a": {"type": "string", "value": "[parameters('A')]"}, "o": {"type": "object", "value": "[parameters('o')]"},
"t": {"type": "string", "value": "[parameters('t')]"}}}`
	file := func(text string) *armjson.Node {
		n, list := armjson.Parse("p.json", []byte(text))
		if len(list) > 0 {
			t.Fatal(list)
		}
		return n
	}
	const raw = `o = {"copy":[{"name":"x","count":1,"input":1}]}`
	for _, tt := range []struct {
		name   string
		params deployment.Params
		want   []string
	}{
		{"defaults", deployment.Params{}, []string{`a = "d!"`, raw, `t = "[utcNow('yyyy')]"`}},
		{"values win over files, later files over earlier ones, and all are literals", deployment.Params{
			Values: map[string]string{"A": "[[x]"},
			Files: []*armjson.Node{file(`{"parameters": {"a": {"value": "f"}, "t": {"value": "1"}}}`),
				file(`{"T": {"value": "[concat('2')]"}}`)},
		}, []string{`a = "[[x]"`, raw, `t = "[concat('2')]"`}},
		{"the body of a request",
			deployment.Params{Files: []*armjson.Node{file(`{"properties": {"mode": "Incremental", "parameters": {"b": {"value": "r"}}}}`)}},
			[]string{`a = "r!"`, raw, `t = "[utcNow('yyyy')]"`}},
		{"expressions of newer files",
			deployment.Params{Files: []*armjson.Node{file(`{"externalInputDefinitions": {"i": {"kind": "sys.cli"}},
			"externalInputs": {"i": {"value": "in"}}, "parameters": {"a": {"expression": "[toUpper(externalInputs('i'))]"}}}`)}},
			[]string{`a = "IN"`, raw, `t = "[utcNow('yyyy')]"`}},
		{"null takes the default", deployment.Params{Files: []*armjson.Node{file(`{"a": {"value": null}}`)}},
			[]string{`a = "d!"`, raw, `t = "[utcNow('yyyy')]"`}},
		{"JSON for other types", deployment.Params{Values: map[string]string{"o": `{"k": [true]}`, "t": "5"}},
			[]string{`a = "d!"`, `o = {"k":[true]}`, `t = "5"`}},
		{"no JSON", deployment.Params{Values: map[string]string{"o": "k"}},
			[]string{`2:1 error ING1104 the value given for parameter "o" is not an object`}},
		{"a clock", deployment.Params{Context: file(`{"utcNow": "2026-02-03T04:05:06Z"}`)},
			[]string{`a = "d!"`, raw, `t = "2026"`}},
		{"a context of the wrong form",
			deployment.Params{Context: file(`{"subscription": "s", "utcNow": "now", "cloud": "Azure"}`)}, []string{
				`1:18 error ING1109 "subscription" is a string where an object is wanted`,
				`1:33 error ING1109 "utcNow" is no time as RFC 3339 writes it`,
				`0:0 error ING1109 there is no cloud "Azure"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := expand(t, text, tt.params)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Flags win over the context, and what is said about one subscription or group is not taken for another.
func TestExpandPlace(t *testing.T) {
	const text = `{"resources": [], "outputs": {
"s": {"type": "string", "value": "[concat(subscription().id, ' ', subscription().displayName)]"},
"g": {"type": "string", "value": "[concat(resourceGroup().id, ' ', resourceGroup().location)]"},
"t": {"type": "string", "value": "[tenant().tenantId]"}, "d": {"type": "string", "value": "[deployer().tenantId]"}}}`
	context, list := armjson.Parse("context.json",
		[]byte(`{"subscription": {"subscriptionId": "s", "displayName": "S", "tenantId": "t"},
"resourceGroup": {"name": "g", "location": "westus"}}`))
	if len(list) > 0 {
		t.Fatal(list)
	}
	for _, tt := range []struct {
		name   string
		params deployment.Params
		want   []string
	}{
		{"the context", deployment.Params{Context: context},
			[]string{`s = "/subscriptions/s S"`, `g = "/subscriptions/s/resourceGroups/g westus"`, `t = "t"`,
				`d = "t"`}},
		{"another group", deployment.Params{Context: context, ResourceGroup: "h"}, []string{`s = "/subscriptions/s S"`,
			`g = "[concat('/subscriptions/s/resourceGroups/h', ' ', resourceGroup().location)]"`, `t = "t"`,
			`d = "t"`}},
		{"another region", deployment.Params{Context: context, Location: "eastus"}, []string{`s = "/subscriptions/s S"`,
			`g = "/subscriptions/s/resourceGroups/g eastus"`, `t = "t"`, `d = "t"`}},
		{"another subscription and tenant",
			deployment.Params{Context: context, SubscriptionID: "q", TenantID: "u", Location: "eastus"}, []string{
				`s = "[concat('/subscriptions/q', ' ', subscription().displayName)]"`,
				`g = "/subscriptions/q/resourceGroups/g eastus"`, `t = "u"`, `d = "u"`}},
	} {
		if diff := cmp.Diff(tt.want, expand(t, text, tt.params)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

// Linked templates have a scope of their own; what they link to starts at them.
func TestExpandLinked(t *testing.T) {
	files := map[string]string{
		"child.json": `{"parameters": {"p": {"type": "string"}}, "resources": [` +
			nest("deeper", "", `"templateLink": {"relativePath": "deeper.json"}`) +
			`], "outputs": {"o": {"type": "string", "value": "[parameters('p')]"}}}`,
		"deeper.json": `{"resources": [` +
			one(`"name": "n", "x": "[deployment().properties.templateLink.relativePath]"`) + `]}`,
	}
	var asked []string
	p := deployment.Params{Linked: func(from, uri string) (*armjson.Node, diag.List) {
		asked = append(asked, from+" → "+uri)
		return armjson.Parse(uri, []byte(files[uri]))
	}}
	got := expand(t, `{"resources": [`+nest("a", "",
		`"templateLink": {"relativePath": "child.json"}, "parameters": {"p": {"value": "[concat('x', 'y')]"}}`)+`,`+
		nest("b", "", `"templateLink": {"uri": "child.json"}, "parameters": {"p": {"value": "z"}}`)+
		`], "outputs": {"o": {"type": "string", "value": "[reference('a').outputs.o.value]"}}}`, p)
	n := `/resourceGroups/local/providers/A.B/c/n {"type":"A.B/c","apiVersion":"1","name":"n","x":"deeper.json"}`
	if diff := cmp.Diff([]string{n, n, `o = "xy"`}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"t.json → child.json", "child.json → deeper.json"}, asked); diff != "" {
		t.Errorf("each file is asked for once (-want +got)\n%s", diff)
	}
}
