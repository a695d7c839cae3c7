package fromhcl_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/fromhcl"
)

// FuzzImport looks for panics, for what is no JSON, and for deployment templates that Ingot cannot evaluate.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if strings.HasSuffix(file.Name, ".pkr.hcl") {
				f.Add(string(file.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, hcl string) {
		text, list := fromhcl.Import(map[string][]byte{"image.pkr.hcl": []byte(hcl)}, fromhcl.Options{
			Read: func(string) ([]byte, error) { return nil, errors.New("no files here") },
		})
		if (text == nil) != list.HasErrors() {
			t.Fatalf("there is a text and there are errors, or neither: %v", list)
		}
		if text == nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("it is no JSON:\n%s", text)
		}
		_, found := translate.Load(translate.Source{File: "image.json", Data: text}, translate.Options{Params: deployment.Params{}})
		for _, d := range found {
			if strings.HasPrefix(string(d.Code), "ING10") { // of reading, and of expressions
				t.Errorf("%s\n%s", d, text)
			}
		}
	})
}
