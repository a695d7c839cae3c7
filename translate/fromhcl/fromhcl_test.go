package fromhcl_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/fromhcl"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// TestImport runs testdata: a Packer template with its scripts, and below it what is made of it. The second witness is the rest of
// Ingot, which must take the image template for a good one.
func TestImport(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(data)
			in, read, options, want := input(a)
			text, list := fromhcl.Import(in, options)
			got := map[string]string{"findings": findings(list), "image.json": string(text)}
			if *update {
				a.Files = a.Files[:read]
				for _, name := range []string{"findings", "image.json"} {
					if got[name] != "" {
						a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(got[name])})
					}
				}
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got, go test -update writes it):\n%s", diff)
			}
			if (text == nil) != list.HasErrors() {
				t.Error("there is a text and there are errors, or neither")
			}
			if text != nil {
				valid(t, text)
			}
		})
	}
}

// input takes an archive apart; read is the number of files that are not results.
func input(a *txtar.Archive) (in map[string][]byte, read int, o fromhcl.Options, want map[string]string) {
	in, want = map[string][]byte{}, map[string]string{"findings": "", "image.json": ""}
	others := map[string][]byte{}
	for _, f := range a.Files {
		switch _, result := want[f.Name]; {
		case result:
			want[f.Name] = string(f.Data)
			continue
		case strings.HasSuffix(f.Name, ".pkr.hcl"):
			in[f.Name] = f.Data
		case f.Name == "source":
			o.Source = strings.TrimSpace(string(f.Data))
		default:
			others[f.Name] = f.Data
		}
		read++
	}
	o.Read = func(name string) ([]byte, error) {
		if data, ok := others[name]; ok {
			return data, nil
		}
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return in, read, o, want
}

func findings(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintln(&b, d)
		for _, more := range []string{d.Why, d.Fix} {
			if more != "" {
				fmt.Fprintln(&b, "  "+more)
			}
		}
	}
	return b.String()
}

// valid checks that Ingot has no error to find in an image template, once its parameters have values.
func valid(t *testing.T, text []byte) {
	t.Helper()
	src := translate.Source{File: "image.json", Data: text}
	checked, list := translate.Validate(src, translate.Options{Params: deployment.Params{}})
	for _, d := range list {
		if d.Severity == diag.Error {
			t.Errorf("%s", d)
		}
	}
	if len(checked) != 1 {
		t.Error(errors.New("there is not one image template in it"))
	}
}
