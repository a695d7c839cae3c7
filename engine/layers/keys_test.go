package layers

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// cases are steps of every type, with every property set.
func cases() []plan.Step {
	sum := strings.Repeat("ab", 32)
	content := func() plan.Content {
		return plan.Content{FileName: "01-a", URI: "https://example.com/a", SHA256: sum, Size: 5, Resolved: true,
			Origin: plan.Origin{Path: "a"}, ChecksumOrigin: plan.Origin{Path: "b"}, Lines: plan.Lines{{}}}
	}
	steps := []plan.Step{
		{Shell: &plan.Shell{Script: content(), AsRoot: true, LastWord: true}},
		{File: &plan.File{Content: content(), Destination: "/tmp/x"}},
		{PowerShell: &plan.PowerShell{Script: content(), Elevated: true, AsSystem: true, ValidExitCodes: []int64{0, 3010}, LastWord: true}},
		{WindowsRestart: &plan.WindowsRestart{Command: "c", CheckCommand: "k", Timeout: "5m"}},
		{WindowsUpdate: &plan.WindowsUpdate{SearchCriteria: "s", Filters: []string{"include:$true"}, UpdateLimit: 3}},
	}
	for i := range steps {
		steps[i].ID, steps[i].Name, steps[i].Hidden = "customize[0]", "name", true
		steps[i].Origin = plan.Origin{Path: "properties.customize[0]", Range: diag.Range{File: "t.json"}}
	}
	return steps
}

// same are the fields that change no key: names, places, and what follows from the bytes of a content.
var same = map[string]bool{
	"Step.ID": true, "Step.Name": true, "Step.Origin": true, "Content.FileName": true, "Content.URI": true, "Content.Size": true,
	"Content.Origin": true, "Content.ChecksumOrigin": true, "Content.Lines": true,
	"Content.Text":     true, // of a content that has a URI; see TestContents
	"Content.Resolved": true, // without it there is no key: see TestContents
}

// TestEveryFieldIsInTheKey changes every field of every step by itself. A field that the plan gets later is met here too.
func TestEveryFieldIsInTheKey(t *testing.T) {
	r := newRig(t)
	seen := map[string]bool{}
	for n := range cases() {
		step := func() plan.Step { return cases()[n] }
		want := r.Keys(r.profile(), []plan.Step{step()}).At(1)
		var fields func(path []int, typ reflect.Type)
		fields = func(path []int, typ reflect.Type) {
			for i := range typ.NumField() {
				f, path := typ.Field(i), append(append([]int{}, path...), i)
				name := typ.Name() + "." + f.Name
				changed := step()
				v := at(reflect.ValueOf(&changed).Elem(), path)
				if v.Kind() == reflect.Pointer {
					if !v.IsNil() {
						fields(path, f.Type.Elem())
					}
					continue
				}
				if f.Type == reflect.TypeFor[plan.Content]() {
					fields(path, f.Type)
					continue
				}
				if v.IsZero() && name != "Content.Text" {
					t.Errorf("cases has no %s", name)
				}
				if name == "Content.Resolved" {
					continue
				}
				change(t, v, name)
				got := r.Keys(r.profile(), []plan.Step{changed}).At(1)
				if (got == want) != same[name] {
					t.Errorf("%s changed: same key is %t, want %t", name, got == want, same[name])
				}
				seen[name] = true
			}
		}
		fields(nil, reflect.TypeFor[plan.Step]())
	}
	if len(seen) < 20 {
		t.Errorf("only %d fields were met", len(seen))
	}
}

// at follows fields, and pointers on the way.
func at(v reflect.Value, path []int) reflect.Value {
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

func change(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch x := v.Addr().Interface().(type) {
	case *string:
		*x += "x"
	case *bool:
		*x = !*x
	case *int64:
		*x++
	case *[]int64:
		*x = append(*x, 1)
	case *[]string:
		*x = append(*x, "y")
	case *plan.Lines:
		*x = append(*x, diag.Range{File: "t.json"})
	case *plan.Origin:
		x.Path += "x"
	default:
		t.Fatalf("%s is a %s, which this test cannot change", name, v.Type())
	}
}

func TestEveryPartOfTheProfileIsInTheKey(t *testing.T) {
	r := newRig(t)
	want := r.Keys(r.profile(), nil).At(0)
	typ := reflect.TypeFor[Profile]()
	for i := range typ.NumField() {
		p := r.profile()
		switch x := reflect.ValueOf(&p).Elem().Field(i).Addr().Interface().(type) {
		case *string:
			*x += "x"
		case *int:
			*x++
		case *int64:
			*x++
		case *bool:
			*x = !*x
		case *plan.OS:
			*x = plan.Windows
		case *Base:
			x.Size++
		}
		if r.Keys(p, nil).At(0) == want {
			t.Errorf("%s changes no key", typ.Field(i).Name)
		}
	}
}

func TestContents(t *testing.T) {
	r := newRig(t)
	key := func(c plan.Content) Key {
		return r.Keys(r.profile(), []plan.Step{{Shell: &plan.Shell{Script: c}}}).At(1)
	}
	const sumOfA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	inline := key(plan.Content{Text: "a"})
	if inline == key(plan.Content{Text: "b"}) {
		t.Error("another inline script has the same key")
	}
	if inline != key(plan.Content{URI: "file:a.sh", SHA256: sumOfA, Resolved: true}) {
		t.Error("the same bytes from a file have another key")
	}
	defer func() {
		if recover() == nil {
			t.Error("a content without bytes has a key")
		}
	}()
	key(plan.Content{URI: "file:a.sh", SHA256: sumOfA})
}

// TestKeysDoNotRunTogether holds that no two builds have a key in common that share a text only.
func TestKeysDoNotRunTogether(t *testing.T) {
	r := newRig(t)
	seen := map[Key]string{}
	restart := func(a, b, c string) []plan.Step {
		return []plan.Step{{WindowsRestart: &plan.WindowsRestart{Command: a, CheckCommand: b, Timeout: c}}}
	}
	filters := func(f ...string) []plan.Step { return []plan.Step{{WindowsUpdate: &plan.WindowsUpdate{Filters: f}}} }
	for name, steps := range map[string][]plan.Step{
		"none":            nil,
		"command":         restart("ab", "", ""),
		"check":           restart("", "ab", ""),
		"a, b":            restart("a", "b", ""),
		"nothing":         restart("", "", ""),
		"nothing, update": {{WindowsUpdate: &plan.WindowsUpdate{}}},
		"no filter":       filters([]string{}...),
		"empty filters":   {{WindowsUpdate: &plan.WindowsUpdate{Filters: []string{}}}},
		"one filter":      filters("ab"),
		"two filters":     filters("a", "b"),
		"one empty":       filters(""),
		"two steps":       append(restart("a", "", ""), restart("b", "", "")...),
		"other order":     append(restart("b", "", ""), restart("a", "", "")...),
	} {
		if name == "no filter" {
			continue // the same as no filters at all
		}
		k := r.Keys(r.profile(), steps)
		if before, ok := seen[k.At(len(steps))]; ok {
			t.Errorf("%s has the key of %s", name, before)
		}
		seen[k.At(len(steps))] = name
	}
}

func TestKeysOfAnotherHost(t *testing.T) {
	one, other := newRig(t), newRig(t)
	other.base = one.base
	if one.keys("a").At(1) == other.keys("a").At(1) {
		t.Error("two hosts have the same key for a script")
	}
}
