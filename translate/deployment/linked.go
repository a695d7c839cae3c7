package deployment

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// link is a file that another one links to.
type link struct{ from, uri string }

// fetch asks the caller for a linked file, once for each; nil when it cannot be had, which has been reported.
func (x *expansion) fetch(from, uri string, at diag.Range) *armjson.Node {
	key := link{from, uri}
	n, known := x.links[key]
	if known {
		return n
	}
	n, list := x.params.Linked(from, uri)
	for _, d := range list {
		if d.Subject.IsZero() {
			d.Subject = at
		}
		x.add(d)
	}
	switch {
	case n == nil && !list.HasErrors():
		_ = x.report(CodeLinked, at, fmt.Sprintf("there is no linked file %q", uri), "", "")
	case list.HasErrors():
		n = nil
	}
	x.links[key] = n
	x.knowFile(n)
	return n
}

// follow finds the template that a templateLink means: {"uri": …} or {"relativePath": …}, which starts at the file of
// the link. ok is false when an error was reported.
func (n *nested) follow(f *frame, m *armjson.Member) (template, as *armjson.Node, ok bool) {
	x := f.x
	uri, as, ok := n.linkedURI(f, m)
	if !ok || uri == "" {
		return nil, as, ok
	}
	template = x.fetch(m.Value.Range.File, uri, m.Value.Range)
	if template != nil && template.Kind != armjson.Object {
		_ = x.report(CodeShape, template.Range,
			fmt.Sprintf("a deployment template is an object, not %s", template.Kind), "", "")
		return nil, as, false
	}
	return template, as, template != nil
}

// followParameters adds the values of a linked parameter file.
func (n *nested) followParameters(f *frame, m *armjson.Member, g *given) {
	uri, _, ok := n.linkedURI(f, m)
	if ok && uri != "" {
		if file := f.x.fetch(m.Value.Range.File, uri, m.Value.Range); file != nil {
			f.x.readParameterFile(file, g)
			return
		}
	}
	if g.all = n.why; g.all == nil {
		g.all = n.failedGiven()
	}
}

// linkedURI evaluates a link. The uri is "" when it is not followed: then a warning was given and n.why says why.
func (n *nested) linkedURI(f *frame, m *armjson.Member) (uri string, as *armjson.Node, ok bool) {
	x := f.x
	v, err := f.value(m.Value)
	if err != nil {
		return "", nil, false
	}
	skip := func(why, fix string) (string, *armjson.Node, bool) {
		n.why = armjson.NewUnknown(armjson.Missing{Why: why, Fix: fix})
		x.warn(CodeLinked, m.KeyRange, "a linked file is not looked into", why, fix)
		return "", v, true
	}
	if v.Kind == armjson.Unknown {
		return skip("where it is is not known: "+v.Unknown.Why, v.Unknown.Fix)
	}
	at := v.Get("uri")
	if at.IsNull() {
		at = v.Get("relativePath")
	}
	switch {
	case at != nil && at.Kind == armjson.Unknown:
		return skip("where it is is not known: "+at.Unknown.Why, at.Unknown.Fix)
	case textOf(at) != "" && x.params.Linked == nil:
		return skip("links are followed only when that is asked for", fixLinked)
	case textOf(at) != "":
		return at.Text, v, true
	case !v.Get("id").IsNull():
		return skip("it is a template spec, which is kept in Azure", "give the template itself")
	}
	_ = x.report(CodeShape, m.Value.Range, "the link has neither \"uri\" nor \"relativePath\"", "", "")
	return "", nil, false
}

const fixLinked = "add --follow-links"
