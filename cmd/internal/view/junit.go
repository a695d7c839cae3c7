package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// JUnitReport is a Report as the XML that test runners write, which every CI system shows: a suite for each file, and in it a failed
// case for each finding that fails, or else a passed one for each image template. Other findings are the output of the suite.
// Suites are written as they come, so that many files take no more memory than one; each counts its cases.
type JUnitReport struct {
	Out io.Writer

	begun bool
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
	Output   string      `xml:"system-out,omitempty"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// File implements Report.
func (r *JUnitReport) File(f FileReport) error {
	s := junitSuite{Name: f.File}
	var output strings.Builder
	for _, d := range f.List {
		var text strings.Builder
		writeDiagnostic(&text, Palette{}, d, f.Sources)
		if d.Severity > f.FailOn {
			output.WriteString(text.String())
			continue
		}
		s.Cases = append(s.Cases, junitCase{Name: caseName(d), Class: f.File, File: d.Subject.File, Line: d.Subject.Start.Line,
			Failure: &junitFailure{d.Severity.String(), Line(d.Summary), text.String()}})
	}
	s.Output, s.Failures = output.String(), len(s.Cases)
	if s.Failures == 0 {
		for _, t := range f.Templates {
			s.Cases = append(s.Cases, junitCase{Name: fmt.Sprintf("image template %q", t.Name), Class: f.File, File: f.File})
		}
	}
	s.Tests = len(s.Cases)
	if err := r.begin(); err != nil {
		return err
	}
	enc := xml.NewEncoder(r.Out)
	enc.Indent("  ", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(r.Out, "\n")
	return err
}

// begin writes what stands before the first suite, once.
func (r *JUnitReport) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	_, err := io.WriteString(r.Out, xml.Header+"<testsuites name=\"ingot validate\">\n")
	return err
}

// caseName is what tells the cases of a file apart: the code and the place.
func caseName(d diag.Diagnostic) string {
	name := string(d.Code)
	if d.Path != "" {
		name += " at " + Line(d.Path)
	}
	if p := d.Subject.Start; p.Line > 0 {
		name += fmt.Sprintf(" (%d:%d)", p.Line, p.Column)
	}
	return name
}

// End implements Report.
func (r *JUnitReport) End() error {
	if err := r.begin(); err != nil {
		return err
	}
	_, err := io.WriteString(r.Out, "</testsuites>\n")
	return err
}
