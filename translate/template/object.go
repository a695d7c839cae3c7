package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// decoder carries what every reader needs.
type decoder struct {
	list diag.List
	// version is the api-version the template is read as. "" means that it is not known: then what differs between versions is
	// taken in every form, and only what all of them refuse is an error.
	version string
}

// fields says what becomes of the properties of an object, by the names of the wire format, those of every api-version. A
// property without a reader is held against its published shape, and no more is made of it.
type fields map[string]reader

// form is how an object is read. Which properties it has in which api-version is the schema's to say.
type form struct {
	what   string // names the object in messages: "a Shell customizer"
	typ    string // of translate/schema
	fields fields

	needs []string // what the service cannot do without, although the published shape does not require it
	free  []string // what the published shape requires, and may be absent all the same: it is given elsewhere, or a rule asks for it

	// also looks at a member that the schema does not have in any version; it reports whether it knows it.
	also func(m armjson.Member, path string) bool
}

// object reads an object. Of one that is not known, none of the properties is: each is read as an unknown value that may be
// absent.
func (d *decoder) object(n *armjson.Node, path string, f form) {
	if !d.kind(n, path, armjson.Object) {
		return
	}
	t := schema.Lookup(f.typ)
	if n.Kind == armjson.Unknown {
		for _, p := range d.properties(t) {
			if read := f.fields[p.Name]; read != nil && !p.ReadOnly {
				read(inside(n), join(path, p.Name))
			}
		}
		return
	}
	seen := map[string]bool{}
	complete := true // whether all names are known
	for _, m := range n.Members {
		if m.Unknown != nil {
			complete = false
		} else if name := d.member(n, m, path, t, f); name != "" {
			seen[name] = true
		}
	}
	if !complete {
		return
	}
	for _, p := range d.properties(t) {
		if !seen[p.Name] && !slices.Contains(f.free, p.Name) && d.alwaysRequired(t, p) {
			seen[p.Name] = true // a property may have several forms
			d.missing(n, path, f.what, p.Name, "it is required in "+d.versionName())
		}
	}
	for _, name := range f.needs {
		if !seen[name] {
			d.missing(n, path, f.what, name, "the service needs it, though the published shape does not require it")
		}
	}
}

// member reads one member of an object n. It returns the name of the property that is set by it; "" if none is.
func (d *decoder) member(n *armjson.Node, m armjson.Member, path string, t *schema.Type, f form) string {
	p, exact := d.property(t, m.Key)
	switch {
	case p == nil && f.also != nil && f.also(m, path):
		return ""
	case p == nil && len(t.Ever(m.Key)) > 0:
		d.otherVersion(n, m, path, t)
		return ""
	case p == nil:
		d.unknownName(n, m, path, f.what, t)
		return ""
	case !exact && n.Member(p.Name).Key == p.Name:
		d.unknownName(n, m, path, f.what, t) // the right spelling stands beside it and wins
		return ""
	case m.Value.IsNull():
		if !exact {
			d.wrongCase(m, path, p.Name)
		}
		return ""
	case !exact:
		d.wrongCase(m, path, p.Name)
	}
	switch read := f.fields[p.Name]; {
	case p.ReadOnly:
		d.writtenByService(m, path)
		return ""
	case read != nil:
		read(m.Value, join(path, p.Name))
	default:
		d.shape(m.Value, join(path, p.Name), p)
	}
	return p.Name
}

// openObject reads some properties of an object that may have others beside them.
func (d *decoder) openObject(n *armjson.Node, path, what string, f fields, needs ...string) {
	if !d.kind(n, path, armjson.Object) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		switch m := n.Member(name); {
		case n.Kind == armjson.Unknown:
			f[name](inside(n), join(path, name))
		case m != nil && !m.Value.IsNull():
			f[name](m.Value, join(path, name))
		case slices.Contains(needs, name) && !slices.ContainsFunc(n.Members, func(m armjson.Member) bool { return m.Unknown != nil }):
			d.missing(n, path, what, name, "it is required in "+d.versionName())
		}
	}
}

// inside is the value of any property of an object that is not known: neither what it is, nor whether it is there.
func inside(n *armjson.Node) *armjson.Node {
	missing := *n.Unknown
	missing.Kind = 0
	return armjson.NewUnknown(missing).At(n.Range)
}

func (d *decoder) missing(n *armjson.Node, path, what, name, why string) {
	d.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeMissingProperty, Subject: firstCharacter(n), Path: join(path, name),
		Summary: fmt.Sprintf("%s needs the property %q", what, name), Why: why, Fix: fmt.Sprintf("add %q here", name),
	})
}

func (d *decoder) versionName() string {
	if d.version == "" {
		return "every api-version"
	}
	return "api-version " + d.version
}

// strictly gives the severity of what the service refuses from 2024-02-01 on and put up with before, and what to say of it.
func (d *decoder) strictly(before string) (diag.Severity, string) {
	switch {
	case d.version == "":
		return diag.Warning, "from api-version 2024-02-01 on the service refuses it, and which one this is is not known"
	case Strict(d.version):
		return diag.Error, "from api-version 2024-02-01 on the service refuses it"
	}
	return diag.Warning, "api-version " + d.version + " " + before + "; from 2024-02-01 on the service refuses it"
}

func (d *decoder) unknownName(n *armjson.Node, m armjson.Member, path, what string, t *schema.Type) {
	severity, why := d.strictly("ignores it, and so does Ingot")
	names := d.names(t)
	fix := "remove it; " + diag.KnownNames(m.Key, names)
	var edits []diag.Edit
	if near := diag.Near(m.Key, names); near != "" {
		fix, edits = diag.KnownNames(m.Key, names), renamed(n, m, near)
	}
	d.list.Add(diag.Diagnostic{
		Severity: severity, Code: CodeUnknownProperty, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: fmt.Sprintf("%s has no property %q", what, m.Key), Why: why, Fix: fix, Edits: edits,
	})
}

func (d *decoder) wrongCase(m armjson.Member, path, name string) {
	severity, why := d.strictly("still accepts it")
	d.list.Add(diag.Diagnostic{
		Severity: severity, Code: CodePropertyCase, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: fmt.Sprintf("property %q is spelled %q", name, m.Key), Why: why, Fix: fmt.Sprintf("write %q", name),
		Edits: []diag.Edit{rewritten(m.KeyRange, m.Key, name)},
	})
}

// otherVersion reports a property that only other versions have.
func (d *decoder) otherVersion(n *armjson.Node, m armjson.Member, path string, t *schema.Type) {
	severity, why := d.strictly("ignores it, and so does Ingot")
	p := d.nearest(t.Ever(m.Key))
	summary := fmt.Sprintf("property %q is known from api-version %s on", p.Name, p.Since)
	fix := fmt.Sprintf("write api-version %s or later, or remove the property", p.Since)
	var edits []diag.Edit
	if d.version >= p.Since {
		summary = fmt.Sprintf("property %q is known up to api-version %s only", p.Name, p.Until)
		fix = "remove it"
		if now := renamedTo(t, p.Name); now != "" {
			fix = fmt.Sprintf("write %q instead", now)
			edits = renamed(n, m, now)
		}
	}
	d.list.Add(diag.Diagnostic{
		Severity: severity, Code: CodePropertyVersion, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: summary, Why: why, Fix: fix, Edits: edits,
	})
}

// writtenByService reports a property that only the service writes: exported templates are full of them.
func (d *decoder) writtenByService(m armjson.Member, path string) {
	d.list.Add(diag.Diagnostic{
		Severity: diag.Warning, Code: CodeReadOnly, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: fmt.Sprintf("%q is written by the service only", m.Key), Why: "in a template it is ignored", Fix: "remove it",
		Edits: removed(m),
	})
}

// kind reports a value of another JSON type than wanted. An unknown value has the wanted type as long as it may have it; its
// Text, Bool, Items and Members are empty.
func (d *decoder) kind(n *armjson.Node, path string, wanted armjson.Kind) bool {
	got, why, fix := n.Kind, "", ""
	if got == armjson.Unknown {
		if got = n.Unknown.Kind; got == 0 {
			return true
		}
		why = "the value is not known before the deployment; its type is"
	}
	switch {
	case got == wanted:
		return true
	case n.Kind == armjson.Unknown:
	case wanted == armjson.Array:
		fix = "put it in square brackets: [ … ]"
	case got == armjson.String && (wanted == armjson.Number || wanted == armjson.Bool):
		fix = "remove the quotes"
	case wanted == armjson.String && (got == armjson.Number || got == armjson.Bool):
		fix = "put it in double quotes"
	}
	d.wrongType(n, path, fmt.Sprintf("%q is %s where %s is wanted", lastStep(path), got, wanted), why, fix, retyped(n, wanted)...)
	return false
}

func (d *decoder) wrongType(n *armjson.Node, path, summary, why, fix string, edits ...diag.Edit) {
	d.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeWrongType, Subject: n.Range, Path: path, Summary: summary, Why: why, Fix: fix,
		Edits: edits,
	})
}

// element adds an index to a path.
func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// entry adds the name of a map's entry to a path. The name is the user's choice, and may have dots.
func entry(path, name string) string { return fmt.Sprintf("%s['%s']", path, name) }

// join adds a property name to a path as the service's error target spells it.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// lastStep is the part of a path that names the value itself: "inline", "customize[2]".
func lastStep(path string) string {
	outside, _, _ := strings.Cut(path, "['")
	return path[strings.LastIndexByte(outside, '.')+1:]
}

// firstCharacter is the place to point at when the trouble is something that is not there.
func firstCharacter(n *armjson.Node) diag.Range {
	r := n.Range
	r.End = r.Start
	r.End.Column++
	r.End.Byte++
	return r
}
