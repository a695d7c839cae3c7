package template_test

import (
	"slices"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/template"
)

// BenchmarkDecode reads a template with one of everything.
func BenchmarkDecode(b *testing.B) {
	n, list := armjson.Parse("t.json", []byte(everything))
	if len(list) > 0 {
		b.Fatal(list)
	}
	for _, version := range []string{"2025-10-01", ""} {
		b.Run("version "+version, func(b *testing.B) {
			b.ReportAllocs()
			m := n
			if version == "" {
				m = n.WithMembers(slices.Clone(n.Members))
				m.Members[0].Value = armjson.NewUnknown(armjson.Missing{Kind: armjson.String, Why: "it is not"}).At(m.Range)
			}
			for b.Loop() {
				template.Decode(m)
			}
		})
	}
}
