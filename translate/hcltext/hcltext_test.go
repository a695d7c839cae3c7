package hcltext_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/hcltext"
)

func TestParse(t *testing.T) {
	const n = 1 << 18
	many := func(s string) string { return strings.Repeat(s, n/len(s)) }
	for _, tt := range []struct {
		name, text string
		wantErr    string
	}{
		{"a file", "a = 1\nb \"c\" {\n  d = [for x in y : \"${x}-${z[0]}\"]\n}\n", ""},
		{"a long script", "a = <<E\n" + many("echo a ? b : c - d ! e[0][0]\n") + "E\n", ""},
		{"a long list", "a = [" + many("\"x\", ") + "]\n", ""},
		{"many blocks", many("b {\n  a = -1\n}\n"), ""},
		{"parentheses", "a = " + many("("), "nests too deep"},
		{"brackets", "a = " + many("["), "nests too deep"},
		{"braces", many("a {\n"), "nests too deep"},
		{"templates", "a = " + many(`"${`), "nests too deep"},
		{"directives", "a = " + many(`"%{if `), "nests too deep"},
		{"signs", "a = " + many("!") + "true\n", "nests too deep"},
		{"minus", "a = " + many("-") + "1\n", "nests too deep"},
		{"conditions", "a = " + many("x ? y : ") + "z\n", "nests too deep"},
		{"indexes", "a = b" + many("[c]") + "\n", "nests too deep"},
		{"attributes", "a = b" + many(".c") + "\n", ""},
		{"operators", "a = 1" + strings.Repeat(" + 1", 30_000) + "\n", "nests too deep"},
		{"operators in parentheses, on lines", "a = (1" + strings.Repeat(" +\n 1", 30_000) + ")\n", "nests too deep"},
		{"nothing", "", ""},
		{"no text", "\x00\xff\xfe", "Invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, diags := hcltext.Parse([]byte(tt.text), "a.hcl")
			if _, ok := f.Body.(*hclsyntax.Body); !ok {
				t.Fatalf("the body is a %T", f.Body)
			}
			if tt.wantErr == "" && diags.HasErrors() || tt.wantErr != "" && !strings.Contains(diags.Error(), tt.wantErr) {
				t.Errorf("got %v, want %q", diags, tt.wantErr)
			}
		})
	}
}

func TestLowerFirst(t *testing.T) {
	for in, want := range map[string]string{"": "", "Missing name": "missing name", "Über": "über", "a": "a"} {
		if got := hcltext.LowerFirst(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
