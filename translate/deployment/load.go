// Package deployment finds the image templates in a JSON document and evaluates what is around them.
//
// A document is either a bare body, as sent to the service's REST API: then it is the image template, and its texts are
// literals. Or it is a deployment template of Azure Resource Manager: then parameters, variables and expressions are
// evaluated, as far as the image template needs them; other resources are not looked into. What Ingot cannot evaluate is
// refused by name, never passed over.
//
// An evaluated value says it was written where its expression stands; what is inside an object or array taken from
// elsewhere keeps its own place. So every later message points at the user's text.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Load returns every image template of the document as an evaluated resource object, in file order. Without errors there is
// at least one. A nil root gives nothing: whoever parsed it has said why. Findings are in file order.
func Load(root *armjson.Node, p Params) ([]*armjson.Node, diag.List) {
	if root == nil {
		return nil, nil
	}
	var found []*armjson.Node
	var list diag.List
	switch kind, name := classify(root); kind {
	case bareBody:
		found = []*armjson.Node{root}
		list = checkBare(root, p)
	case deploymentTemplate:
		e := newEvaluator(root, p)
		found = e.imageTemplates()
		list = e.list
		if len(found) == 0 && !list.HasErrors() {
			list.Add(noImageTemplate(root, "the deployment template has no image template", name))
		}
	case parameterFile:
		d := noImageTemplate(root, "the file is a parameter file, not a template", "")
		d.Fix = "give the deployment template, and this file as its parameters"
		list.Add(d)
	default:
		list.Add(noImageTemplate(root, "the file is not an image template: it is "+name, ""))
	}
	list.Sort()
	return found, list
}

// documentKind says what a JSON document is.
type documentKind int

const (
	somethingElse documentKind = iota
	bareBody
	deploymentTemplate
	parameterFile
)

// classify tells the documents apart by their outermost names. For somethingElse, and for a deployment template, name
// describes what there is, for a message.
func classify(root *armjson.Node) (kind documentKind, name string) {
	if root.Kind != armjson.Object {
		return somethingElse, root.Kind.String()
	}
	schema := textOf(root.Get("$schema"))
	switch {
	case strings.Contains(strings.ToLower(schema), "deploymentparameters"):
		return parameterFile, ""
	case root.Get("resources") != nil, strings.Contains(strings.ToLower(schema), "deploymenttemplate"):
		return deploymentTemplate, describeResources(root.Get("resources"))
	case isImageTemplateType(textOf(root.Get("type"))):
		return bareBody, ""
	case root.Get("type") != nil:
		return somethingElse, fmt.Sprintf("a resource of type %q", textOf(root.Get("type")))
	case root.Get("properties").Get("source") != nil, root.Get("properties").Get("distribute") != nil:
		return bareBody, ""
	case root.Get("builders") != nil || root.Get("provisioners") != nil:
		return somethingElse, "an old Packer template in JSON"
	case root.Get("parameters") != nil && root.Get("responses") != nil:
		return somethingElse, "an example from the REST API specification; its body is inside \"parameters\""
	case root.Get("parameters") != nil:
		return parameterFile, ""
	case root.Get("source") != nil && root.Get("distribute") != nil:
		return somethingElse, `the inside of "properties" only`
	default:
		return somethingElse, "an object without resources, type or properties"
	}
}

func describeResources(resources *armjson.Node) string {
	var types []string
	for _, r := range resourceNodes(resources) {
		if t := textOf(r.Get("type")); t != "" {
			types = append(types, t)
		}
	}
	if len(types) == 0 {
		return "it has no resources"
	}
	const most = 5
	more := ""
	if len(types) > most {
		types, more = types[:most], ", …"
	}
	return "its resources are of the types " + strings.Join(types, ", ") + more
}

func noImageTemplate(root *armjson.Node, summary, why string) diag.Diagnostic {
	at := root.Range
	if at.End.Line > at.Start.Line && at.Start.Line > 0 { // pointing at many lines helps nobody
		at.End = at.Start
	}
	if why == "" {
		why = fmt.Sprintf("Ingot reads resources of type %q, bare or in a deployment template", imageTemplateType)
	}
	return diag.Diagnostic{Severity: diag.Error, Code: CodeNoImageTemplate, Subject: at, Summary: summary, Why: why,
		Fix: "see examples/ for image templates to start from"}
}

const imageTemplateType = "Microsoft.VirtualMachineImages/imageTemplates"

// isImageTemplateType also takes the provider's name alone: many published bodies carry that, and the service accepts it.
func isImageTemplateType(t string) bool {
	return strings.EqualFold(t, imageTemplateType) || strings.EqualFold(t, "Microsoft.VirtualMachineImages")
}

// textOf returns the text of a string node, and "" for anything else.
func textOf(n *armjson.Node) string {
	if n == nil || n.Kind != armjson.String {
		return ""
	}
	return n.Text
}
