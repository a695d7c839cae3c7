package deployment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// document is a file of the corpus; most have no parameter file.
type document struct {
	name         string
	data, params []byte
}

// corpus reads the real image templates beside the repository; there may be none.
func corpus(t testing.TB) []document {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpus", "json", "*.json"))
	var list []document
	for _, file := range files {
		if strings.HasSuffix(file, ".parameters.json") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		params, _ := os.ReadFile(strings.TrimSuffix(file, ".json") + ".parameters.json")
		list = append(list, document{filepath.Base(file), data, params})
	}
	return list
}

// expand reads and expands the document as the commands do.
func (doc document) expand() (*deployment.Result, diag.List) {
	root, list := armjson.Parse("main.json", doc.data)
	p := deployment.Params{}
	if doc.params != nil {
		given, more := armjson.Parse("parameters.json", doc.params)
		list.Add(more...)
		p.Files = []*armjson.Node{given}
	}
	result, more := deployment.Load(root, p)
	list.Add(more...)
	return result, list
}

// The bounds of what is measured here; .ci/bench says them too.
const (
	corpusBound = time.Second            // for all of the corpus, on one core
	largeBound  = 200 * time.Millisecond // for 800 resources and 10,000 expressions
	memoryBound = 20                     // live bytes for a byte of the documents
)

// bounded runs once again and again, and tells what processor time it takes and how much of its bound that is: less than 1 is good.
// Processor time is what a core of its own would need, however busy the machine is.
func bounded(b *testing.B, bound time.Duration, once func()) {
	start := processorTime()
	for b.Loop() {
		once()
	}
	each := (processorTime() - start) / time.Duration(b.N)
	b.ReportMetric(each.Seconds()*1000, "cpu-ms/op")
	b.ReportMetric(float64(each)/float64(bound), "of-bound")
}

// processorTime is what this process has used of the processor so far.
func processorTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkExpandCorpus reads and expands every document of the corpus, with its parameter file.
func BenchmarkExpandCorpus(b *testing.B) {
	documents := corpus(b)
	if len(documents) == 0 {
		b.Skip("no corpus of image templates beside the repository")
	}
	bytes := 0
	for _, doc := range documents {
		bytes += len(doc.data) + len(doc.params)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	bounded(b, corpusBound, func() {
		for _, doc := range documents {
			doc.expand()
		}
	})
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*len(documents)), "ms/document")
}

// BenchmarkLiveMemory measures what is held after expanding each document of the corpus: nodes, values, findings.
func BenchmarkLiveMemory(b *testing.B) {
	documents := corpus(b)
	if len(documents) == 0 {
		b.Skip("no corpus of image templates beside the repository")
	}
	worst, worstOf, total, bytes := 0.0, "", 0.0, 0
	for b.Loop() {
		worst, total, bytes = 0, 0, 0
		for _, doc := range documents {
			size := len(doc.data) + len(doc.params)
			live := float64(liveAfter(doc))
			if ratio := live / float64(size); ratio > worst {
				worst, worstOf = ratio, doc.name
			}
			total += live
			bytes += size
		}
	}
	b.ReportMetric(total/float64(bytes), "live-bytes/byte")
	b.ReportMetric(worst, "worst-live-bytes/byte")
	b.ReportMetric(worst/memoryBound, "of-bound")
	if testing.Verbose() {
		b.Logf("the worst is %s", worstOf)
	}
}

// liveAfter is how many bytes an expanded document holds, on the average of several: what a runtime keeps for itself
// would count for a small document.
func liveAfter(doc document) uint64 {
	const copies = 8
	type held struct {
		result *deployment.Result
		list   diag.List
	}
	var all [copies]held
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools keep what they have through one collection
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range all {
		all[i].result, all[i].list = doc.expand()
	}
	after := heap()
	runtime.KeepAlive(&all)
	return (after - min(before, after)) / copies
}

// large is a template of 800 resources by loop, which takes 10,000 expressions to evaluate.
func large() []byte {
	var tags strings.Builder
	for i := range 10 {
		fmt.Fprintf(&tags,
			`"t%d": "[concat(parameters('env'), '-', variables('names')[mod(copyIndex(), 3)], '-', string(copyIndex(%d)))]",`, i, i)
	}
	return []byte(fmt.Sprintf(`{"parameters": {"env": {"type": "string", "defaultValue": "dev"}},
"variables": {"names": ["a", "b", "[toLower('C')]"]},
"resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2022-09-01",
"name": "[format('store{0}', copyIndex())]", "location": "[resourceGroup().location]", "copy": {"name": "l", "count": 800},
"tags": {%s "last": "[parameters('env')]"}, "sku": {"name": "Standard_LRS", "more": ["literal", {"text": "as it stands"}]}}]}`, tags.String()))
}

func BenchmarkExpandLarge(b *testing.B) {
	data := large()
	b.ReportAllocs()
	bounded(b, largeBound, func() {
		root, list := armjson.Parse("large.json", data)
		if list.HasErrors() {
			b.Fatal(list)
		}
		d, list := deployment.Expand(root, deployment.Params{Location: "westeurope"})
		if list.HasErrors() || len(d.Resources) != 800 {
			b.Fatal(len(d.Resources), list)
		}
	})
}
