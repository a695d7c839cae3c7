package translate_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/emit/configspec"
)

// TestAzureFolders translates in.json of every archive in emit/testdata/azure, and compares the Packer templates and the README
// with the files below want, and what is lost with want.lost. Lines "standalone: yes" and "plugin-version: x" of the comment are
// options.
func TestAzureFolders(t *testing.T) {
	for _, path := range azureArchives(t) {
		t.Run(archiveName(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			d, o := azureInput(t, archive)
			f, err := emit.Packer(d.plan, o)
			if err != nil {
				t.Fatal(err)
			}
			compareFolder(t, path, archive, f)
		})
	}
}

// compareFolder holds an emitted folder against the files below want of an archive, and what is lost with want.lost.
func compareFolder(t *testing.T, path string, archive *txtar.Archive, f *emit.Folder) {
	t.Helper()
	got := map[string]string{"want.lost": lost(f)}
	for _, file := range f.Files {
		if ext := filepath.Ext(file.Path); ext == ".hcl" || ext == ".md" {
			got["want/"+file.Path] = string(file.Data)
		}
	}
	if *update {
		rewriteFolder(t, path, archive, got)
	}
	want := map[string]string{}
	for _, file := range archive.Files {
		if strings.HasPrefix(file.Name, "want") {
			want[file.Name] = string(file.Data)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got); -update rewrites it\n%s", diff)
	}
}

// TestAzureFoldersUnderPacker is the second witness: stock Packer validates the folders. Where its plugin is not of the version
// wanted, it validates what is emitted for the plugin that it has.
func TestAzureFoldersUnderPacker(t *testing.T) {
	azure := testtools.AzurePlugin(t)
	p := newStockPacker(t, azure, testtools.WindowsUpdatePlugin(t))
	has, err := configspec.ParseVersion(azure.Version)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range azureArchives(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d, o := azureInput(t, archive)
		if wanted, err := configspec.ParseWanted(o.PluginVersion); err != nil {
			t.Fatal(err)
		} else if !wanted.Allows(has) {
			o.PluginVersion = azure.Version
		}
		p.add(d, []emit.Options{o})
	}
	p.validateAll()
}

func azureArchives(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("emit/testdata/azure/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	return paths
}

func archiveName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".txtar") }

// azureInput translates an archive's template, and reads its options.
func azureInput(t *testing.T, archive *txtar.Archive) (doc, emit.Options) {
	t.Helper()
	src, _ := input(t, archive)
	o := emit.Options{Target: emit.Azure}
	for line := range strings.Lines(string(archive.Comment)) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), ": "); key {
		case "standalone":
			o.Standalone = value == "yes"
		case "plugin-version":
			o.PluginVersion = value
		}
	}
	p, found := translate.Translate(src, translate.Options{Target: check.Azure, Check: check.Options{Translate: true}})
	if p == nil {
		t.Fatalf("no plan:\n%s", report(found))
	}
	return doc{p.Name, p, found}, o
}

// lost gives a line for each loss.
func lost(f *emit.Folder) string {
	var b strings.Builder
	for _, l := range f.Lost {
		if l.Around {
			continue // of every target; see the README
		}
		fmt.Fprintf(&b, "%s: %s\n", l.Path, l.What)
		for _, part := range []struct{ label, text string }{{"why", l.Why}, {"fix", l.Fix}} {
			if part.text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part.label, part.text)
			}
		}
	}
	return b.String()
}

// rewriteFolder puts the results behind the input of an archive.
func rewriteFolder(t *testing.T, path string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want") })
	for _, name := range slices.Sorted(maps.Keys(got)) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
