package deployment_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/deployment"
)

// Functions of a template see variables in language version 2 only; never a parameter of the template, nor a loop.
func TestWhatFunctionsSee(t *testing.T) {
	const template = `{LANGUAGE "parameters": {"p": {"type": "string", "defaultValue": "[f.greet()]"}},
		"variables": {"name": "Ann", "greeting": "[f.greet()]"},
		"functions": [{"namespace": "f", "members": {
			"greet": {"parameters": [], "output": {"type": "string", "value": "[concat('Hi ', variables('name'))]"}},
			"leak": {"parameters": [], "output": {"type": "string", "value": "[parameters('p')]"}},
			"round": {"parameters": [], "output": {"type": "string", "value": "[variables('round')]"}}}}],
		"resources": {}, "outputs": {"o": {"type": "string", "value": "OUTPUT"}}}`
	tests := []struct {
		name, language, output string
		want                   []string
	}{
		{"a variable", "2.0", "[concat(parameters('p'), variables('greeting'), f.greet())]",
			[]string{`o = "Hi AnnHi AnnHi Ann"`}},
		{"a variable before version 2", "1.0", "x", []string{"4:86 error ING1106 variables cannot be used here"}},
		{"a parameter of the template", "2.0", "[f.leak()]",
			[]string{`5:71 error ING1106 the function has no parameter "p"`}},
		{"no such variable", "2.0", "[f.round()]", []string{`6:72 error ING1106 there is no variable "round"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.NewReplacer("LANGUAGE", `"languageVersion": "`+tt.language+`",`, "OUTPUT",
				tt.output).Replace(template)
			if diff := cmp.Diff(tt.want, expand(t, text, deployment.Params{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("a variable that needs itself", func(t *testing.T) {
		text := strings.Replace(template, `"name": "Ann"`, `"name": "[f.greet()]"`, 1)
		text = strings.Replace(text, "LANGUAGE", `"languageVersion": "2.0",`, 1)
		got := expand(t, text, deployment.Params{})
		if len(got) == 0 || !strings.Contains(got[0], `needs itself`) {
			t.Errorf("got %q, want a variable that needs itself", got)
		}
	})
}
