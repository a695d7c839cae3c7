package translate_test

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate"
)

func TestSecrets(t *testing.T) {
	files := []translate.Source{
		{File: "t.json", Data: []byte(`{"parameters": {"a": {"type": "secureString", "defaultValue": "hün€ter🐈"}, "b": {"type": "string", "defaultValue": "open"},
"c": {"type": "SecureObject"}, "d": {"type": "securestring", "defaultValue": "[newGuid()]"}}}`)},
		{File: "p.json", Data: []byte(`{"parameters": {"A": {"value": "one"}, "c": {"value": {"k":
 ["two"]}}, "b": {"value": "three"}}}`)},
		{File: "broken.json", Data: []byte(`{"parameters": {"a": {"value": "four"}, `)},
	}
	found := translate.Secrets(files)
	var shown strings.Builder
	for _, f := range files {
		masked := translate.Mask(f.File, f.Data, found)
		if len(masked) != len(f.Data) {
			t.Errorf("%s has %d bytes, want %d", f.File, len(masked), len(f.Data))
		}
		shown.WriteString(string(masked) + "\n")
	}
	const want = `{"parameters": {"a": {"type": "secureString", "defaultValue": **·*•***🔒*}, "b": {"type": "string", "defaultValue": "open"},
"c": {"type": "SecureObject"}, "d": {"type": "securestring", "defaultValue": "[newGuid()]"}}}
{"parameters": {"A": {"value": *****}, "c": {"value": *****
*********}, "b": {"value": "three"}}}
{"parameters": {"a": {"value": ******}, 
`
	if shown.String() != want {
		t.Errorf("got\n%swant\n%s", shown.String(), want)
	}
}
