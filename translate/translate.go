package translate

import (
	"fmt"
	"path"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// Source is one file as the user named it.
type Source struct {
	File string
	Data []byte
}

// Options is what the caller knows and the file does not say. The zero Options is ready to use.
type Options struct {
	// Parameters are given by name: the text itself for a string, JSON text for every other type. They win over ParameterFile.
	Parameters    map[string]string
	ParameterFile *Source // a deployment parameter file, or nil

	Name   string // which image template, when the file has several; "" when it has one
	Target string // where the build VM will live; "" means "qemu"

	// Where the deployment goes, for the functions that ask; each has a placeholder when empty.
	SubscriptionID, ResourceGroup, Location string
}

// Translate reads src and makes the plan of the image template in it. A stage starts only when the ones before it found no
// errors. The plan is nil when the list has errors; the list is sorted, and may have warnings either way.
func Translate(src Source, opts Options) (*plan.Plan, diag.List) {
	var list diag.List
	p := translate(src, opts, &list)
	list.Sort()
	if list.HasErrors() {
		return nil, list
	}
	return p, list
}

// translate adds the findings of every stage it gets to.
func translate(src Source, opts Options, list *diag.List) *plan.Plan {
	root, params := read(src, opts, list)
	if list.HasErrors() {
		return nil
	}
	loaded, more := deployment.Load(root, params)
	if list.Add(more...); list.HasErrors() {
		return nil
	}
	var found []*armjson.Node
	for _, t := range loaded.ImageTemplates {
		found = append(found, t.Node)
	}
	node := choose(found, opts.Name, list)
	if list.HasErrors() {
		return nil
	}
	tmpl, more := template.Decode(node)
	if list.Add(more...); list.HasErrors() {
		return nil
	}
	target := opts.Target
	if target == "" {
		target = check.QEMU
	}
	if list.Add(check.Check(tmpl, target)...); list.HasErrors() {
		return nil
	}
	p, more := lower.Lower(tmpl)
	if list.Add(more...); list.HasErrors() {
		return nil
	}
	p.Name = nameOf(node)
	return p
}

// read parses the file and the parameter file; both are looked at even when the first has errors.
func read(src Source, opts Options, list *diag.List) (*armjson.Node, deployment.Params) {
	params := deployment.Params{
		Values:         opts.Parameters,
		SubscriptionID: opts.SubscriptionID,
		ResourceGroup:  opts.ResourceGroup,
		Location:       opts.Location,
	}
	root, more := armjson.Parse(src.File, src.Data)
	list.Add(more...)
	if opts.ParameterFile != nil {
		params.File, more = armjson.Parse(opts.ParameterFile.File, opts.ParameterFile.Data)
		list.Add(more...)
	}
	return root, params
}

// choose picks the image template with the given name, or the only one.
func choose(found []*armjson.Node, name string, list *diag.List) *armjson.Node {
	if name == "" && len(found) == 1 {
		return found[0]
	}
	var names []string
	for _, n := range found {
		is := nameOf(n)
		if name != "" && strings.EqualFold(is, name) {
			return n
		}
		names = append(names, is)
	}
	if name == "" {
		list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeSeveral, Subject: nameRange(found[1]),
			Summary: fmt.Sprintf("the file has %d image templates", len(found)),
			Why:     "one run builds one of them",
			Fix:     "choose by name; " + diag.KnownNames("", names),
			Related: []diag.Note{{Message: "the first one", Range: nameRange(found[0])}},
		})
		return nil
	}
	list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeNoSuchName, Subject: nameRange(found[0]),
		Summary: fmt.Sprintf("the file has no image template named %q", name),
		Fix:     diag.KnownNames(name, names),
	})
	return nil
}

// nameOf is the name as written in the resource. A bare body may have none, since the service takes it from the URL; then the
// file gives it one.
func nameOf(n *armjson.Node) string {
	if name := n.Get("name"); name != nil && name.Kind == armjson.String && name.Text != "" {
		return name.Text
	}
	return nameFromFile(n.Range.File)
}

// nameRange is where to point for an image template as a whole: at its name, where it has one.
func nameRange(n *armjson.Node) diag.Range {
	if name := n.Get("name"); name != nil {
		return name.Range
	}
	return diag.Range{File: n.Range.File, Start: n.Range.Start, End: n.Range.Start}
}

// maxName is the longest name that the service gives an image template.
const maxName = 64

// nameFromFile names a bare body: the file's name without folder and extension, in the characters of a resource name.
func nameFromFile(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	base = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, strings.TrimSuffix(base, path.Ext(base)))
	if base = strings.Trim(base[:min(len(base), maxName)], "-."); base == "" {
		return "image"
	}
	return base
}
