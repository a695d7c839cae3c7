package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// resourceNodes returns the entries of a "resources" section: an array, or in language version 2.0 an object by symbolic name.
func resourceNodes(resources *armjson.Node) []*armjson.Node {
	if resources == nil {
		return nil
	}
	nodes := resources.Items
	for _, m := range resources.Members {
		nodes = append(nodes, m.Value)
	}
	return nodes
}

// imageTemplates evaluates the image templates among the resources; the others are not looked into, except for nested
// deployments, which might hold one.
func (e *evaluator) imageTemplates() []*armjson.Node {
	var found []*armjson.Node
	resources := e.root.Get("resources")
	for i, r := range resourceNodes(resources) {
		path := indexPath("resources", i)
		if resources.Kind == armjson.Object {
			path = joinPath("resources", resources.Members[i].Key)
		}
		typ := e.resourceType(r, path)
		switch {
		case isImageTemplateType(typ):
			if v := e.imageTemplate(r, path); v != nil {
				found = append(found, v)
			}
		case strings.EqualFold(typ, "Microsoft.Resources/deployments"):
			e.refuseNested(r, path)
		}
	}
	return found
}

// resourceType returns the type of a resource; one that cannot be evaluated has been reported.
func (e *evaluator) resourceType(r *armjson.Node, path string) string {
	typ := r.Get("type")
	if typ == nil || typ.Kind != armjson.String {
		return ""
	}
	v, err := e.text(typ, joinPath(path, "type"), e.env(true))
	if err != nil {
		return ""
	}
	return textOf(v)
}

// refuseNested reports a nested deployment that holds an image template, or may hold one.
func (e *evaluator) refuseNested(r *armjson.Node, path string) {
	properties := r.Get("properties")
	if link := properties.Member("templateLink"); link != nil {
		e.list.Add(diag.Diagnostic{
			Severity: diag.Warning, Code: CodeNotCovered, Subject: link.KeyRange, Path: joinPath(path, "properties.templateLink"),
			Summary: "a linked template is not looked into",
			Why:     "Ingot does not fetch templates; an image template in it would not be found",
			Fix:     "give the linked template itself, if it holds the image template",
		})
		return
	}
	if inner := findImageTemplate(properties.Get("template").Get("resources")); inner != nil {
		e.report(CodeNotCovered, inner.Get("type").Range, path, "an image template in a nested deployment is not covered yet", "",
			"move the image template to the outer resources, or give the nested template as a file of its own")
	}
}

// findImageTemplate looks for an image template among resources, also in deployments nested in them.
func findImageTemplate(resources *armjson.Node) *armjson.Node {
	for _, r := range resourceNodes(resources) {
		if isImageTemplateType(textOf(r.Get("type"))) {
			return r
		}
		if inner := findImageTemplate(r.Get("properties").Get("template").Get("resources")); inner != nil {
			return inner
		}
	}
	return nil
}

// imageTemplate evaluates one image template; nil when it is left out or refused.
func (e *evaluator) imageTemplate(r *armjson.Node, path string) *armjson.Node {
	if loop := r.Member("copy"); loop != nil && !loop.Value.IsNull() {
		e.report(CodeNotCovered, loop.KeyRange, joinPath(path, "copy"), "loops over resources (copy) are not covered yet", "",
			"write the image templates out by hand for now")
		return nil
	}
	if existing := r.Get("existing"); existing != nil && existing.Bool {
		return nil // a reference to something that is deployed elsewhere
	}
	if !e.condition(r.Member("condition"), path) {
		return nil
	}
	body := r.At(r.Range)
	body.Members = nil
	for _, m := range r.Members {
		if !deploymentOnly[strings.ToLower(m.Key)] {
			body.Members = append(body.Members, m)
		}
	}
	v, err := e.object(body, "", e.env(true)) // paths in messages start at the image template, as in the service
	if err != nil {
		return nil
	}
	return v
}

// deploymentOnly are members of a resource that are addressed to the deployment and not to the image builder.
var deploymentOnly = map[string]bool{
	"condition": true, "copy": true, "dependson": true, "existing": true, "scope": true, "comments": true, "metadata": true,
}

// condition evaluates the condition of a resource and says when one is left out.
func (e *evaluator) condition(m *armjson.Member, path string) bool {
	if m == nil || m.Value.IsNull() {
		return true
	}
	path = joinPath(path, "condition")
	v, err := e.value(m.Value, path, e.env(true))
	switch {
	case err != nil:
		return false
	case v.Kind != armjson.Bool:
		e.report(CodeExpression, m.Value.Range, path, fmt.Sprintf("the condition is %s where a boolean is wanted", v.Kind), "", "")
		return false
	case !v.Bool:
		e.list.Add(diag.Diagnostic{
			Severity: diag.Warning, Code: CodeCondition, Subject: m.Value.Range, Path: path,
			Summary: "this image template is left out: its condition is false",
		})
	}
	return v.Bool
}
