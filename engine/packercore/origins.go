package packercore

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/diag"
)

// originPath finds the path in the image template that a comment tells: "# properties.customize[0]", with words around it or
// none.
var originPath = regexp.MustCompile(`\bproperties(?:\.[A-Za-z0-9_]+|\[\d+\])+`)

// origins tells which part of the image template a place of the Packer template came from. What emits the Packer template writes
// the path into a comment above each block, or above one attribute.
type origins struct{ spans []span }

// span is a stretch of one file that came from path.
type span struct {
	file       string
	start, end int // bytes; end is exclusive
	path       string
}

// read adds the spans of one file.
func (o *origins) read(name string, src []byte, body *hclsyntax.Body) {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos) // the parser has told what is wrong
	comments := map[int]string{}                                // line: path
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenComment {
			continue
		}
		// A comment of one line has its newline in it, so its end is on the next line.
		comments[t.Range.Start.Line] = originPath.FindString(string(t.Bytes))
	}
	o.walk(body, comments)
}

func (o *origins) walk(body *hclsyntax.Body, comments map[int]string) {
	for _, attr := range body.Attributes {
		o.add(attr.SrcRange, comments)
	}
	for _, b := range body.Blocks {
		o.add(hcl.RangeBetween(b.TypeRange, b.CloseBraceRange), comments)
		o.walk(b.Body, comments)
	}
}

// add notes the path of the nearest comment that tells one, in the unbroken run of comments above the first line of rng.
func (o *origins) add(rng hcl.Range, comments map[int]string) {
	for line := rng.Start.Line - 1; ; line-- {
		path, ok := comments[line]
		if !ok {
			return
		}
		if path != "" {
			o.spans = append(o.spans, span{rng.Filename, rng.Start.Byte, rng.End.Byte, path})
			return
		}
	}
}

// at returns the path of the smallest span around a place, or "".
func (o *origins) at(rng hcl.Range) string {
	var best span
	for _, s := range o.spans {
		inside := s.file == rng.Filename && s.start <= rng.Start.Byte && rng.Start.Byte < s.end
		if inside && (best.path == "" || s.end-s.start < best.end-best.start) {
			best = s
		}
	}
	return best.path
}

// errorAt makes the error for a fault at a place.
func (t *Template) errorAt(rng hcl.Range, err error) *TemplateError {
	return &TemplateError{Range: toRange(rng), Path: t.origins.at(rng), Err: err}
}

// diagErrors turns the errors among HCL's findings into template errors, in their order.
func (t *Template) diagErrors(diags hcl.Diagnostics) []*TemplateError {
	var errs []*TemplateError
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		var rng hcl.Range
		if d.Subject != nil {
			rng = *d.Subject
		}
		text := lowerFirst(d.Summary)
		if d.Detail != "" {
			text += ": " + lowerFirst(strings.TrimSuffix(d.Detail, "."))
		}
		errs = append(errs, t.errorAt(rng, fmt.Errorf("%s", text)))
	}
	return errs
}

// lowerFirst makes HCL's sentences continue ours.
func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// toRange is rng in the terms of the contracts.
func toRange(rng hcl.Range) diag.Range {
	if rng.Filename == "" {
		return diag.Range{}
	}
	return diag.Range{
		File:  rng.Filename,
		Start: diag.Pos{Line: rng.Start.Line, Column: rng.Start.Column, Byte: rng.Start.Byte},
		End:   diag.Pos{Line: rng.End.Line, Column: rng.End.Column, Byte: rng.End.Byte},
	}
}
