package view

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ingot-build/ingot/translate/diag"
)

const reported = "{\n  \"a\": \"x\",\n  \"täb\": [1, 2]\n}\n"

// reports are two files: one with a finding of each severity and every part that a finding can have, and one that is valid.
func reports(t *testing.T) []FileReport {
	t.Helper()
	const file = "a folder/wéb,1:2%.json"
	at := func(needle string) diag.Range { return rangeOf(t, file, reported, needle, 0) }
	long := diag.Range{File: file, Start: at(`{`).Start, End: at(`]`).End}
	return []FileReport{
		{File: file, FailOn: diag.Error, Sources: Sources{file: []byte(reported)}, List: diag.List{
			{Severity: diag.Error, Code: "ING2103", Subject: at(`"täb"`), Path: "properties.customize[0].täb", Summary: "50% \x1b[31mwrong\nsecond line: <&>",
				Why: "one\ntwo", Fix: "write \"]]>\"", Related: []diag.Note{{Message: "here, too", Range: at(`"a"`)}, {Message: "somewhere"}},
				Edits: []diag.Edit{{Range: at("1"), Text: "3"}, {Range: at("2"), Text: ""}, {Range: diag.Range{File: "/abs/b c.json", Start: at("1").Start, End: at("1").Start}, Text: "x"}}},
			{Severity: diag.Warning, Code: "ING2210", Subject: long, Summary: "many lines"},
			{Severity: diag.Info, Code: "ING2103", Subject: diag.Range{File: file}, Summary: "the file as a whole"},
			{Severity: diag.Error, Code: "ING1901", Summary: "no place"},
			{Severity: diag.Error, Code: "ING1902", Subject: diag.Range{File: "<stdin>", Start: diag.Pos{Line: 1, Column: 1}}, Summary: "a place without an end"},
			{Severity: diag.Error, Code: "ING1902", Subject: diag.Range{File: "https://example.com/l.json", Start: at("1").Start, End: at("1").End}, Summary: "a link"},
		}, Templates: []TemplateReport{{Name: "web", Summary: ": 1 customizer"}}},
		{File: "good.json", FailOn: diag.Error, Templates: []TemplateReport{{Name: "good", Path: "resources[0]", Summary: ": 2 customizers",
			Unknowns: []Unknown{{Path: "location", Expression: "resourceGroup().location", Why: "it is said at the deployment", Fix: "--location"}}}}},
	}
}

func run(t *testing.T, r Report, files []FileReport) {
	t.Helper()
	for _, f := range files {
		if err := r.File(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
}

func TestTextReport(t *testing.T) {
	var out, errs bytes.Buffer
	run(t, &TextReport{Out: &out, Err: &errs}, reports(t))
	want := `good.json: image template "good" is valid: 2 customizers
good.json: image template "good": 1 value is not known before the deployment
  at:   location
  why:  it is said at the deployment
  fix:  --location
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("stdout (-want +got):\n%s", diff)
	}
	text := errs.String()
	if !strings.HasSuffix(text, "\n\n4 errors, 1 warning, 1 info in 1 of 2 files\n") || strings.Contains(text, "\x1b") || strings.Count(text, "\n\n") != 6 {
		t.Errorf("stderr:\n%s", text)
	}
	errs.Reset()
	run(t, &TextReport{Out: &out, Err: &errs}, reports(t)[1:])
	if errs.Len() > 0 {
		t.Errorf("nothing is wrong, and yet:\n%s", errs.String())
	}
}

func TestJSONReport(t *testing.T) {
	var out bytes.Buffer
	run(t, &JSONReport{Out: &out}, reports(t))
	var got struct {
		File                    *string
		Errors, Warnings, Infos int
		Diagnostics             diag.List
		Files                   []struct {
			File           string
			Errors         int
			ImageTemplates []struct {
				Name, Path string
				Unknowns   []Unknown
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.File != nil || got.Errors != 4 || got.Warnings != 1 || got.Infos != 1 || len(got.Diagnostics) != 6 || len(got.Files) != 2 ||
		got.Files[0].Errors != 4 || got.Files[1].ImageTemplates[0].Unknowns[0].Expression != "resourceGroup().location" {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	run(t, &JSONReport{Out: &out}, reports(t)[1:])
	if !strings.Contains(out.String(), `"file": "good.json"`) || !strings.Contains(out.String(), `"diagnostics": []`) {
		t.Errorf("one file:\n%s", out.String())
	}
	out.Reset()
	run(t, &JSONReport{Out: &out}, nil)
	if !strings.Contains(out.String(), `"files": []`) {
		t.Errorf("no file:\n%s", out.String())
	}
}

func TestGitHubReport(t *testing.T) {
	var out bytes.Buffer
	run(t, &GitHubReport{Out: &out}, reports(t))
	want := `::error title=ING2103,file=a folder/wéb%2C1%3A2%25.json,line=3,endLine=3,col=3,endColumn=8::50%25 wrong␊second line: <&>%0Aat: properties.customize[0].täb%0Awhy: one%0Atwo%0Afix: write "]]>"
::warning title=ING2210,file=a folder/wéb%2C1%3A2%25.json,line=1,endLine=3::many lines
::notice title=ING2103,file=a folder/wéb%2C1%3A2%25.json::the file as a whole
::error title=ING1901::no place
::error title=ING1902,file=<stdin>,line=1,endLine=1,col=1,endColumn=1::a place without an end
::error title=ING1902,file=https%3A//example.com/l.json,line=3,endLine=3,col=11,endColumn=12::a link
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

// The XML is read back by a parser, and has what a CI system looks at.
func TestJUnitReport(t *testing.T) {
	var out bytes.Buffer
	run(t, &JUnitReport{Out: &out}, reports(t))
	var got struct {
		Name   string       `xml:"name,attr"`
		Suites []junitSuite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if got.Name != "ingot validate" || len(got.Suites) != 2 || got.Suites[0].Tests != 4 || got.Suites[0].Failures != 4 || got.Suites[1].Tests != 1 {
		t.Errorf("%s", out.String())
	}
	first := got.Suites[0].Cases[0]
	if first.Name != "ING2103 at properties.customize[0].täb (3:3)" || first.Line != 3 || first.Failure.Type != "error" ||
		!strings.Contains(first.Failure.Text, `    3 |   "täb": [1, 2]`) {
		t.Errorf("%+v %+v", first, first.Failure)
	}
	if s := got.Suites[0].Output; !strings.Contains(s, "many lines") || strings.Contains(s, "no place") {
		t.Errorf("output of the suite:\n%s", s)
	}
	if c := got.Suites[1].Cases[0]; c.Failure != nil || c.Name != `image template "good"` {
		t.Errorf("%+v", c)
	}
	names := map[string]bool{}
	for _, c := range got.Suites[0].Cases {
		if names[c.Name] && c.Name != "ING1902 (1:1)" {
			t.Errorf("two cases are called %q", c.Name)
		}
		names[c.Name] = true
	}
}

func testRule(code diag.Code) SARIFRule {
	return SARIFRule{Severity: diag.Warning, Summary: "says " + string(code), Text: "prose", Markdown: SARIFMarkdown("prose", "{}\n", "[]\n"),
		Reference: "https://example.com/" + string(code)}
}

// sarifSchema is the published one.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSARIFReport(t *testing.T) {
	schema := sarifSchema(t)
	for name, files := range map[string][]FileReport{"findings": reports(t), "none": reports(t)[1:], "no file": nil} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			run(t, &SARIFReport{Out: &out, Version: "v1.2.3", Rule: testRule}, files)
			document, err := jsonschema.UnmarshalJSON(&out)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); err != nil {
				t.Errorf("%#v", err)
			}
		})
	}
}

// The schema allows much that no service understands: these are the parts that count.
func TestSARIFParts(t *testing.T) {
	var out bytes.Buffer
	run(t, &SARIFReport{Out: &out, Version: "v1.2.3", Rule: testRule}, reports(t))
	var log struct {
		Runs []struct {
			Tool    sarifTool
			Results []sarifResult
		}
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	r := log.Runs[0]
	rules := r.Tool.Driver.Rules
	for _, result := range r.Results {
		if rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("%s has the index of %s", result.RuleID, rules[result.RuleIndex].ID)
		}
	}
	if len(rules) != 4 || !strings.Contains(rules[0].Help.Markdown, "```json\n{}\n```") {
		t.Errorf("rules: %+v", rules)
	}
	first := r.Results[0]
	region := sarifRegion{3, 3, 3, 8}
	if p := first.Locations[0].Physical; p.Artifact.URI != "a%20folder/w%C3%A9b,1:2%25.json" || *p.Region != region {
		t.Errorf("%+v %+v", p, p.Region)
	}
	if first.Locations[0].Logical[0].FullyQualifiedName != "properties.customize[0].täb" || len(first.Related) != 1 || first.Level != "error" {
		t.Errorf("%+v", first)
	}
	if c := first.Fixes[0].Changes; len(c) != 2 || len(c[0].Replacements) != 2 || c[1].Artifact.URI != "file:///abs/b%20c.json" {
		t.Errorf("%+v", c)
	}
	if r.Results[3].Locations != nil || r.Results[2].Locations[0].Physical.Region != nil || r.Results[2].Level != "note" {
		t.Errorf("%+v", r.Results[2:4])
	}
	if uri := r.Results[5].Locations[0].Physical.Artifact.URI; uri != "https://example.com/l.json" {
		t.Error(uri)
	}
}

func TestExplain(t *testing.T) {
	var out bytes.Buffer
	err := Explain(&out, Palette{}, Explanation{Entry: diag.Entry{Code: "ING2103", Severity: diag.Error, Summary: "two scripts"}, Scope: "only here",
		Text: "One.\n\nTwo.", Bad: "{\n}\n", Files: []ExampleFile{{"a.sh", "exit\n"}}, Findings: "1:1: bad\n", Good: "[]\n", Reference: "https://x"})
	if err != nil {
		t.Fatal(err)
	}
	want := "ING2103 error: two scripts\nonly here\n\nOne.\n\nTwo.\n\nnot so:\n  {\n  }\n\na.sh:\n  exit\n\nthis is said about it:\n  1:1: bad\n\nbut so:\n  []\n\nhttps://x\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
