package view

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// SARIFReport is a Report in the format that code scanning services take: SARIF 2.1.0. What it writes is the small part of the format
// that a checker of text needs; the libraries there are write every empty list of it, and link a validator.
// Results are written as they come, so that many files take no more memory than one.
// Reference: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type SARIFReport struct {
	Out     io.Writer
	Version string                         // of Ingot
	Rule    func(code diag.Code) SARIFRule // describes a code that was found

	results *jsonArray        // nil before the first one
	rules   []diag.Code       // those that were found, by index
	index   map[diag.Code]int // in rules
}

// SARIFRule describes a kind of finding.
type SARIFRule struct {
	Severity  diag.Severity
	Summary   string
	Text      string // plain text to read; "" when there is none
	Markdown  string // the same and more
	Reference string // a URL, or ""
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string            `json:"name"`
	Version        string            `json:"version,omitempty"`
	InformationURI string            `json:"informationUri"`
	Rules          []sarifDescriptor `json:"rules"`
}

type sarifDescriptor struct {
	ID               string             `json:"id"`
	ShortDescription sarifText          `json:"shortDescription"`
	Help             *sarifText         `json:"help,omitempty"`
	HelpURI          string             `json:"helpUri,omitempty"`
	Default          sarifConfiguration `json:"defaultConfiguration"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
	Related   []sarifLocation `json:"relatedLocations,omitempty"`
	Fixes     []sarifFix      `json:"fixes,omitempty"`
}

type sarifLocation struct {
	ID       *int           `json:"id,omitempty"`
	Message  *sarifText     `json:"message,omitempty"`
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

type sarifFix struct {
	Changes []sarifChange `json:"artifactChanges"`
}

type sarifChange struct {
	Artifact     sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifReplacement struct {
	Deleted  sarifRegion `json:"deletedRegion"`
	Inserted sarifText   `json:"insertedContent"`
}

var sarifLevels = map[diag.Severity]string{diag.Error: "error", diag.Warning: "warning", diag.Info: "note"}

// sarifHead is all before the first result. The names of a log are in the order that suits writing it.
const sarifHead = `{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "columnKind": "unicodeCodePoints",
      "invocations": [
        {
          "executionSuccessful": true
        }
      ],
      "results": `

// File implements Report.
func (r *SARIFReport) File(f FileReport) error {
	if err := r.begin(); err != nil {
		return err
	}
	for _, d := range f.List {
		i, known := r.index[d.Code]
		if !known {
			i = len(r.rules)
			r.rules = append(r.rules, d.Code)
			r.index[d.Code] = i
		}
		result := newSARIFResult(d)
		result.RuleIndex = i
		if err := r.results.add(result); err != nil {
			return err
		}
	}
	return nil
}

// begin writes the head of the log, once.
func (r *SARIFReport) begin() error {
	if r.results != nil {
		return nil
	}
	r.index, r.results = map[diag.Code]int{}, &jsonArray{out: r.Out, indent: "      "}
	_, err := io.WriteString(r.Out, sarifHead)
	return err
}

// End implements Report. Rules are described as far as something was found.
func (r *SARIFReport) End() error {
	if err := r.begin(); err != nil {
		return err
	}
	if err := r.results.end(); err != nil {
		return err
	}
	driver := sarifDriver{Name: "ingot", Version: r.Version, InformationURI: "https://github.com/ingot-build/ingot", Rules: []sarifDescriptor{}}
	for _, code := range r.rules {
		rule := r.Rule(code)
		d := sarifDescriptor{ID: string(code), ShortDescription: sarifText{Text: rule.Summary}, HelpURI: rule.Reference,
			Default: sarifConfiguration{sarifLevels[rule.Severity]}}
		if rule.Text != "" {
			d.Help = &sarifText{rule.Text, rule.Markdown}
		}
		driver.Rules = append(driver.Rules, d)
	}
	tool, err := indented(sarifTool{driver}, "      ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.Out, ",\n      \"tool\": %s\n    }\n  ]\n}\n", tool)
	return err
}

func newSARIFResult(d diag.Diagnostic) sarifResult {
	r := sarifResult{RuleID: string(d.Code), Level: sarifLevels[d.Severity]}
	text := d
	text.Path = "" // it is the logical location
	r.Message.Text = plainText(text)
	at := sarifLocation{Physical: physical(d.Subject)}
	if d.Path != "" {
		at.Logical = []sarifLogical{{d.Path}}
	}
	if at.Physical != nil || at.Logical != nil {
		r.Locations = []sarifLocation{at}
	}
	for i, n := range d.Related {
		if p := physical(n.Range); p != nil {
			r.Related = append(r.Related, sarifLocation{ID: &i, Message: &sarifText{Text: Line(n.Message)}, Physical: p})
		}
	}
	if changes := changesOf(d.Edits); changes != nil {
		r.Fixes = []sarifFix{{changes}}
	}
	return r
}

// changesOf groups edits by file, in their order.
func changesOf(edits []diag.Edit) []sarifChange {
	var changes []sarifChange
	for _, e := range edits {
		a := sarifArtifact{artifactURI(e.Range.File)}
		i := slices.IndexFunc(changes, func(c sarifChange) bool { return c.Artifact == a })
		if i < 0 {
			i = len(changes)
			changes = append(changes, sarifChange{Artifact: a})
		}
		changes[i].Replacements = append(changes[i].Replacements, sarifReplacement{*region(e.Range), sarifText{Text: e.Text}})
	}
	return changes
}

func physical(r diag.Range) *sarifPhysical {
	if r.File == "" {
		return nil
	}
	return &sarifPhysical{sarifArtifact{artifactURI(r.File)}, region(r)}
}

// region is nil for a file as a whole.
func region(r diag.Range) *sarifRegion {
	if r.Start.Line < 1 {
		return nil
	}
	return &sarifRegion{r.Start.Line, r.Start.Column, cmp.Or(r.End.Line, r.Start.Line), cmp.Or(r.End.Column, r.Start.Column)}
}

// artifactURI makes a URI of the name of a file: a relative one, which a service takes to start in the repository, or file:///….
func artifactURI(name string) string {
	if strings.HasPrefix(name, "https://") { // a linked template
		return name
	}
	slashed := filepath.ToSlash(name)
	if path.IsAbs(slashed) {
		return (&url.URL{Scheme: "file", Path: slashed}).String()
	}
	return (&url.URL{Path: path.Clean(slashed)}).String()
}

// SARIFMarkdown is the page of a rule for SARIFRule.
func SARIFMarkdown(text, bad, good string) string {
	var b strings.Builder
	b.WriteString(text)
	for _, example := range []struct{ title, json string }{{"Not so", bad}, {"But so", good}} {
		if example.json != "" {
			fmt.Fprintf(&b, "\n\n%s:\n\n```json\n%s\n```", example.title, strings.TrimRight(example.json, "\n"))
		}
	}
	return b.String()
}
