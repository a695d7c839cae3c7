package mapping_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestEveryPropertyIsClaimed holds that no property of the newest api-version is dropped in silence.
func TestEveryPropertyIsClaimed(t *testing.T) {
	var claimed []string
	for _, c := range claims {
		claimed = append(claimed, c.path)
	}
	slices.Sort(claimed)
	all := properties()
	slices.Sort(all)
	if diff := cmp.Diff(all, claimed); diff != "" {
		t.Errorf("claims (-the properties of %s +those claimed):\n%s", newest(), diff)
	}
}

// TestClaims changes each property in a template that has it, and holds what comes out against the claim.
func TestClaims(t *testing.T) {
	unchanged := map[string]result{}
	for _, c := range claims {
		t.Run(c.path, func(t *testing.T) {
			before, after := c.change(t)
			was, ok := unchanged[string(before)]
			if !ok {
				was = translated(before)
				unchanged[string(before)] = was
			}
			is := translated(after)
			if len(was.refused) > 0 {
				t.Fatalf("the template without the change: %v", was.refused)
			}
			if c.refused != "" {
				if !slices.Contains(is.refused, diag.Code(c.refused)) {
					t.Errorf("%s: found %v, want %s", c.set, is.refused, c.refused)
				}
				return
			}
			if len(is.refused) > 0 {
				t.Fatalf("%s: %v", c.set, is.refused)
			}
			c.holdPlan(t, was.plan, is.plan)
			for _, target := range []struct {
				name, text string
				was, is    folder
			}{{"qemu", c.qemu, was.qemu, is.qemu}, {"azure", c.azure, was.azure, is.azure}} {
				if err := holdFolder(target.text, target.was, target.is); err != nil {
					t.Errorf("%s: %v", target.name, err)
				}
			}
			if c.halts != "" && !slices.Contains(is.halted, diag.Code(c.halts)) {
				t.Errorf("a build here finds %v, want %s", is.halted, c.halts)
			}
		})
	}
}

// result is what comes of an image template.
type result struct {
	plan        map[string]string // every value, by its place without numbers of elements; equal places are joined
	qemu, azure folder
	refused     []diag.Code // by translating it
	halted      []diag.Code // by a build on this machine
}

// folder has the files of a Packer folder by path, or the code of what keeps it from being made under "refused". The one for
// azure is both halves, for distribution is only in the second.
type folder map[string]string

func translated(doc []byte) result {
	var r result
	_, r.halted = lowered(doc, translate.Options{})
	p, codes := lowered(doc, forPacker(emit.Azure))
	if r.refused = codes; p == nil {
		return r
	}
	data, err := plan.Encode(p)
	if err != nil {
		panic(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		panic(err)
	}
	r.plan = map[string]string{}
	flatten(r.plan, "", tree)
	r.azure = folder{}
	for _, alone := range []bool{false, true} {
		for path, text := range files(p, emit.Options{Target: emit.Azure, Standalone: alone}) {
			r.azure[fmt.Sprintf("%v/%s", alone, path)] = text
		}
	}
	if p, codes = lowered(doc, forPacker(emit.QEMU)); p == nil {
		r.qemu = folder{"refused": fmt.Sprint(codes)}
	} else {
		r.qemu = files(p, emit.Options{})
	}
	return r
}

func forPacker(target string) translate.Options {
	o := translate.Options{Target: target}
	o.Check.Translate = true
	return o
}

// lowered gives the plan, or the codes of the errors.
func lowered(doc []byte, o translate.Options) (*plan.Plan, []diag.Code) {
	p, list := translate.Translate(translate.Source{File: "t.json", Data: doc}, o)
	var codes []diag.Code
	for _, d := range list {
		if d.Severity == diag.Error {
			codes = append(codes, d.Code)
		}
	}
	return p, codes
}

func files(p *plan.Plan, o emit.Options) folder {
	f, err := emit.Packer(p, o)
	if err != nil {
		return folder{"refused": err.Error()}
	}
	all := folder{}
	for _, file := range f.Files {
		if filepath.Base(file.Path) != "SHA256SUMS" {
			all[file.Path] = string(file.Data)
		}
	}
	for _, path := range f.Missing {
		all[path] = "missing"
	}
	return all
}

// flatten notes every value below a node.
func flatten(into map[string]string, at string, n any) {
	switch n := n.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(n)) {
			flatten(into, strings.TrimPrefix(at+"."+k, "."), n[k])
		}
	case []any:
		for _, e := range n {
			flatten(into, at, e)
		}
	default:
		into[at] += fmt.Sprintf("%v\n", n)
	}
}

// holdPlan wants the value that is claimed to change, or none to.
func (c claim) holdPlan(t *testing.T, was, is map[string]string) {
	t.Helper()
	var changed []string
	for at := range joined(was, is) {
		if was[at] != is[at] {
			changed = append(changed, at)
		}
	}
	slices.Sort(changed)
	switch {
	case c.plan == "" && len(changed) > 0:
		t.Errorf("the plan has changed at %v, though the property is not in it", changed)
	case c.plan != "" && !slices.ContainsFunc(changed, func(at string) bool { return at == c.plan || strings.HasPrefix(at, c.plan+".") }):
		t.Errorf("the plan has changed at %v, want %s", changed, c.plan)
	}
}

func joined(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

var code = regexp.MustCompile("`([^`]+)`")

// holdFolder wants a difference where the first word in backticks of a text says: in an attribute, a block or a file of that name. Where
// there is no text, only READMEs may differ.
func holdFolder(text string, was, is folder) error {
	if want, ok := strings.CutPrefix(text, "refused: "); ok {
		if !strings.Contains(is["refused"], want) {
			return fmt.Errorf("found %q, want %s", is["refused"], want)
		}
		return nil
	}
	if is["refused"] != "" {
		return fmt.Errorf("no folder: %s", is["refused"])
	}
	var changed []string
	for path := range joined(was, is) {
		if was[path] == is[path] {
			continue
		}
		changed = append(changed, path)
		if strings.HasSuffix(path, ".pkr.hcl") {
			before, after := attributes(path, was[path]), attributes(path, is[path])
			for at := range joined(before, after) {
				if before[at] != after[at] {
					changed = append(changed, at)
				}
			}
		}
	}
	slices.Sort(changed)
	if text == "" {
		changed = slices.DeleteFunc(changed, func(s string) bool { return strings.Contains(s, emit.ReadmeFile) })
		if len(changed) > 0 {
			return fmt.Errorf("the folder has changed, and nothing of that is claimed:\n%s", strings.Join(changed, "\n"))
		}
		return nil
	}
	m := code.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q has no word in backticks", text)
	}
	word := regexp.MustCompile(`(^|[^a-z_])` + regexp.QuoteMeta(m[1]))
	if !slices.ContainsFunc(changed, word.MatchString) {
		return fmt.Errorf("what has changed has no %s:\n%s", m[1], strings.Join(changed, "\n"))
	}
	return nil
}

// attributes gives every attribute of a file in HCL by its place, with its text.
func attributes(path, text string) map[string]string {
	file, wrong := hclsyntax.ParseConfig([]byte(text), path, hcl.InitialPos)
	if wrong.HasErrors() {
		panic(wrong)
	}
	all := map[string]string{}
	var walk func(at string, b *hclsyntax.Body)
	walk = func(at string, b *hclsyntax.Body) {
		for _, a := range b.Attributes {
			all[at+a.Name] = string(a.Expr.Range().SliceBytes([]byte(text)))
		}
		for i, inner := range b.Blocks {
			name := strings.Join(append([]string{inner.Type}, inner.Labels...), " ")
			if inner.Type == "provisioner" || inner.Type == "target_region" {
				name = fmt.Sprintf("%s %d", name, i)
			}
			walk(at+name+": ", inner.Body)
		}
	}
	walk(path+": ", file.Body.(*hclsyntax.Body))
	return all
}

// change gives a template that has the property, and the same template with the claim's value.
func (c claim) change(t *testing.T) (before, after []byte) {
	t.Helper()
	for _, base := range []string{"linux", "windows", "managed", "disks", "trigger"} {
		if c.base != "" && c.base != base {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", base+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var root map[string]any
		if err := json.Unmarshal(data, &root); err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		holder, name := find(root, strings.Split(c.path, "."))
		if holder == nil {
			continue
		}
		if c.set == "" {
			delete(holder, name)
		} else {
			holder[name] = json.RawMessage(c.set)
		}
		changed, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		return data, changed
	}
	t.Fatal("no template of testdata has it")
	return nil, nil
}

// step is one part of a path: customize[Shell].
var step = regexp.MustCompile(`^(\w+)(?:[\[(](\w*)[\])])?$`)

// find gives the object that has the last property of a path.
func find(object map[string]any, path []string) (holder map[string]any, name string) {
	m := step.FindStringSubmatch(path[0])
	value, ok := object[m[1]]
	switch {
	case !ok:
		return nil, ""
	case len(path) == 1:
		return object, m[1]
	}
	entries, ok := value.([]any)
	if !ok {
		entries = []any{value}
	}
	for _, e := range entries {
		e := e.(map[string]any)
		if m[2] != "" && e["type"] != m[2] && e["scheme"] != m[2] && e["kind"] != m[2] {
			continue
		}
		if holder, name = find(e, path[1:]); holder != nil {
			return holder, name
		}
	}
	return nil, ""
}
