package translate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/diag"
)

func TestSecrets(t *testing.T) {
	files := []translate.Source{
		{File: "t.json", Data: []byte(`{"parameters": {"a": {"type": "secureString", "defaultValue": "hün€ter🐈"}, "b": {"type": "string", "defaultValue": "open"},
"c": {"type": "SecureObject"}, "d": {"type": "securestring", "defaultValue": "[newGuid()]"}}}`)},
		{File: "p.json", Data: []byte(`{"parameters": {"A": {"value": "one"}, "c": {"value": {"k":
 ["second"]}}, "b": {"value": "three"}}}`)},
		{File: "broken.json", Data: []byte(`{"parameters": {"a": {"value": "fourth"}, `)},
	}
	found := translate.FindSecrets(files, map[string]string{"D": "fifth", "b": "sixth", "C": `{"k": "seventh"}`})
	var shown strings.Builder
	for _, f := range files {
		masked := found.Mask(f.File, f.Data)
		if len(masked) != len(f.Data) {
			t.Errorf("%s has %d bytes, want %d", f.File, len(masked), len(f.Data))
		}
		shown.WriteString(string(masked) + "\n")
	}
	const want = `{"parameters": {"a": {"type": "secureString", "defaultValue": **·*•***🔒*}, "b": {"type": "string", "defaultValue": "open"},
"c": {"type": "SecureObject"}, "d": {"type": "securestring", "defaultValue": "[newGuid()]"}}}
{"parameters": {"A": {"value": *****}, "c": {"value": *****
************}, "b": {"value": "three"}}}
{"parameters": {"a": {"value": ********}, 
`
	if shown.String() != want {
		t.Errorf("got\n%swant\n%s", shown.String(), want)
	}
	told := found.Redact(diag.List{{Summary: "the text 'one' of one open hün€ter🐈x", Why: "second, third, fourth", Fix: "fifth, sixth",
		Path: "x.seventh", Related: []diag.Note{{Message: "fifth"}}}})
	hidden := diag.List{{Summary: "the text '***' of one open ***x", Why: "***, third, ***", Fix: "***, sixth",
		Path: "x.***", Related: []diag.Note{{Message: "***"}}}}
	if diff := cmp.Diff(hidden, told); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
