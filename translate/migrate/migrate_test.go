package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flag"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
	"github.com/ingot-build/ingot/translate/migrate"
	"github.com/ingot-build/ingot/translate/schema"
	"github.com/ingot-build/ingot/translate/template"
)

var update = flag.Bool("update", false, "rewrite what testdata wants")

// TestMigrate reads each archive of testdata: in.json, brought to the api-version that its comment starts with, is want.json, and the
// findings are want.diag.
func TestMigrate(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no archives")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			in := a.Files[0].Data
			out, list := to(t, in, strings.TrimSuffix(strings.Fields(string(a.Comment))[0], ":"))
			got := &txtar.Archive{Comment: a.Comment, Files: []txtar.File{a.Files[0], {Name: "want.json", Data: out}, {Name: "want.diag", Data: render(list)}}}
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(a)), string(txtar.Format(got))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// to migrates the image templates of a text.
func to(t *testing.T, in []byte, version string) ([]byte, diag.List) {
	t.Helper()
	loaded, list := translate.Load(translate.Source{File: "in.json", Data: in}, translate.Options{})
	if list.HasErrors() {
		t.Fatal(list)
	}
	found := migrate.Migrate(nodes(loaded), version, map[string][]byte{"in.json": in})
	out, mended := edit.Apply("in.json", in, found)
	for _, d := range found {
		if d.Code == migrate.CodeMended && len(mended) == 0 {
			t.Errorf("not mended: %v", d)
		}
	}
	return out, found
}

func nodes(r *deployment.Result) []*armjson.Node {
	var all []*armjson.Node
	for _, t := range r.ImageTemplates {
		all = append(all, t.Node)
	}
	return all
}

func render(list diag.List) []byte {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s\n", d)
		for _, part := range []string{d.Path, d.Why, d.Fix} {
			if part != "" {
				fmt.Fprintf(&b, "  %s\n", part)
			}
		}
	}
	return []byte(b.String())
}

// What was migrated is in the other version: doing it again finds nothing that can be mended, and the shape is that version's.
func TestMigrateCorpus(t *testing.T) {
	paths, _ := filepath.Glob("../../../shared/corpus/json/*.json")
	if len(paths) == 0 {
		t.Skip("../shared/corpus is not here")
	}
	migrated := 0
	for _, path := range paths {
		in, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		loaded, list := translate.Load(translate.Source{File: "in.json", Data: in}, translate.Options{})
		if list.HasErrors() {
			continue
		}
		for _, version := range schema.Versions() {
			found := migrate.Migrate(nodes(loaded), version, map[string][]byte{"in.json": in})
			before := 0
			for _, it := range loaded.ImageTemplates {
				_, wrong := template.Decode(it.Node)
				before += wrong.Count(diag.Error) + wrong.Count(diag.Warning)
			}
			out, mended := edit.Apply("in.json", in, found)
			if len(mended) == 0 {
				continue
			}
			migrated++
			again, list := translate.Load(translate.Source{File: "in.json", Data: out}, translate.Options{})
			if list.HasErrors() || len(again.ImageTemplates) != len(loaded.ImageTemplates) {
				t.Errorf("%s to %s: %v", filepath.Base(path), version, list)
				continue
			}
			byHand := 0
			for _, d := range found {
				if d.Code == migrate.CodeByHand {
					byHand++
				}
			}
			for _, it := range again.ImageTemplates {
				for _, d := range migrate.Migrate([]*armjson.Node{it.Node}, version, map[string][]byte{"in.json": out}) {
					if d.Code == migrate.CodeMended {
						t.Errorf("%s to %s, again: %v", filepath.Base(path), version, d)
					}
				}
				if _, wrong := template.Decode(it.Node); byHand == 0 && before == 0 && len(wrong) > 0 {
					t.Errorf("%s to %s: it was right, nothing was left for a person, and now: %v", filepath.Base(path), version, wrong)
				}
			}
		}
	}
	t.Logf("%d migrations", migrated)
	if migrated < 500 {
		t.Errorf("only %d migrations", migrated)
	}
}
