package check_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// TestCorpus reads real image templates as far as they go: no panic, and every place lies in a file that was read.
func TestCorpus(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "corpus", "json")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Skipf("no corpus of image templates in %s", dir)
	}
	reached, codes := map[string]int{}, map[diag.Code]int{}
	for _, file := range files {
		if strings.HasSuffix(file, ".parameters.json") {
			continue
		}
		stage, list := readAll(t, file)
		reached[stage]++
		seen := map[diag.Code]bool{}
		for _, d := range list {
			if d.Severity == diag.Error && !seen[d.Code] {
				seen[d.Code] = true
				codes[d.Code]++
			}
			if os.Getenv("INGOT_CORPUS") != "" {
				t.Logf("%s: %s", d, d.Fix)
			}
		}
	}
	for _, stage := range []string{"parse", "load", "decode", "check", "accepted"} {
		t.Logf("%4d stop at %s", reached[stage], stage)
	}
	for _, e := range allCodes() {
		if codes[e.Code] > 0 {
			t.Logf("%4d files with %s: %s", codes[e.Code], e.Code, e.Summary)
		}
	}
}

// readAll runs the stages on one file and returns the one that it stopped at, with all findings.
func readAll(t *testing.T, file string) (stage string, all diag.List) {
	t.Helper()
	sources := map[string][]byte{}
	read := func(name string) *armjson.Node {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil
		}
		sources[filepath.Base(name)] = data
		n, list := armjson.Parse(filepath.Base(name), data)
		all.Add(list...)
		return n
	}
	defer func() {
		for _, d := range all {
			inFile(t, sources, d.Subject)
			for _, r := range d.Related {
				inFile(t, sources, r.Range)
			}
		}
	}()
	params := read(strings.TrimSuffix(file, ".json") + ".parameters.json")
	root := read(file)
	if all.HasErrors() {
		return "parse", all
	}
	given := deployment.Params{File: params, Values: map[string]string{}}
	loaded, list := deployment.Load(root, given)
	for _, d := range list { // once more with something for each parameter that nobody gave a value
		if name, ok := strings.CutPrefix(d.Path, "parameters."); ok && d.Code == deployment.CodeMissingParameter {
			if given.Values[name] = "x"; strings.Contains(strings.ToLower(name), "version") {
				given.Values[name] = "2022-02-14"
			}
		}
	}
	if len(given.Values) > 0 {
		loaded, list = deployment.Load(root, given)
	}
	if all.Add(list...); all.HasErrors() {
		return "load", all
	}
	var templates []*template.ImageTemplate
	for _, found := range loaded.ImageTemplates {
		tmpl, list := template.Decode(found.Node)
		all.Add(list...)
		templates = append(templates, tmpl)
	}
	if all.HasErrors() {
		return "decode", all
	}
	for _, tmpl := range templates {
		all.Add(check.Check(tmpl, check.Options{Target: check.QEMU})...)
	}
	if all.HasErrors() {
		return "check", all
	}
	return "accepted", all
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
