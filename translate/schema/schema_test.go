package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/schema"
	"github.com/ingot-build/ingot/translate/schema/gen"
)

func readSnapshot(t *testing.T, version string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("snapshot", version+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestTablesAreCurrent does what make verify does for these tables.
func TestTablesAreCurrent(t *testing.T) {
	var shapes []gen.Shape
	for _, v := range schema.Versions() {
		s, err := gen.Parse(readSnapshot(t, v))
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		shapes = append(shapes, s)
	}
	want, err := gen.Source(shapes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("zz_generated_types.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go generate (-want +got):\n%s", diff)
	}
}

// TestTablesExpand takes every version out of the tables again: nothing was lost or added when they were laid over each other.
func TestTablesExpand(t *testing.T) {
	files, err := filepath.Glob("snapshot/*.txt")
	if err != nil || len(files) != len(schema.Versions()) {
		t.Fatalf("%d snapshots for %d versions, error %v", len(files), len(schema.Versions()), err)
	}
	for _, v := range schema.Versions() {
		if diff := cmp.Diff(readSnapshot(t, v), gen.Format(expand(v))); diff != "" {
			t.Errorf("%s (-snapshot +tables):\n%s", v, diff)
		}
	}
}

// expand makes the published shape of one version from the tables, through the same calls as everybody else.
func expand(version string) gen.Shape {
	s := gen.Shape{APIVersion: version}
	of := func(k schema.Kind, object string) string {
		return map[schema.Kind]string{schema.String: "string", schema.Integer: "integer", schema.Boolean: "boolean", schema.Object: object}[k]
	}
	for _, t := range schema.Types() {
		if !t.Has(version) {
			continue
		}
		out := gen.Type{Name: t.Name, Discriminator: t.Discriminator}
		for _, v := range t.Variants(version) {
			if v.Beyond == "" {
				out.Variants = append(out.Variants, gen.Variant{Value: v.Value, Type: v.Type})
			}
		}
		for _, p := range t.Properties(version) {
			if p.Beyond != "" {
				continue
			}
			value := gen.Value{Form: gen.One, Of: of(p.Kind, p.Type)}
			switch p.Kind {
			case schema.Array:
				value = gen.Value{Form: gen.List, Of: of(p.Item, p.Type)}
			case schema.Map:
				value = gen.Value{Form: gen.Map, Of: of(p.Item, p.Type)}
			}
			out.Properties = append(out.Properties, gen.Property{Name: p.Name, Value: value, Required: p.Required,
				OneOf: p.OneOf, Pattern: p.Pattern, Min: p.Min, Max: p.Max})
		}
		s.Types = append(s.Types, out)
	}
	return s
}

// TestTablesAreSound checks what look-ups rely on, in what was generated and in what was added by hand.
func TestTablesAreSound(t *testing.T) {
	if !slices.IsSorted(schema.Versions()) {
		t.Error("the versions are not in order")
	}
	for _, v := range schema.Versions() {
		for _, typ := range schema.Types() {
			seen := map[string]bool{}
			for _, p := range typ.Properties(v) {
				switch {
				case seen[p.Name]:
					t.Errorf("%s: %s.%s is there twice", v, typ.Name, p.Name)
				case p.Type != "" && schema.Lookup(p.Type) == nil:
					t.Errorf("%s: %s.%s is of the unknown type %q", v, typ.Name, p.Name, p.Type)
				case (p.Kind == schema.Object || p.Item == schema.Object) != (p.Type != "") && !p.ReadOnly:
					t.Errorf("%s: %s.%s is %s of type %q", v, typ.Name, p.Name, p.Kind, p.Type)
				case (p.Kind == schema.Array || p.Kind == schema.Map) != (p.Item != 0):
					t.Errorf("%s: %s.%s is %s of %s", v, typ.Name, p.Name, p.Kind, p.Item)
				}
				if !schema.Known(p.Since) || p.Until != "" && !schema.Known(p.Until) {
					t.Errorf("%s.%s: a version of %v was never published", typ.Name, p.Name, p.Span)
				}
				seen[p.Name] = true
			}
			for _, c := range typ.Variants(v) {
				if d, exact := schema.Lookup(c.Type).Property(v, typ.Discriminator); !exact || !slices.Equal(d.OneOf, []string{c.Value}) {
					t.Errorf("%s: %s %q leads to %s, which does not say so", v, typ.Name, c.Value, c.Type)
				}
			}
		}
	}
}

// TestSnapshotIsPublished reads the published schemas once more.
func TestSnapshotIsPublished(t *testing.T) {
	eachPublished(t, func(t *testing.T, version string, data []byte) {
		s, err := gen.FromPublished(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(readSnapshot(t, version), gen.Format(s)); diff != "" {
			t.Errorf("run go run generate.go -published … (-snapshot +published):\n%s", diff)
		}
	})
}

// eachPublished runs f for each published schema that is at hand. They are not part of Ingot.
func eachPublished(t *testing.T, f func(t *testing.T, version string, data []byte)) {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "schemas")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the published schemas are not here: %v", err)
	}
	for _, v := range schema.Versions() {
		t.Run(v, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, v+".json"))
			if err != nil {
				t.Fatal(err)
			}
			f(t, v, data)
		})
	}
}

// TestTablesSayWhatIsPublished compares tables and published schemas without the generator: every definition, property,
// requirement, value and limit that is written there, in whatever place of the definition, is one the tables have, and the tables
// have no others.
func TestTablesSayWhatIsPublished(t *testing.T) {
	total := 0
	eachPublished(t, func(t *testing.T, version string, data []byte) {
		var root struct {
			Definitions, ResourceDefinitions map[string]map[string]any
		}
		if err := json.Unmarshal(data, &root); err != nil {
			t.Fatal(err)
		}
		facts := map[string]bool{}
		for name, def := range root.ResourceDefinitions {
			published(facts, name, def)
		}
		for name, def := range root.Definitions {
			published(facts, name, def)
			inherit(facts, name, def)
		}
		tables := map[string]bool{}
		for _, typ := range schema.Types() {
			tableFacts(tables, typ, version)
		}
		for f := range facts {
			if !tables[f] {
				t.Errorf("published, and not in the tables: %s", f)
			}
		}
		for f := range tables {
			if !facts[f] {
				t.Errorf("in the tables, and not published: %s", f)
			}
		}
		total += len(facts)
	})
	t.Logf("%d facts compared", total)
}
