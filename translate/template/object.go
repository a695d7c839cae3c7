package template

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// property is one row of the table that an object is read by.
type property struct {
	name         string
	since, until string // first and last api-version that has it; "" is no limit
	instead      string // what took its place after until, "" if nothing did

	readOnly      bool // written by the service only, and ignored in a template
	required      bool
	requiredUntil string // required up to this api-version; "" leaves it to required

	read func(n *armjson.Node, path string) // is not called for null: a null property counts as absent
}

// decoder carries what every reader needs.
type decoder struct {
	list diag.List
	// version is the api-version the template is read as. "" means that it is not known: then what differs between versions is
	// taken in every form, and only what all of them refuse is an error.
	version string
}

// object reads an object by its table. What names it in messages: "a Shell customizer". Of an object that is not known, none of
// the properties is: each is read as an unknown value that may be absent.
func (d *decoder) object(n *armjson.Node, path, what string, table []property) {
	d.read(n, path, what, table, false)
}

// openObject reads an object that may have properties beside those of the table.
func (d *decoder) openObject(n *armjson.Node, path, what string, table []property) {
	d.read(n, path, what, table, true)
}

func (d *decoder) read(n *armjson.Node, path, what string, table []property, open bool) {
	if !d.kind(n, path, armjson.Object) {
		return
	}
	if n.Kind == armjson.Unknown {
		d.readUnknown(n, path, table)
		return
	}
	seen := map[string]bool{}
	complete := true // whether all names are known
	for _, m := range n.Members {
		if m.Unknown != nil {
			complete = false
			continue
		}
		p, exact := findProperty(table, m.Key)
		switch {
		case p == nil && open:
			continue
		case p == nil:
			d.unknownName(m, path, what, table)
			continue
		case !exact && n.Member(p.name).Key == p.name:
			d.unknownName(m, path, what, table) // the right spelling stands beside it and wins
			continue
		case !exact:
			d.wrongCase(m, path, p.name)
		}
		if !d.inVersion(p) {
			d.otherVersion(m, path, p)
			continue
		}
		if p.readOnly {
			d.writtenByService(m, path)
			continue
		}
		if m.Value.IsNull() {
			continue
		}
		seen[p.name] = true
		p.read(m.Value, join(path, p.name))
	}
	for i := range table {
		p := &table[i]
		if complete && d.required(p) && !seen[p.name] {
			d.list.Add(diag.Diagnostic{
				Severity: diag.Error, Code: CodeMissingProperty, Subject: firstCharacter(n), Path: join(path, p.name),
				Summary: fmt.Sprintf("%s needs the property %q", what, p.name),
				Why:     "it is required in " + d.versionName(),
				Fix:     fmt.Sprintf("add %q here", p.name),
			})
		}
	}
}

// readUnknown reads every property of an object that is not known.
func (d *decoder) readUnknown(n *armjson.Node, path string, table []property) {
	inside := *n.Unknown
	inside.Kind = 0 // the object is one; what its properties are, and whether it has them, is not known
	value := armjson.NewUnknown(inside).At(n.Range)
	for i := range table {
		if p := &table[i]; d.inVersion(p) && !p.readOnly {
			p.read(value, join(path, p.name))
		}
	}
}

func findProperty(table []property, key string) (p *property, exact bool) {
	for i := range table {
		if table[i].name == key {
			return &table[i], true
		}
	}
	for i := range table {
		if strings.EqualFold(table[i].name, key) {
			return &table[i], false
		}
	}
	return nil, false
}

func (d *decoder) inVersion(p *property) bool { return d.between(p.since, p.until) }

// between reports whether the template's api-version lies between two others, or may do so; "" is no limit.
func (d *decoder) between(since, until string) bool {
	return d.version == "" || d.version >= since && (until == "" || d.version <= until)
}

func (d *decoder) required(p *property) bool {
	if d.version == "" {
		return p.required && p.since == "" && p.until == ""
	}
	return (p.required || d.version <= p.requiredUntil) && d.inVersion(p)
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
	return diag.Warning, "api-version " + d.version + " " + before
}

func (d *decoder) unknownName(m armjson.Member, path, what string, table []property) {
	severity, why := d.strictly("ignores it, and so does Ingot")
	var names []string
	for i := range table {
		if d.inVersion(&table[i]) && !table[i].readOnly {
			names = append(names, table[i].name)
		}
	}
	fix := "remove it; " + diag.KnownNames(m.Key, names)
	if near := diag.Near(m.Key, names); near != "" {
		fix = diag.KnownNames(m.Key, names)
	}
	d.list.Add(diag.Diagnostic{
		Severity: severity, Code: CodeUnknownProperty, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: fmt.Sprintf("%s has no property %q", what, m.Key), Why: why, Fix: fix,
	})
}

func (d *decoder) wrongCase(m armjson.Member, path, name string) {
	severity, why := d.strictly("still accepts it; from 2024-02-01 on the service refuses it")
	d.list.Add(diag.Diagnostic{
		Severity: severity, Code: CodePropertyCase, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: fmt.Sprintf("property %q is spelled %q", name, m.Key), Why: why, Fix: fmt.Sprintf("write %q", name),
	})
}

func (d *decoder) otherVersion(m armjson.Member, path string, p *property) {
	severity, why := d.strictly("ignores it, and so does Ingot")
	summary := fmt.Sprintf("property %q is known from api-version %s on", p.name, p.since)
	fix := fmt.Sprintf("write api-version %s or later, or remove the property", p.since)
	if d.version >= p.since {
		summary = fmt.Sprintf("property %q is known up to api-version %s only", p.name, p.until)
		fix = "remove it"
		if p.instead != "" {
			fix = fmt.Sprintf("write %q instead", p.instead)
		}
	}
	d.list.Add(diag.Diagnostic{
		Severity: severity, Code: CodePropertyVersion, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: summary, Why: why, Fix: fix,
	})
}

// writtenByService reports a property that only the service writes: exported templates are full of them.
func (d *decoder) writtenByService(m armjson.Member, path string) {
	d.list.Add(diag.Diagnostic{
		Severity: diag.Warning, Code: CodeReadOnly, Subject: m.KeyRange, Path: join(path, m.Key),
		Summary: fmt.Sprintf("%q is written by the service only", m.Key), Why: "in a template it is ignored", Fix: "remove it",
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
	d.wrongType(n, path, fmt.Sprintf("%q is %s where %s is wanted", lastStep(path), got, wanted), why, fix)
	return false
}

func (d *decoder) wrongType(n *armjson.Node, path, summary, why, fix string) {
	d.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeWrongType, Subject: n.Range, Path: path, Summary: summary, Why: why, Fix: fix,
	})
}

// element adds an index to a path.
func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// join adds a property name to a path as the service's error target spells it.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// lastStep is the part of a path that names the value itself: "inline", "customize[2]".
func lastStep(path string) string {
	return path[strings.LastIndexByte(path, '.')+1:]
}

// firstCharacter is the place to point at when the trouble is something that is not there.
func firstCharacter(n *armjson.Node) diag.Range {
	r := n.Range
	r.End = r.Start
	r.End.Column++
	r.End.Byte++
	return r
}
