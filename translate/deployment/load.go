// Package deployment finds the image templates in a JSON document and evaluates what is around them.
//
// A document is either a bare body, as sent to the service's REST API: then it is the image template, and its texts are
// literals. Or it is a deployment template of Azure Resource Manager: then Expand evaluates it, with everything nested
// in it, as far as that is possible without Azure. What only the deployment itself will know is an unknown value that
// says why. Load takes both, and the wrappers that people keep them in.
//
// An evaluated value says it was written where its expression stands; what is inside an object or array taken from
// elsewhere keeps its own place. So every later message points at the user's text.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
package deployment

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Result is what a document comes to.
type Result struct {
	ImageTemplates []ImageTemplate // in file order
	Deployment     *Deployment     // nil when the document is no deployment template
	Trace          *Trace          // where the values came from; never nil
}

// ImageTemplate is one image template, evaluated.
type ImageTemplate struct {
	Node *armjson.Node // the resource as the REST API takes it; it may hold unknown values
	Path string        // where it stands in the document: "resources[0]"; "" for a document that is nothing else
	Name string        // "" when it has none, as a bare body may, or when that is not known before the deployment
}

// Load finds every image template of a document: in a deployment template, as a bare body, among resources that stand
// alone, in an example of the REST API. Without errors there is at least one. A nil root gives nothing: whoever parsed
// it has said why. The Result is never nil; findings are in file order.
func Load(root *armjson.Node, p Params) (*Result, diag.List) {
	r := &Result{Trace: &Trace{}}
	if root == nil {
		return r, nil
	}
	var list diag.List
	switch d := classify(root); {
	case d.template != nil:
		r.Deployment, list = d.expand(p)
		r.Trace = r.Deployment.Trace
		for _, res := range r.Deployment.Resources {
			if isImageTemplateType(res.Type) {
				r.ImageTemplates = append(r.ImageTemplates, ImageTemplate{res.Body, res.Path, nameIn(res.Body)})
			}
		}
		if len(r.ImageTemplates) == 0 && !list.HasErrors() {
			list.Add(d.noneExpanded(r.Deployment))
		}
	case d.bodies != nil:
		for _, b := range d.bodies {
			r.ImageTemplates = append(r.ImageTemplates, ImageTemplate{b.node, b.at, nameIn(b.node)})
		}
		list = checkBare(root, d.bodies, p)
	default:
		none := noImageTemplate(root, "the file is not an image template: it is "+d.what, "", d.fix)
		if d.otherExample {
			none.Code = CodeOtherExample
		}
		list.Add(none)
	}
	list.Sort()
	return r, list
}

// LoadAll expands the deployment template that a document is or carries, whether or not there is an image template in
// it. The Deployment is nil when it is none; then the findings say so.
func LoadAll(root *armjson.Node, p Params) (*Deployment, diag.List) {
	if root == nil {
		return nil, nil
	}
	d := classify(root)
	if d.template != nil {
		return d.expand(p)
	}
	if d.bodies != nil {
		d.what = "a bare image template"
	}
	return nil, diag.List{noImageTemplate(root, "the file is not a deployment template: it is "+d.what,
		"a deployment template has \"resources\", and \"parameters\", \"variables\" and \"outputs\" beside them",
		cmp.Or(d.fix, "give a deployment template"))}
}

// expand evaluates the deployment template, with what stands beside it as its parameter file and its linked templates.
// The paths of the result start at the document.
func (d document) expand(p Params) (*Deployment, diag.List) {
	if d.given != nil { // what the caller gives wins
		p.Files = append([]*armjson.Node{d.given}, p.Files...)
		if p.File != nil {
			p.Files = append([]*armjson.Node{d.given, p.File}, p.Files[1:]...)
			p.File = nil
		}
	}
	if d.linked != nil {
		p.Linked = d.brought(p.Linked)
	}
	dep, list := Expand(d.template, p)
	for i := range dep.Resources {
		dep.Resources[i].Path = d.fromDocument(dep.Resources[i].Path)
	}
	for i := range list {
		if list[i].Subject.File == d.template.Range.File {
			list[i].Path = d.fromDocument(list[i].Path)
		}
	}
	return dep, list
}

// fromDocument turns a path inside the template into one from the document's root.
func (d document) fromDocument(path string) string {
	switch {
	case d.alone:
		return strings.TrimPrefix(strings.TrimPrefix(path, sectionName), ".")
	case path == "":
		return d.at
	default:
		return joinPath(d.at, path)
	}
}

// brought looks a linked template up among those that a template spec carries with it: [{"path": …, "template": …}].
func (d document) brought(otherwise func(from, uri string) (*armjson.Node, diag.List)) func(from,
	uri string) (*armjson.Node, diag.List) {
	return func(from, uri string) (*armjson.Node, diag.List) {
		for _, l := range d.linked.Items {
			if path := textOf(l.Get("path")); path != "" && path == strings.TrimPrefix(uri, "./") &&
				l.Get("template") != nil {
				return l.Get("template"), nil
			}
		}
		if otherwise != nil {
			return otherwise(from, uri)
		}
		return nil, diag.List{{Severity: diag.Error, Code: CodeNoImageTemplate, Subject: d.linked.Range,
			Summary: fmt.Sprintf("the template spec carries no linked template %q", uri)}}
	}
}

// nameIn returns the name written in a resource, where it has one that is known.
func nameIn(n *armjson.Node) string { return textOf(n.Get("name")) }

// noneExpanded says what a deployment has instead of image templates.
func (d document) noneExpanded(dep *Deployment) diag.Diagnostic {
	var types []string
	for _, r := range dep.Resources {
		types = append(types, r.Type)
	}
	why := "it deploys nothing"
	switch {
	case len(types) > 0:
		why = "what it deploys: " + shortList(types)
	case len(resourceNodes(d.template.Get("resources"))) > 0:
		why = "nothing is left of its resources: " + typesOf(d.template.Get("resources"))
	}
	return noImageTemplate(d.template, "the deployment template has no image template", why, "")
}

// noImageTemplate makes a finding about a document as a whole. Empty texts are those for a document that is something
// else.
func noImageTemplate(root *armjson.Node, summary, why, fix string) diag.Diagnostic {
	at := root.Range
	if at.End.Line > at.Start.Line && at.Start.Line > 0 { // pointing at many lines helps nobody
		at.End = at.Start
	}
	return diag.Diagnostic{Severity: diag.Error, Code: CodeNoImageTemplate, Subject: at, Summary: summary,
		Why: cmp.Or(why, fmt.Sprintf("Ingot reads resources of type %q, bare or in a deployment template",
			imageTemplateType)),
		Fix: cmp.Or(fix, "see examples/ for image templates to start from")}
}
