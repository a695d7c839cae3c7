package codes

import (
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
)

// Page is what there is to read about a rule.
type Page struct {
	Text           string // Markdown: what happens otherwise, when the rule is silent
	Bad, Good      string // the part of an image template that matters
	Findings       string // what is said about Bad
	Files          []File // scripts that the examples have at a URI
	WindowsExample bool   // the examples are about Windows
}

// File is a script of an example.
type File struct{ Name, Text string }

// PageOf returns the page of a code; ok is false for a code that has none.
func PageOf(code diag.Code) (page Page, ok bool) {
	data := check.Page(code)
	if data == nil {
		return Page{}, false
	}
	archive := txtar.Parse(data)
	page.Text = strings.TrimSpace(string(archive.Comment))
	for _, f := range archive.Files {
		text := string(f.Data)
		switch f.Name {
		case "base":
			page.WindowsExample = strings.TrimSpace(text) == "windows"
		case "bad.json":
			page.Bad = text
		case "good.json":
			page.Good = text
		case "findings":
			page.Findings = text
		default:
			page.Files = append(page.Files, File{f.Name, text})
		}
	}
	return page, true
}
