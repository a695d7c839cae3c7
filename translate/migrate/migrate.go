// Package migrate brings an image template to another api-version: it says what has to be written otherwise there, with the edits
// where there is one right answer.
//
// It goes by the tables of translate/schema alone. What it cannot decide is a finding without edits: a property that the other
// version does not have, one that it wants, a value that comes out of an expression.
package migrate

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// The findings of this package.
const (
	CodeMended diag.Code = "ING2501"
	CodeByHand diag.Code = "ING2502"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeMended, Severity: diag.Info, Summary: "something is written otherwise in the other api-version, and ingot migrate rewrites it"},
		{Code: CodeByHand, Severity: diag.Warning, Summary: "something has no counterpart in the other api-version, and a person has to decide"},
	}
}

// Migrate compares image templates, which are resources as deployment.Load finds them, with what api-version to has. files are the
// texts of the files that they are made of. The findings are in file order, and what several templates have in common is found
// once: ING2501 with edits, ING2502 without. There are none for a template in that version.
//
// It panics when to was never published.
func Migrate(templates []*armjson.Node, to string, files map[string][]byte) diag.List {
	if !schema.Known(to) {
		panic(fmt.Sprintf("migrate: unknown api-version %q", to))
	}
	var list diag.List
	for _, n := range templates {
		m := &migration{to: to, files: files}
		m.resource(n)
		for _, d := range m.list {
			if !slices.ContainsFunc(list, func(other diag.Diagnostic) bool { return reflect.DeepEqual(d, other) }) {
				list.Add(d)
			}
		}
	}
	list.Sort()
	return list
}

// resource compares a whole image template.
func (m *migration) resource(n *armjson.Node) {
	version := n.Get("apiVersion")
	switch {
	case version == nil || version.Kind != armjson.String || !schema.Known(version.Text):
		m.byHand(cmp.Or(rangeOf(version), n.Range), "apiVersion", "the api-version of the image template is not known",
			"without it nobody can say what the properties mean", `write it: "apiVersion": "`+m.to+`"`)
	case version.Text == m.to:
	default:
		m.from, m.changes = version.Text, schema.Changes(version.Text, m.to)
		m.rewrite(version, "apiVersion", m.to, fmt.Sprintf("the api-version becomes %q", m.to))
		m.object(n, schema.Lookup(schema.Root), "")
	}
}

type migration struct {
	from, to string
	changes  []schema.Change // on the way
	files    map[string][]byte
	list     diag.List
}

func rangeOf(n *armjson.Node) diag.Range {
	if n == nil {
		return diag.Range{}
	}
	return n.Range
}

// object compares an object of a type, or of one of the types of a union.
func (m *migration) object(n *armjson.Node, t *schema.Type, path string) {
	if t == nil || n.Kind != armjson.Object {
		return
	}
	told := t.Discriminator
	if told != "" {
		if t = m.variant(n, t, path); t == nil {
			return
		}
	}
	for _, member := range n.Members {
		if member.Unknown == nil && member.Key != told && !(path == "" && slices.Contains([]string{"apiVersion", "type", "name"}, member.Key)) {
			m.member(n, t, member, join(path, member.Key))
		}
	}
	for _, p := range t.Properties(m.to) {
		old, _ := t.Property(m.from, p.Name)
		if p.Required && !p.ReadOnly && (old == nil || !old.Required) && !n.HasUnknown() && !m.has(n, t, p.Name) {
			m.byHand(diag.Range{File: n.Range.File, Start: n.Range.Start, End: n.Range.Start}, join(path, p.Name),
				fmt.Sprintf("api-version %s wants %q here", m.to, p.Name), "", "")
		}
	}
}

// has reports whether n has a property, by the name of either version.
func (m *migration) has(n *armjson.Node, t *schema.Type, name string) bool {
	return slices.ContainsFunc(n.Members, func(member armjson.Member) bool {
		return !member.Value.IsNull() && (strings.EqualFold(member.Key, name) || m.newName(t, member.Key, false) == name)
	})
}

// variant finds the type of an object by its discriminator, and what that is called in the other version.
func (m *migration) variant(n *armjson.Node, t *schema.Type, path string) *schema.Type {
	value := n.Get(t.Discriminator)
	if value == nil || value.Kind != armjson.String {
		return nil
	}
	path = join(path, t.Discriminator)
	v, _ := t.Variant(m.from, value.Text)
	if v == nil {
		return nil // wrong in its own version already
	}
	name := v.Value
	if w, _ := t.Variant(m.to, name); w != nil {
		name = w.Value
	} else if name = m.newName(t, name, true); name == "" {
		m.byHand(value.Range, path, fmt.Sprintf("api-version %s has no %q here", m.to, value.Text), "", diag.KnownNames("", t.Names(m.to)))
		return nil
	}
	if value.Text != name {
		m.rewrite(value, path, name, fmt.Sprintf("%q is written %q", value.Text, name))
	}
	return schema.Lookup(v.Type)
}

// newName gives the name that a property, or a case of a union, has in the other version; "" if it was not renamed.
func (m *migration) newName(t *schema.Type, name string, variant bool) string {
	for _, c := range m.changes {
		if c.Kind == schema.Renamed && c.Type == t.Name && c.Variant == variant && strings.EqualFold(c.Name, name) {
			return c.NewName
		}
	}
	return ""
}

// member compares one property.
func (m *migration) member(n *armjson.Node, t *schema.Type, member armjson.Member, path string) {
	old, _ := t.Property(m.from, member.Key)
	if old == nil || old.ReadOnly || member.Value.IsNull() {
		return // wrong in its own version already, or the service's own
	}
	now, _ := t.Property(m.to, old.Name)
	if now == nil {
		now, _ = t.Property(m.to, m.newName(t, old.Name, false))
	}
	switch {
	case now == nil:
		why, fix := "", "remove it, or choose another api-version: "+span(old)
		if r := replacement(t, old.Name, m.to); r != nil {
			why = fmt.Sprintf("%q took the place of %s", r.New, strings.Join(quoted(r.Old), ", "))
			fix = fmt.Sprintf("write %q instead", r.New)
		}
		m.byHand(member.KeyRange, path, fmt.Sprintf("api-version %s does not have %q here", m.to, member.Key), why, fix)
		return
	case member.Key == now.Name:
	case hasExactly(n, now.Name):
		m.byHand(member.KeyRange, path, fmt.Sprintf("%q is called %q in api-version %s, which is written here too", member.Key, now.Name, m.to),
			"", "remove one of them")
	default:
		key := &armjson.Node{Kind: armjson.String, Text: member.Key, Range: member.KeyRange}
		m.rewrite(key, path, now.Name, fmt.Sprintf("%q is written %q", member.Key, now.Name))
	}
	m.value(member.Value, old, now, path)
}

// value compares what is written for a property with what it may be.
func (m *migration) value(v *armjson.Node, old, now *schema.Property, path string) {
	switch {
	case v.Kind == armjson.Unknown:
	case v.Kind == armjson.String && len(now.OneOf) > 0 && !slices.Contains(now.OneOf, v.Text):
		if i := slices.IndexFunc(now.OneOf, func(s string) bool { return strings.EqualFold(s, v.Text) }); i >= 0 {
			m.rewrite(v, path, now.OneOf[i], fmt.Sprintf("%q is written %q", v.Text, now.OneOf[i]))
		} else if slices.ContainsFunc(old.OneOf, func(s string) bool { return strings.EqualFold(s, v.Text) }) {
			m.byHand(v.Range, path, fmt.Sprintf("api-version %s does not take %q here", m.to, v.Text), "", diag.KnownNames(v.Text, now.OneOf))
		}
	case v.Kind == armjson.Number:
		if i, err := strconv.ParseInt(v.Text, 10, 64); err == nil && !within(i, now) && within(i, old) {
			m.byHand(v.Range, path, fmt.Sprintf("api-version %s does not take %d here", m.to, i), limits(now), "")
		}
	case now.Kind == schema.Object:
		m.object(v, schema.Lookup(now.Type), path)
	case now.Kind == schema.Array && now.Item == schema.Object:
		for i, item := range v.Items {
			m.object(item, schema.Lookup(now.Type), fmt.Sprintf("%s[%d]", path, i))
		}
	case now.Kind == schema.Map && now.Item == schema.Object:
		for _, member := range v.Members {
			m.object(member.Value, schema.Lookup(now.Type), fmt.Sprintf("%s['%s']", path, member.Key))
		}
	}
}

func within(i int64, p *schema.Property) bool {
	return (p.Min == nil || i >= *p.Min) && (p.Max == nil || i <= *p.Max)
}

func limits(p *schema.Property) string {
	var parts []string
	if p.Min != nil {
		parts = append(parts, fmt.Sprintf("at least %d", *p.Min))
	}
	if p.Max != nil {
		parts = append(parts, fmt.Sprintf("at most %d", *p.Max))
	}
	return "it is " + strings.Join(parts, " and ")
}

// span says which api-versions have a property.
func span(p *schema.Property) string {
	if p.Until == "" {
		return "it is there from " + p.Since + " on"
	}
	return "it is there from " + p.Since + " to " + p.Until
}

func hasExactly(n *armjson.Node, name string) bool {
	return slices.ContainsFunc(n.Members, func(m armjson.Member) bool { return m.Key == name && m.Unknown == nil })
}

// replacement finds what took the place of several properties, one of which is name, on the way to a version.
func replacement(t *schema.Type, name, to string) *schema.Replacement {
	for _, r := range schema.Replacements() {
		if r.Type == t.Name && slices.Contains(r.Old, name) && to >= r.Since {
			return &r
		}
	}
	return nil
}

// rewrite puts another string where one is written, if it is written there as it is.
func (m *migration) rewrite(n *armjson.Node, path, text, summary string) {
	src, r := m.files[n.Range.File], n.Range
	if r.Start.Byte < 0 || r.End.Byte > len(src) || r.Start.Byte >= r.End.Byte || string(src[r.Start.Byte:r.End.Byte]) != strconv.Quote(n.Text) {
		m.byHand(r, path, summary, "what stands here is not the plain text, but comes to it", fmt.Sprintf("make it %q", text))
		return
	}
	m.list.Add(diag.Diagnostic{Severity: diag.Info, Code: CodeMended, Subject: r, Path: path, Summary: summary,
		Edits: []diag.Edit{{Range: r, Text: strconv.Quote(text)}}})
}

func (m *migration) byHand(at diag.Range, path, summary, why, fix string) {
	m.list.Add(diag.Diagnostic{Severity: diag.Warning, Code: CodeByHand, Subject: at, Path: path, Summary: summary, Why: why, Fix: fix})
}

func quoted(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, strconv.Quote(n))
	}
	return all
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
