package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// FileReport is what validation found about one file.
type FileReport struct {
	File      string
	List      diag.List        // what is to be shown, sorted
	Sources   Sources          // what the list points into
	Templates []TemplateReport // in the order of the file; none when it is no file with image templates, or could not be read as one
	FailOn    diag.Severity    // findings of this severity and worse count as failures
}

// TemplateReport is one image template of a file.
type TemplateReport struct {
	Name     string
	Path     string    // where it stands in the file; "" for one that is all of it
	Summary  string    // " as far as it is known: 2 customizers, 1 distributor"
	Unknowns []Unknown // what is not known before the deployment; nil when nobody asked
}

// Failures counts the findings that fail the file.
func (f FileReport) Failures() int {
	n := 0
	for _, d := range f.List {
		if d.Severity <= f.FailOn {
			n++
		}
	}
	return n
}

// Report shows what validation found, file by file.
type Report interface {
	File(FileReport) error // in order
	End() error            // after the last file
}

// TextReport is a Report for people. Findings go to Err with their source lines; Out has a line for each valid image template.
type TextReport struct {
	Out, Err               io.Writer
	OutPalette, ErrPalette Palette

	files, bad int       // looked at; with findings
	all        diag.List // severities alone, to be counted
}

// File implements Report.
func (r *TextReport) File(f FileReport) error {
	var b strings.Builder
	for _, d := range f.List {
		if len(r.all) > 0 {
			b.WriteByte('\n')
		}
		writeDiagnostic(&b, r.ErrPalette, d, f.Sources)
		r.all.Add(diag.Diagnostic{Severity: d.Severity})
	}
	if r.files++; len(f.List) > 0 {
		r.bad++
	}
	if _, err := io.WriteString(r.Err, b.String()); err != nil {
		return err
	}
	b.Reset()
	for _, t := range f.Templates {
		who := fmt.Sprintf("%s: image template %q", Line(f.File), t.Name)
		if !f.List.HasErrors() {
			b.WriteString(who + " is valid" + t.Summary + "\n")
		}
		writeUnknowns(&b, r.OutPalette, who+": ", t.Unknowns)
	}
	_, err := io.WriteString(r.Out, b.String())
	return err
}

// End implements Report: it counts what is more than one finding.
func (r *TextReport) End() error {
	if len(r.all) < 2 {
		return nil
	}
	where := ""
	if r.files > 1 {
		where = fmt.Sprintf(" in %d of %d files", r.bad, r.files)
	}
	_, err := fmt.Fprintf(r.Err, "\n%s%s\n", Count(r.all), where)
	return err
}

// JSONReport is a Report as one JSON document: {"diagnostics": […], "files": […], "errors": 1, …}. Findings are written as they come, so
// that many files take little memory.
type JSONReport struct {
	Out io.Writer

	diagnostics *jsonArray // nil before the first file
	rest        jsonRest
}

// jsonRest is what stands behind the findings.
type jsonRest struct {
	Files    []jsonFile `json:"files"`
	File     string     `json:"file,omitempty"` // when it is the only one
	Errors   int        `json:"errors"`
	Warnings int        `json:"warnings"`
	Infos    int        `json:"infos"`
}

type jsonFile struct {
	File           string         `json:"file"`
	Errors         int            `json:"errors"`
	Warnings       int            `json:"warnings"`
	Infos          int            `json:"infos"`
	ImageTemplates []jsonTemplate `json:"imageTemplates"`
}

type jsonTemplate struct {
	Name     string     `json:"name"`
	Path     string     `json:"path"`
	Unknowns *[]Unknown `json:"unknowns,omitempty"` // absent when nobody asked
}

// File implements Report.
func (r *JSONReport) File(f FileReport) error {
	one := jsonFile{File: f.File, Errors: f.List.Count(diag.Error), Warnings: f.List.Count(diag.Warning), Infos: f.List.Count(diag.Info),
		ImageTemplates: []jsonTemplate{}}
	for _, t := range f.Templates {
		made := jsonTemplate{Name: t.Name, Path: t.Path}
		if t.Unknowns != nil {
			made.Unknowns = &t.Unknowns
		}
		one.ImageTemplates = append(one.ImageTemplates, made)
	}
	d := &r.rest
	d.Files = append(d.Files, one)
	d.Errors, d.Warnings, d.Infos = d.Errors+one.Errors, d.Warnings+one.Warnings, d.Infos+one.Infos
	if err := r.begin(); err != nil {
		return err
	}
	for _, d := range f.List {
		if err := r.diagnostics.add(d); err != nil {
			return err
		}
	}
	return nil
}

// begin writes what stands before the first finding, once.
func (r *JSONReport) begin() error {
	if r.diagnostics != nil {
		return nil
	}
	r.diagnostics = &jsonArray{out: r.Out, indent: "  "}
	_, err := io.WriteString(r.Out, "{\n  \"diagnostics\": ")
	return err
}

// End implements Report.
func (r *JSONReport) End() error {
	if err := r.begin(); err != nil {
		return err
	}
	if err := r.diagnostics.end(); err != nil {
		return err
	}
	d := r.rest
	if len(d.Files) == 1 {
		d.File = d.Files[0].File
	}
	if d.Files == nil {
		d.Files = []jsonFile{}
	}
	text, err := indented(d, "")
	if err != nil {
		return err
	}
	_, err = io.WriteString(r.Out, ","+strings.TrimPrefix(text, "{")+"\n")
	return err
}
