package deployment_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// judged says of each file of the corpus that is refused why that is right. Whoever adds one has opened the file.
var judged = map[string]string{
	"034-": "the parameter file beside it gives \"\" for the name, to be filled in; the service refuses an empty name",
	"035-": "as 034",
	"045-": "as 034; its parameter file also gives two parameters that the template does not declare, which the service refuses",
	"046-": "as 034",
	"114-": "it is the body of a trigger; there is no image template in it",
	"145-": `a URL ends in "\NDP472…": no JSON reader takes that escape`,
	"146-": `a URL ends in a backslash, which takes the closing quote with it`,
	"147-": "four commands are in single quotes",
	"148-": "the line that opens an array is missing, so its bracket closes nothing",
}

// judgedExamples goes for the examples of the REST API that are about something else: updates, triggers, run outputs, operations.
const judgedExamples = "there is no whole image template in this example"

// TestCorpus loads real image templates, each with its parameter file where it has one, and compares what comes of them with a
// list that was read line by line: every file expands, or says why not in words that a person agrees with. What is not known before
// the deployment is counted by its cause.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpus", "json", "*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("the corpus of image templates is not here")
	}
	var b strings.Builder
	unused := maps.Clone(judged)
	for _, file := range files {
		if strings.HasSuffix(file, ".parameters.json") {
			continue
		}
		name := filepath.Base(file)
		loaded, list := loadFile(file)
		b.WriteString(name + ": ")
		if list.HasErrors() {
			why := judged[name[:4]]
			delete(unused, name[:4])
			if list[0].Code == deployment.CodeOtherExample {
				why = judgedExamples
			}
			if why == "" {
				t.Errorf("%s is refused, and nobody said that this is right: %v", name, list)
			}
			fmt.Fprintf(&b, "refused, rightly: %s\n", why)
		} else {
			b.WriteString(outcome(loaded))
		}
		for _, d := range list {
			fmt.Fprintf(&b, "    %s\n", strings.TrimPrefix(d.String(), name+":"))
		}
	}
	for name := range unused {
		t.Errorf("%s is not refused any more: take it off the list", name)
	}
	golden := filepath.Join("testdata", "corpus.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("outcomes changed (-want +got); go test ./translate/deployment -run Corpus -update\n%s", diff)
	}
}

// loadFile reads a file, with its parameter file where it has one.
func loadFile(file string) (*deployment.Result, diag.List) {
	var list diag.List
	read := func(path string) *armjson.Node {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		n, more := armjson.Parse(filepath.Base(path), data)
		list.Add(more...)
		return n
	}
	root := read(file)
	params := deployment.Params{File: read(strings.TrimSuffix(file, ".json") + ".parameters.json")}
	if list.HasErrors() {
		return nil, list
	}
	loaded, more := deployment.Load(root, params)
	list.Add(more...)
	list.Sort()
	return loaded, list
}

// outcome says what a file comes to: how many image templates, where they are, and what is not known of them.
func outcome(loaded *deployment.Result) string {
	var places []string
	causes := map[string]int{}
	for _, found := range loaded.ImageTemplates {
		at := found.Path
		if at == "" {
			at = "the document"
		}
		if found.Name != "" {
			at += fmt.Sprintf(" %q", found.Name)
		}
		places = append(places, at)
		countUnknowns(found.Node, func(m *armjson.Missing) { causes[m.Why]++ })
	}
	text := fmt.Sprintf("%d image template: %s\n", len(places), places[0])
	if len(places) > 1 {
		text = fmt.Sprintf("%d image templates: %s\n", len(places), strings.Join(places, ", "))
	}
	for _, why := range slices.Sorted(maps.Keys(causes)) {
		text += fmt.Sprintf("    %d not known: %s\n", causes[why], why)
	}
	return text
}

func countUnknowns(n *armjson.Node, found func(*armjson.Missing)) {
	if n.Unknown != nil {
		found(n.Unknown)
	}
	for _, item := range n.Items {
		countUnknowns(item, found)
	}
	for _, m := range n.Members {
		countUnknowns(m.Value, found)
	}
}
