package armjson_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
)

// BenchmarkParse reads the document of the tests, many times over in one array.
func BenchmarkParse(b *testing.B) { benchmark(b, large()) }

// BenchmarkParseEscapes reads strings with an escape in every word.
func BenchmarkParseEscapes(b *testing.B) {
	benchmark(b, []byte(`["`+strings.Repeat(`copy c:\\a\\b \"x\" \u00e9, `, 20_000)+`"]`))
}

// BenchmarkParseCorpus reads all real image templates.
func BenchmarkParseCorpus(b *testing.B) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpus", "json", "*.json"))
	if len(files) == 0 {
		b.Skip("the corpus of image templates is not here")
	}
	var texts [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, data)
	}
	benchmark(b, texts...)
}

// benchmark reads texts and reports, beside the usual, how much memory stays in use for each of their bytes.
func benchmark(b *testing.B, texts ...[]byte) {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			_, _ = armjson.Parse("t.json", text)
		}
	}
	b.ReportMetric(liveBytes(texts...)/float64(size), "live-B/B")
}

// large is the document of the tests, many times over: 1 MiB.
func large() []byte {
	return []byte("[" + strings.Repeat(document+",", 1<<20/len(document)) + document + "]")
}

// liveBytes is how much memory the nodes of some texts keep.
func liveBytes(texts ...[]byte) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var nodes []*armjson.Node
	for _, text := range texts {
		n, _ := armjson.Parse("t.json", text)
		nodes = append(nodes, n)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(nodes)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// TestParseMemory holds what a document takes to less than 20 times its size.
func TestParseMemory(t *testing.T) {
	text := large()
	if times := liveBytes(text) / float64(len(text)); times > 20 {
		t.Errorf("a document takes %.1f times its size", times)
	} else {
		t.Logf("a document takes %.1f times its size", times)
	}
}
