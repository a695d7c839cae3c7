package deployment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// repeated joins n texts made of a number each.
func repeated(n int, format string) string {
	var list []string
	for i := range n {
		list = append(list, strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return strings.Join(list, ",")
}

// The limits of the service: what is just inside is taken, what is just outside is refused.
func TestServiceLimits(t *testing.T) {
	parameters := func(n int) string {
		return `{"resources": [], "parameters": {` + repeated(n, `"p#": {"type": "int", "defaultValue": 1}`) + `}}`
	}
	variables := func(n int) string { return `{"resources": [], "variables": {` + repeated(n, `"v#": 1`) + `}}` }
	outputs := func(n int) string {
		return `{"resources": [], "outputs": {` + repeated(n, `"o#": {"type": "int", "value": 1}`) + `}}`
	}
	resources := func(n int) string {
		return `{"resources": [` + one(`"name": "a", "resources": [{"type": "d", "apiVersion": "1", "name": "k"}]`) +
			`,` +
			one(fmt.Sprintf(`"name": "[concat('n', copyIndex())]", "copy": {"name": "l", "count": %d}`, n-2)) + `]}`
	}
	turns := func(n int) string { // of the loops of a variable, a property and an output, which are no resources
		loop := func(name string) string {
			return fmt.Sprintf(`[{"name": %q, "count": %d, "input": "x"}]`, name, n)
		}
		return `{"variables": {"copy": ` + loop("v") + `}, "resources": [` +
			one(`"name": "n", "properties": {"copy": `+loop("p")+`}`) + fmt.Sprintf(`],
			"outputs": {"o": {"type": "array", "copy": {"count": %d, "input": "x"}}}}`, n)
	}
	nested := func(n int) string { // the resources of a nested deployment count by themselves
		return `{"resources": [` + nest("m", "", `"template": {"resources": [`+
			one(fmt.Sprintf(`"name": "[concat('n', copyIndex())]", "copy": {"name": "l", "count": %d}`, n-1))+`, `+
			one(`"name": "z"`)+`]}`) + `, ` + one(`"name": "a"`) + `]}`
	}
	calls := func(n int) string { // inside each other: the outermost operand is the first level
		return `{"resources": [], "outputs": {"o": {"type": "array", "value": "[` + strings.Repeat("array(", n-1) + `'x'` +
			strings.Repeat(")", n-1) + `]"}}}`
	}
	expression := func(n int) string { // with brackets and quotes
		return `{"resources": [], "outputs": {"o": {"type": "string", "value": "['` + strings.Repeat("x", n-4) +
			`']"}}}`
	}
	for _, tt := range []struct {
		name  string
		text  func(n int) string
		limit int
		want  []string
	}{
		{"parameters", parameters, 256, []string{"1:19 error ING1113 the template has 257 parameters"}},
		{"variables", variables, 512, []string{"1:19 error ING1113 the template has 513 variables"}},
		{"outputs", outputs, 64, []string{"1:19 error ING1113 the template has 65 outputs"}},
		{"resources, with children and loops", resources, 800,
			[]string{"1:2 error ING1113 the template has more than 800 resources, with its loops unrolled"}},
		{"characters of an expression", expression, 24576, []string{"1:65 error ING1106 the expression has 24577 characters"}},
		{"resources of a nested deployment", nested, 800, []string{
			"1:144 error ING1113 the template has more than 800 resources, with its loops unrolled"}},
		{"turns of a loop", turns, 800, []string{
			`1:48 error ING1113 the count of loop "v" is 801`,
			`1:181 error ING1113 the count of loop "p" is 801`,
			`2:57 error ING1113 the count of loop "o" is 801`}},
		{"calls inside each other", calls, 200, []string{
			"1:1265 error ING1106 the expression is nested more than 200 deep"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, line := range expand(t, tt.text(tt.limit), deployment.Params{}) {
				if strings.Contains(line, "error") {
					t.Errorf("%d are refused: %s", tt.limit, line)
				}
			}
			if diff := cmp.Diff(tt.want, expand(t, tt.text(tt.limit+1), deployment.Params{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Hostile templates end in one finding about the budget, with no panic on the way.
func TestHostile(t *testing.T) {
	link := func(rest string) string {
		return `{"type": "Microsoft.Resources/deployments", "apiVersion": "1", ` + rest +
			` "properties": {"templateLink": {"uri": "self"}}}`
	}
	loop := func(name, input string) string {
		return fmt.Sprintf(`{"copy": [{"name": %q, "count": 800, "input": %s}]}`, name, input)
	}
	nested := `{"resources": []}`
	for i := range 40 {
		nested = `{"resources": [` + nest(fmt.Sprintf("[concat('n%d', copyIndex())]", i),
			`"copy": {"name": "l", "count": 800},`, `"template": `+nested) + `]}`
	}
	doubled := ""
	for i := range 99 {
		doubled += fmt.Sprintf(`"v%d": "[concat(variables('v%d'), variables('v%[2]d'))]",`, i+1, i)
	}
	function := func(declared, output string) string { // called again and again with each of the arguments
		return `{"resources": [], "parameters": {"text": {"type": "string", "defaultValue": "` +
			strings.Repeat("a", 1<<20) + `"}},
			"functions": [{"namespace": "f", "members": {"a": {"parameters": [{"name": "p", ` + declared + `}],
			"output": {"type": "bool", "value": "` + output + `"}}}}], "variables": {"none": {}, "list": "[range(0, 10000)]"},
			"outputs": {"o": {"type": "int", "value": "[length(filter(variables('list'), lambda('x', empty(filter(variables('list'), lambda('y',
				f.a(@)))))))]"}}}`
	}
	for name, text := range map[string]string{
		"long lists of allowed values": strings.ReplaceAll(function(`"type": "string", "allowedValues": [`+
			repeated(100_000, `"#"`)+`, "x"]`, "[false()]"), "@", "'x'"),
		"a long text that is counted": strings.ReplaceAll(function(`"type": "string", "minLength": 5`, "[false()]"),
			"@", "parameters('text')"),
		"properties that may be left out": strings.ReplaceAll(function(`"type": "object", "properties": {`+
			repeated(20_000, `"p#": {"type": "string", "nullable": true}`)+`}`, "[false()]"), "@", "variables('none')"),
		"a long name that is unknown": strings.ReplaceAll(function(`"type": "string"`, "[false()]"), "@",
			"if(equals(resourceGroup().location, 'x'), parameters(parameters('text')), 'x')"),
		"variables of 800 deployments": `{"resources": [` +
			nest("[concat('n', copyIndex())]", `"copy": {"name": "l", "count": 800},`,
				`"expressionEvaluationOptions": {"scope": "inner"}, "template": {"resources": [], "variables": {`+
					repeated(200, `"v#": 1`)+`}}`) + `]}`,
		"children of a long name": `{"resources": [` + one(`"name": "`+strings.Repeat("a", 1<<20)+`", "resources": [`+
			repeated(500, `{"type": "d", "apiVersion": "1", "name": "k#"}`)+`]`) + `]}`,
		"groups of a long name": `{"parameters": {"text": {"type": "string", "defaultValue": "` +
			strings.Repeat("a", 1<<20) + `"}}, "resources": [` +
			one(`"name": "[concat('n', copyIndex())]", "copy": {"name": "l", "count": 800}, "resourceGroup": "[parameters('text')]"`) + `]}`,
		"a circle that is tried": `{"resources": [], "variables": {"list": "[range(0, 10000)]", "a": "[map(variables('list'), lambda('x',
			map(variables('list'), lambda('y', or(equals(resourceGroup().location, 'x'), variables('a'))))))]"}}`,
		"literals in brackets": `{"resources": [], "variables": {"v": ` +
			loop("a", `[`+repeated(5000, `"[[#"`)+`]`) + `}}`,
		"text doubled again and again": `{"resources": [], "variables": {` + doubled + `"v0": "aaaa"}}`,
		"arrays of arrays of arrays": `{"resources": [], "variables": {"v": ` +
			strings.Repeat(`["[range(0, 9999)]", `, 90) + `0` + strings.Repeat(`]`, 90) + `,
			"w": "[concat(` + strings.TrimSuffix(strings.Repeat("range(0, 10000),", 99), ",") + `)]"}}`,
		"loops in loops in loops": `{"resources": [], "variables": {"v": ` + loop("a", loop("b", loop("c", `"x"`))) +
			`}}`,
		"a resource that is large 800 times": `{"resources": [` + one(`"name": "[concat('n', copyIndex())]", "copy": {"name": "l", "count": 800}, "properties": {"l": [`+
			repeated(5000, `{"k": "[concat('a')]"}`)+`]}`) + `]}`,
		"a link to itself":              `{"resources": [` + link(`"name": "a",`) + `]}`,
		"800 links to itself":           `{"resources": [` + link(`"name": "[concat('a', copyIndex())]", "copy": {"name": "l", "count": 800},`) + `]}`,
		"nested loops over deployments": nested,
		"functions that call each other": `{"resources": [], "functions": [{"namespace": "f", "members": {
			"a": {"output": {"type": "int", "value": "[f.b()]"}}, "b": {"output": {"type": "int", "value": "[add(f.a(), f.a())]"}}}}],
			"outputs": {"o": {"type": "int", "value": "[f.a()]"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			root, list := armjson.Parse("t.json", []byte(text))
			if list.HasErrors() {
				t.Fatal(list)
			}
			limits := armexpr.DefaultLimits()
			limits.Steps, limits.Bytes = 500_000, 32<<20
			_, list = deployment.Expand(root, deployment.Params{Limits: limits,
				Linked: func(string, string) (*armjson.Node, diag.List) { return root, nil }})
			if len(list) != 1 || list[0].Code != deployment.CodeBudget || list[0].Fix == "" {
				t.Errorf("findings: %v", list)
			}
		})
	}
}
