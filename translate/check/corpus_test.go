package check_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

const corpus = "../../../shared/corpus"

// corpusFiles are the documents of the corpus, without the parameter files beside them.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(corpus), "json", "*.json"))
	if err != nil || len(files) == 0 {
		t.Skipf("no corpus of image templates in %s", corpus)
	}
	return slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".parameters.json") })
}

// TestCorpus compares what is found in real image templates, without a target and with nothing but the parameter file of each, with a
// list. Every error in it is judged in docs/corpus-review.md: there each code has its files, and the reason why it is right.
func TestCorpus(t *testing.T) {
	var b strings.Builder
	refused := map[diag.Code][]string{}
	for _, file := range corpusFiles(t) {
		name := filepath.Base(file)
		_, list := readAll(t, file, check.Options{})
		fmt.Fprintln(&b, name)
		for _, d := range list {
			if d.Code == deployment.CodeOtherExample {
				d.Severity = diag.Info // as Validate has it
			}
			at := strings.TrimPrefix(strings.TrimPrefix(d.Subject.String(), name), ":")
			fmt.Fprintf(&b, "    %s %s %s %s: %s\n", at, d.Severity, d.Code, d.Path, d.Summary)
			if number := name[:3]; d.Severity == diag.Error && !slices.Contains(refused[d.Code], number) {
				refused[d.Code] = append(refused[d.Code], number)
			}
		}
	}
	golden := filepath.Join("testdata", "corpus.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("findings changed (-want +got); go test ./translate/check -run Corpus -update\n%s", diff)
	}

	judged := judgements(t)
	for _, code := range slices.Sorted(maps.Keys(refused)) {
		if diff := cmp.Diff(judged[code], refused[code]); diff != "" {
			t.Errorf("files with an error %s (-judged in docs/corpus-review.md +found):\n%s", code, diff)
		}
		delete(judged, code)
	}
	for code := range judged {
		t.Errorf("docs/corpus-review.md judges %s, which is not found", code)
	}
}

// judgements reads the table of docs/corpus-review.md: | `ING2001` | 001 002 041 | why it is right |.
func judgements(t *testing.T) map[diag.Code][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash("../../docs/corpus-review.md"))
	if err != nil {
		t.Fatal(err)
	}
	judged := map[diag.Code][]string{}
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		if code := strings.Trim(cells[1], " `"); strings.HasPrefix(code, "ING") {
			judged[diag.Code(code)] = strings.Fields(cells[2])
		}
	}
	return judged
}

// TestRESTExamples wants no error in an example of the REST API, read under its own api-version: the examples are what the
// authors of the service send.
func TestRESTExamples(t *testing.T) {
	templates := 0
	for _, file := range corpusFiles(t) {
		if !strings.Contains(filepath.Base(file), "-rest-") {
			continue
		}
		stage, list := readAll(t, file, check.Options{})
		if stage == "load" && len(list) == 1 && list[0].Code == deployment.CodeOtherExample {
			continue // an update, a trigger, a run output: there is no image template in it
		}
		templates++
		for _, d := range list {
			if d.Severity == diag.Error {
				t.Errorf("%s\n at %s, why: %s", d, d.Path, d.Why)
			}
		}
	}
	if t.Logf("%d image templates", templates); templates == 0 {
		t.Error("nothing was read")
	}
}

// readAll runs the stages on one file and returns the one that it stopped at, with all findings. Every place that is named lies in
// a file that was read.
func readAll(t *testing.T, file string, o check.Options) (stage string, all diag.List) {
	t.Helper()
	o.Files = map[string][]byte{}
	read := func(name string) *armjson.Node {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil
		}
		o.Files[filepath.Base(name)] = data
		n, list := armjson.Parse(filepath.Base(name), data)
		all.Add(list...)
		return n
	}
	defer func() {
		for _, d := range all {
			inFile(t, o.Files, d.Subject)
			for _, r := range d.Related {
				inFile(t, o.Files, r.Range)
			}
		}
	}()
	params := read(strings.TrimSuffix(file, ".json") + ".parameters.json")
	root := read(file)
	if all.HasErrors() {
		return "parse", all
	}
	loaded, list := deployment.Load(root, deployment.Params{File: params})
	if all.Add(list...); all.HasErrors() {
		return "load", all
	}
	stage = "accepted"
	for _, found := range loaded.ImageTemplates {
		tmpl, list := template.Decode(found.Node)
		all.Add(list...)
		if list.HasErrors() {
			stage = "decode"
			continue
		}
		list = check.Check(tmpl, o)
		if all.Add(list...); list.HasErrors() {
			stage = "check"
		}
	}
	all.Sort()
	return stage, all
}

func inFile(t *testing.T, sources map[string][]byte, r diag.Range) {
	t.Helper()
	data, known := sources[r.File]
	if !known {
		t.Errorf("a finding is in %q, which was not read", r.File)
		return
	}
	if r.Start.Line == 0 {
		return
	}
	for _, p := range []diag.Pos{r.Start, r.End} {
		if p.Byte < 0 || p.Byte > len(data) {
			t.Errorf("%v is outside of the file", r)
		} else if line := bytes.Count(data[:p.Byte], []byte("\n")) + 1; line != p.Line {
			t.Errorf("%v says line %d, and its byte %d is in line %d", r, p.Line, p.Byte, line)
		}
	}
}
