package translate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

func TestFix(t *testing.T) {
	const before = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "web", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
  "properties": {
    "provisioningState": "Succeeded", // exported
    "source": {"type": "platformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "1.2.3"},
    "buildTimeoutInMinutes": "90",
    "customize": [{"type": "Shell", "Inline": ["true"]}],
    "distribute": [{"type": "VHD", "runOutputName": "o", "aritfactTags": {"a": 1}}]
  }
}`
	after := strings.NewReplacer(`"provisioningState": "Succeeded",`, "", "platformImage", "PlatformImage", `"90"`, "90", "Inline", "inline",
		"aritfactTags", "artifactTags", `{"a": 1}`, `{"a": "1"}`).Replace(before)
	f := translate.Fix(translate.Source{File: "f", Data: []byte(before)}, translate.Options{})
	if string(f.Text) != after {
		t.Errorf("got:\n%s", f.Text)
	}
	if len(f.Mended) != 6 || f.Left.HasErrors() || len(f.Checked) != 1 {
		t.Errorf("mended: %v\nleft: %v", f.Mended, f.Left)
	}
}

// Fixing twice is the same as once, and what a template comes to changes only where a finding said so.
func TestFixCorpus(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/corpus/json/*.json")
	if len(paths) == 0 {
		t.Skip("../shared/corpus is not here")
	}
	changed := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		src := translate.Source{File: name, Data: data}
		f := translate.Fix(src, translate.Options{})
		if len(f.Mended) == 0 {
			if string(f.Text) != string(data) {
				t.Errorf("%s: changed without a finding", name)
			}
			continue
		}
		changed++
		again := translate.Fix(translate.Source{File: name, Data: f.Text}, translate.Options{})
		if len(again.Mended) > 0 || string(again.Text) != string(f.Text) {
			t.Errorf("%s: the second time: %v", name, again.Mended)
		}
		before, ok := values(src)
		if !ok {
			continue // what could not be read has come to nothing yet
		}
		after, ok := values(translate.Source{File: name, Data: f.Text})
		if !ok {
			t.Errorf("%s cannot be read any more", name)
		}
		for _, path := range differences(before, after) {
			if !slices.ContainsFunc(f.Mended, func(d diag.Diagnostic) bool { return explains(d, path) }) {
				t.Errorf("%s: %s changed, and no finding says so:\n%v", name, path, f.Mended)
			}
		}
	}
	t.Logf("%d files were changed", changed)
	if changed < 10 {
		t.Errorf("only %d files were changed", changed)
	}
}

// explains reports whether a finding is about a place, or about a property that stands where this one did.
func explains(d diag.Diagnostic, path string) bool {
	_, at, _ := strings.Cut(path, " ")
	if strings.HasPrefix(strings.ToLower(at), strings.ToLower(d.Path)) {
		return true
	}
	parent := d.Path[:strings.LastIndexByte(d.Path, '.')+1]
	rest, ok := strings.CutPrefix(at, parent)
	return ok && slices.ContainsFunc(d.Edits, func(e diag.Edit) bool { return strings.HasPrefix(rest, strings.Trim(e.Text, `"`)) })
}

// values lists what the image templates of a document come to: "0 properties.source.sku" to its value. ok is false when it cannot be
// read.
func values(src translate.Source) (all map[string]string, ok bool) {
	loaded, list := translate.Load(src, translate.Options{})
	if list.HasErrors() {
		return nil, false
	}
	all = map[string]string{}
	var walk func(n *armjson.Node, path string)
	walk = func(n *armjson.Node, path string) {
		switch n.Kind {
		case armjson.Object:
			for _, m := range n.Members {
				next := path + "." + m.Key
				if strings.HasSuffix(path, " ") {
					next = path + m.Key
				}
				walk(m.Value, next)
			}
		case armjson.Array:
			for i, item := range n.Items {
				walk(item, fmt.Sprintf("%s[%d]", path, i))
			}
		default:
			all[path] = n.JSON()
		}
	}
	for i, it := range loaded.ImageTemplates {
		walk(it.Node, fmt.Sprintf("%d ", i))
	}
	return all, true
}

func differences(a, b map[string]string) []string {
	var paths []string
	for path, v := range a {
		if w, ok := b[path]; !ok || v != w {
			paths = append(paths, path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
