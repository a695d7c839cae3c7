package deployment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// BenchmarkExpandCorpus reads and expands every deployment template of the corpus, with its parameter file.
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
	for b.Loop() {
		for _, doc := range documents {
			doc.expand()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(documents)), "ms/document")
}

// large is a template of 800 resources by loop, which takes 10,000 expressions to evaluate.
func large() []byte {
	var tags strings.Builder
	for i := range 10 {
		fmt.Fprintf(&tags, `"t%d": "[concat(parameters('env'), '-', variables('names')[mod(copyIndex(), 3)], '-', string(copyIndex(%d)))]",`, i, i)
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
	for b.Loop() {
		root, list := armjson.Parse("large.json", data)
		if list.HasErrors() {
			b.Fatal(list)
		}
		d, list := deployment.Expand(root, deployment.Params{Location: "westeurope"})
		if list.HasErrors() || len(d.Resources) != 800 {
			b.Fatal(len(d.Resources), list)
		}
	}
}
