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
	list    diag.List
	version string // the api-version the template is read as
}

// object reads an object by its table. What names it in messages: "a Shell customizer".
func (d *decoder) object(n *armjson.Node, path, what string, table []property) {
	if !d.kind(n, path, armjson.Object) {
		return
	}
	seen := map[string]bool{}
	for _, m := range n.Members {
		p, exact := findProperty(table, m.Key)
		switch {
		case p == nil:
			d.unknown(m, path, what, table)
			continue
		case !exact && n.Member(p.name).Key == p.name:
			d.unknown(m, path, what, table) // the right spelling stands beside it and wins
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
		if (p.required || d.version <= p.requiredUntil) && d.inVersion(p) && !seen[p.name] {
			d.list.Add(diag.Diagnostic{
				Severity: diag.Error, Code: CodeMissingProperty, Subject: firstCharacter(n), Path: join(path, p.name),
				Summary: fmt.Sprintf("%s needs the property %q", what, p.name),
				Why:     "it is required in api-version " + d.version,
				Fix:     fmt.Sprintf("add %q here", p.name),
			})
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

func (d *decoder) inVersion(p *property) bool {
	return d.version >= p.since && (p.until == "" || d.version <= p.until)
}

// strictly gives the severity of what the service refuses from 2024-02-01 on and put up with before, and what to say of it.
func (d *decoder) strictly(before string) (diag.Severity, string) {
	if Strict(d.version) {
		return diag.Error, "from api-version 2024-02-01 on the service refuses it"
	}
	return diag.Warning, "api-version " + d.version + " " + before
}

func (d *decoder) unknown(m armjson.Member, path, what string, table []property) {
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

// kind reports a value of another JSON type than wanted.
func (d *decoder) kind(n *armjson.Node, path string, wanted armjson.Kind) bool {
	if n.Kind == wanted {
		return true
	}
	fix := ""
	switch {
	case wanted == armjson.Array:
		fix = "put it in square brackets: [ … ]"
	case n.Kind == armjson.String && (wanted == armjson.Number || wanted == armjson.Bool):
		fix = "remove the quotes"
	case wanted == armjson.String && (n.Kind == armjson.Number || n.Kind == armjson.Bool):
		fix = "put it in double quotes"
	}
	d.wrongType(n, path, fmt.Sprintf("%q is %s where %s is wanted", lastStep(path), n.Kind, wanted), fix)
	return false
}

func (d *decoder) wrongType(n *armjson.Node, path, summary, fix string) {
	d.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeWrongType, Subject: n.Range, Path: path, Summary: summary, Fix: fix,
	})
}

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
