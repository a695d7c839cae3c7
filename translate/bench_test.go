package translate_test

import (
	"os"
	"testing"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
)

// BenchmarkExample is the whole way from the bytes of an example to its Packer folder.
func BenchmarkExample(b *testing.B) {
	data, err := os.ReadFile("../examples/linux-web/template.json")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p, diags := translate.Translate(translate.Source{File: "template.json", Data: data}, translate.Options{})
		if p == nil {
			b.Fatal(diags)
		}
		if _, err := emit.Packer(p, emit.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
