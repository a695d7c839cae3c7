package translate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
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

// corpusBound is for translating all of the corpus; .ci/bench says it too.
const corpusBound = time.Second

// BenchmarkTranslateCorpus is the same for every document of the corpus that has an image template, for both targets. It tells what
// processor time that takes and how much of its bound: less than 1 is good. Processor time is what a core of its own would need,
// however busy the machine is.
func BenchmarkTranslateCorpus(b *testing.B) {
	docs := expandable(b)
	for _, target := range []string{check.QEMU, check.Azure} {
		b.Run(target, func(b *testing.B) {
			templates, folders := 0, 0
			start := processorTime(b)
			for b.Loop() {
				templates, folders = 0, 0
				for _, d := range docs {
					t, f := d.translate(target)
					templates, folders = templates+t, folders+f
				}
			}
			each := (processorTime(b) - start) / time.Duration(b.N)
			b.ReportMetric(each.Seconds()*1000, "cpu-ms/op")
			b.ReportMetric(float64(each)/float64(corpusBound), "of-bound")
			b.ReportMetric(float64(len(docs)), "documents")
			b.ReportMetric(float64(templates), "templates")
			b.ReportMetric(float64(folders), "folders")
		})
	}
}

// corpusDocument is a file of the corpus with what it needs, and the names of its image templates.
type corpusDocument struct {
	src   translate.Source
	opts  translate.Options
	names []string
}

// expandable reads the documents of the corpus in which an image template is found.
func expandable(b *testing.B) []corpusDocument {
	paths, _ := filepath.Glob("../../shared/corpus/json/*.json")
	if len(paths) == 0 {
		b.Skip("no corpus of image templates beside the repository")
	}
	var all []corpusDocument
	for _, path := range paths {
		if strings.HasSuffix(path, ".parameters.json") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		d := corpusDocument{src: translate.Source{File: "main.json", Data: data}}
		d.opts.Params.Location = "westeurope"
		if params, err := os.ReadFile(strings.TrimSuffix(path, ".json") + ".parameters.json"); err == nil {
			d.opts.ParameterFiles = []translate.Source{{File: "parameters.json", Data: params}}
		}
		loaded, list := translate.Load(d.src, d.opts)
		if list.HasErrors() {
			continue
		}
		for _, t := range loaded.ImageTemplates {
			name := ""
			if n := t.Node.Get("name"); n != nil && len(loaded.ImageTemplates) > 1 {
				name = n.Text
			}
			d.names = append(d.names, name)
		}
		all = append(all, d)
	}
	return all
}

// translate gives the number of image templates and of Packer folders.
func (d corpusDocument) translate(target string) (templates, folders int) {
	for _, name := range d.names {
		o := d.opts
		o.Name, o.Target, o.Check.Translate = name, target, true
		if p, _ := translate.Translate(d.src, o); p != nil {
			if _, err := emit.Packer(p, emit.Options{Target: target}); err == nil {
				folders++
			}
		}
		templates++
	}
	return templates, folders
}

// processorTime is what this process has used of the processor so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
