package lsp

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// hover says what stands at a place: the property, and the rules that are broken there. It is nil when there is nothing to say.
func (d *document) hover(at Position) *Hover {
	offset := d.text.offset(at)
	var parts []string
	var around *Range
	if root := d.root(); root != nil {
		p, r, ok := placeOf(root, offset)
		if ok && p.prop != nil && !p.element {
			parts = append(parts, describe(p.prop, p.version))
			s := d.text.of(r)
			around = &s
		}
	}
	seen := map[diag.Code]bool{}
	for _, f := range d.found().list {
		if f.Subject.File == d.file && touches(f.Subject, offset, offset) && !seen[f.Code] {
			seen[f.Code] = true
			parts = append(parts, describeCode(f.Code))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return &Hover{markdown(strings.Join(parts, "\n\n---\n\n")), around}
}

// placeOf finds what stands at an offset: a name or a value, the innermost one. The range is that of the name or of the value.
func placeOf(root *armjson.Node, offset int) (p place, r diag.Range, ok bool) {
	covers := func(r diag.Range) bool { return r.Start.Byte <= offset && offset <= r.End.Byte }
	steps, _ := stepsTo(root, func(n *armjson.Node, m *armjson.Member) bool {
		switch {
		case m != nil && covers(m.KeyRange):
			r = m.KeyRange
		case n != nil && n.Kind != armjson.Object && n.Kind != armjson.Array && covers(n.Range):
			r = n.Range
		default:
			return false
		}
		return true
	}, covers)
	if steps == nil {
		return p, r, false
	}
	p, ok = find(steps, templates(root))
	return p, r, ok
}

func anywhere(diag.Range) bool { return true }

// touches reports whether a range has something in common with the stretch [from, to], or borders on it.
func touches(r diag.Range, from, to int) bool { return r.Start.Byte <= to && from <= r.End.Byte }

// detail says in a few words what a property takes: "a string, required".
func detail(p *schema.Property) string {
	text := p.Kind.String()
	switch p.Kind {
	case schema.Array:
		text = "an array of " + plural(p.Item)
	case schema.Map:
		text = "an object with names of your choice and " + plural(p.Item) + " as values"
	}
	if p.Required {
		text += ", required"
	}
	if p.ReadOnly {
		text += ", written by the service only"
	}
	return text
}

func plural(k schema.Kind) string {
	switch k {
	case schema.String:
		return "strings"
	case schema.Integer:
		return "whole numbers"
	case schema.Boolean:
		return "booleans"
	case schema.Object:
		return "objects"
	}
	return "values"
}

// describe says in Markdown all that the schema has about a property.
func describe(p *schema.Property, version string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s`: %s\n", p.Name, detail(p))
	line := func(format string, args ...any) { fmt.Fprintf(&b, "\n- "+format, args...) }
	if len(p.OneOf) > 0 {
		line("one of `%s`", strings.Join(p.OneOf, "`, `"))
	}
	if p.Pattern != "" {
		line("matches `%s`", p.Pattern)
	}
	switch {
	case p.Min != nil && p.Max != nil:
		line("from %d to %d", *p.Min, *p.Max)
	case p.Min != nil:
		line("at least %d", *p.Min)
	case p.Max != nil:
		line("at most %d", *p.Max)
	}
	if p.Until != "" && p.Until < latest() {
		line("in this form from api-version %s to %s", p.Since, p.Until)
	} else {
		line("in this form since api-version %s", p.Since)
	}
	if p.Beyond != "" {
		line("not in the published shape: %s", p.Beyond)
	}
	fmt.Fprintf(&b, "\n\n[Reference](%s)", reference(version))
	return b.String()
}

// reference is where a version of image templates is described.
func reference(version string) string {
	return "https://learn.microsoft.com/azure/templates/microsoft.virtualmachineimages/" + version + "/imagetemplates"
}

// describeCode says in Markdown what a code is about.
func describeCode(code diag.Code) string {
	e, _ := codes.Find(code)
	text := fmt.Sprintf("**%s** %s", code, e.Summary)
	if page, ok := codes.PageOf(code); ok {
		text += "\n\n" + page.Text
	}
	return text + fmt.Sprintf("\n\n[%s](%s)", cmp.Or(e.Reference, href(code)), href(code))
}

// page is where all codes are listed.
const page = "https://github.com/ingot-build/ingot/blob/main/docs/diagnostics.md"

// href says where to read about a code.
func href(code diag.Code) string {
	e, _ := codes.Find(code)
	return cmp.Or(e.Reference, page)
}
