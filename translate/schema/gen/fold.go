package gen

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Table is a Type over all api-versions.
type Table struct {
	Name, Discriminator string
	Span
	Rows     []Row        // by name, then by age
	Variants []VariantRow // by value, then by age
}

// Row is a property as it was over a span of api-versions. One that changed has a row for each form it had.
type Row struct {
	Property
	Span
}

// VariantRow is a variant as it was over a span of api-versions.
type VariantRow struct {
	Variant
	Span
}

// Span is a run of api-versions. Until is "" if it lasts to the newest.
type Span struct{ Since, Until string }

// Fold lays the shapes, which come oldest first, over each other. No two of the tables' rows say the same of one version.
func Fold(shapes []Shape) ([]Table, error) {
	versions := make([]string, len(shapes))
	byName := map[string][]*Type{} // each as long as versions; nil where the version has no such type
	for i, s := range shapes {
		versions[i] = s.APIVersion
		for _, t := range s.Types {
			if byName[t.Name] == nil {
				byName[t.Name] = make([]*Type, len(shapes))
			}
			byName[t.Name][i] = &t
		}
	}
	if !slices.IsSorted(versions) || len(slices.Compact(slices.Clone(versions))) != len(versions) {
		return nil, fmt.Errorf("the api-versions are not in order, or one is there twice: %q", versions)
	}
	var tables []Table
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		t, err := foldType(name, byName[name], versions)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func foldType(name string, forms []*Type, versions []string) (Table, error) {
	t := Table{Name: name}
	spans := runs(len(versions), func(i int) any { return forms[i] != nil })
	for _, r := range spans {
		if forms[r.from] == nil {
			continue
		}
		if t.Since != "" {
			return t, fmt.Errorf("type %q went and came back", name)
		}
		t.Span, t.Discriminator = r.span(versions), forms[r.from].Discriminator
	}
	properties, variants := map[string]bool{}, map[string]bool{}
	for _, f := range forms {
		if f == nil {
			continue
		}
		if f.Discriminator != t.Discriminator {
			return t, fmt.Errorf("type %q has the discriminator %q in one version and %q in another", name, t.Discriminator, f.Discriminator)
		}
		for _, p := range f.Properties {
			properties[p.Name] = true
		}
		for _, v := range f.Variants {
			variants[v.Value] = true
		}
	}
	for _, p := range slices.Sorted(maps.Keys(properties)) {
		in := func(i int) any {
			return find(forms[i], func(t *Type) []Property { return t.Properties }, func(q Property) bool { return q.Name == p })
		}
		for _, r := range runs(len(versions), in) {
			if q := in(r.from).(*Property); q != nil {
				t.Rows = append(t.Rows, Row{*q, r.span(versions)})
			}
		}
	}
	for _, v := range slices.Sorted(maps.Keys(variants)) {
		in := func(i int) any {
			return find(forms[i], func(t *Type) []Variant { return t.Variants }, func(w Variant) bool { return w.Value == v })
		}
		for _, r := range runs(len(versions), in) {
			if w := in(r.from).(*Variant); w != nil {
				t.Variants = append(t.Variants, VariantRow{*w, r.span(versions)})
			}
		}
	}
	return t, nil
}

// find returns the element of a type's list that is wanted, or nil if the type is nil or has none.
func find[T any](t *Type, list func(*Type) []T, wanted func(T) bool) *T {
	if t == nil {
		return nil
	}
	if i := slices.IndexFunc(list(t), wanted); i >= 0 {
		return &list(t)[i]
	}
	return nil
}

// run is a longest stretch of indices whose values are deeply equal. Both ends belong to it.
type run struct{ from, to int }

func runs(n int, at func(int) any) []run {
	var all []run
	for i := range n {
		if last := len(all) - 1; i > 0 && reflect.DeepEqual(at(i), at(i-1)) {
			all[last].to = i
		} else {
			all = append(all, run{i, i})
		}
	}
	return all
}

func (r run) span(versions []string) Span {
	s := Span{Since: versions[r.from]}
	if r.to < len(versions)-1 {
		s.Until = versions[r.to]
	}
	return s
}

// title makes a Go name of a value type: "integer" to "Integer".
func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
