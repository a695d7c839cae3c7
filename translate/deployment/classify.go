package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// document is what a JSON document turned out to be. Exactly one of template, bodies and what is set.
type document struct {
	// template is a deployment template. at is where it stands in the document ("" for the document itself), given the
	// parameters that stand beside it, linked the templates that a template spec brings along.
	template, given, linked *armjson.Node
	at                      string
	alone                   bool   // template was made around a "resources" section that stands alone
	bodies                  []body // image templates as bare bodies
	what                    string // what else it is, with its article, for a message
	fix                     string // goes with what
	otherExample            bool   // what is an example of the REST API
}

// body is a bare image template: its texts are literals.
type body struct {
	node *armjson.Node
	at   string // where it stands in the document; "" for the document itself
}

// classify tells documents apart by their outermost names.
func classify(root *armjson.Node) document {
	switch root.Kind {
	case armjson.Array:
		return classifyArray(root, "")
	case armjson.Object:
		return classifyObject(root)
	default:
		return document{what: root.Kind.String()}
	}
}

func classifyObject(root *armjson.Node) document {
	schema := strings.ToLower(textOf(root.Get("$schema")))
	switch {
	case strings.Contains(schema, "deploymentparameters"):
		return parameterFile()
	case looksLikeTemplate(root):
		return document{template: root}
	case root.Get("parameters") != nil && root.Get("responses") != nil:
		return classifyRESTExample(root)
	}
	if d, ok := unwrap(root); ok {
		return d
	}
	switch typ := root.Get("type"); {
	case isImageTemplateType(textOf(typ)):
		return document{bodies: []body{{node: resourceBody(root)}}}
	case typ != nil:
		return document{what: fmt.Sprintf("a resource of type %q", textOf(typ))}
	case isImageProperties(root.Get("properties")), isImageProperties(root):
		return document{bodies: []body{{node: resourceBody(root)}}}
	case root.Get("builders") != nil || root.Get("provisioners") != nil:
		return document{what: "an old Packer template in JSON"}
	case root.Get("value") != nil && root.Get("value").Kind == armjson.Array: // the answer to a request for a list
		return classifyArray(root.Get("value"), "value")
	case hasTemplateResource(root):
		return document{template: section(root, "2.0"), alone: true}
	case root.Get("parameters") != nil, isParameters(root):
		return parameterFile()
	case strings.EqualFold(textOf(root.Get("properties").Get("kind")), "SourceImage"):
		return document{what: "a trigger, which runs an image template when its source changes",
			fix: "give the image template that it belongs to"}
	case root.Get("properties") != nil && len(root.Get("properties").Members) > 0:
		return document{what: "a resource without a type, and its properties have no \"source\" and no \"distribute\""}
	default:
		return document{what: "an object without resources, type or properties"}
	}
}

func parameterFile() document {
	return document{what: "a parameter file", fix: "give the deployment template, and this file with --param-file"}
}

// looksLikeTemplate takes everything for a deployment template that has one of its sections. A section "parameters"
// alone may also be that of a parameter file, whose entries have values.
func looksLikeTemplate(n *armjson.Node) bool {
	if strings.Contains(strings.ToLower(textOf(n.Get("$schema"))), "deploymenttemplate") {
		return true
	}
	if n.Get("type") != nil || n.Get("properties") != nil { // a resource; its children stand in "resources" too
		return false
	}
	for _, name := range []string{"resources", "outputs", "variables", "functions", "definitions", "languageVersion"} {
		if n.Get(name) != nil {
			return true
		}
	}
	parameters := n.Get("parameters")
	return parameters != nil && parameters.Kind == armjson.Object && n.Get("responses") == nil &&
		len(parameters.Members) > 0 && !isParameters(parameters)
}

// isParameters reports whether n is the inside of a parameter file: every entry has a value, or says where it is.
func isParameters(n *armjson.Node) bool {
	if n.Kind != armjson.Object || len(n.Members) == 0 {
		return false
	}
	for _, m := range n.Members {
		if m.Value.Get("value") == nil && m.Value.Get("reference") == nil && m.Value.Get("expression") == nil {
			return false
		}
	}
	return true
}

// unwrap looks for a deployment template inside what carries one: a template spec ("mainTemplate"), a deployment as a
// resource or as the body of a request ("template" and "parameters"), with or without "properties" around it.
func unwrap(root *armjson.Node) (document, bool) {
	for _, around := range []struct {
		node *armjson.Node
		at   string
	}{{root, ""}, {root.Get("properties"), "properties"}} {
		for _, name := range []string{"mainTemplate", "template"} {
			if t := around.node.Get(name); t != nil && looksLikeTemplate(t) {
				return document{template: t, at: joinPath(around.at, name),
					given: around.node.Get("parameters"), linked: around.node.Get("linkedTemplates")}, true
			}
		}
	}
	return document{}, false
}

// classifyArray looks at the elements of an array as resources. What has nothing to evaluate in it is a list as
// services return it; the rest was taken out of a deployment template.
func classifyArray(n *armjson.Node, at string) document {
	if !hasTemplateResource(n) {
		return document{what: describeArray(n)}
	}
	for _, item := range n.Items {
		if item.Get("copy") != nil || item.Get("condition") != nil || isDeploymentType(textOf(item.Get("type"))) ||
			callsFunctions(item) {
			return document{template: section(n, ""), alone: true}
		}
	}
	var d document
	for i, item := range n.Items {
		if isImageTemplateType(textOf(item.Get("type"))) {
			d.bodies = append(d.bodies, body{resourceBody(item), indexPath(at, i)})
		}
	}
	return d
}

func describeArray(n *armjson.Node) string {
	if types := typesOf(n); types != "" {
		return "an array of resources of the types " + types
	}
	return "an array"
}

// hasTemplateResource reports whether a "resources" section has an image template, or a nested deployment, which may
// have one.
func hasTemplateResource(resources *armjson.Node) bool {
	found := false
	for _, r := range resourceNodes(resources) {
		if r.Kind != armjson.Object {
			return false
		}
		typ := textOf(r.Get("type"))
		found = found || isImageTemplateType(typ) || isDeploymentType(typ)
	}
	return found
}

const sectionName = "resources"

// section makes a deployment template of resources that stand alone.
func section(resources *armjson.Node, languageVersion string) *armjson.Node {
	at := resources.Range
	at.End = at.Start
	var members []armjson.Member
	if languageVersion != "" {
		members = append(members, armjson.Member{Key: "languageVersion", KeyRange: at,
			Value: armjson.NewString(languageVersion).At(at)})
	}
	members = append(members, armjson.Member{Key: sectionName, KeyRange: at, Value: resources})
	return armjson.NewObject(members).At(resources.Range)
}

// typesOf lists the types of resources, for a message.
func typesOf(resources *armjson.Node) string {
	var types []string
	for _, r := range resourceNodes(resources) {
		if t := textOf(r.Get("type")); t != "" {
			types = append(types, t)
		}
	}
	return shortList(types)
}

// shortList joins the first few of a list.
func shortList(list []string) string {
	const most = 5
	if len(list) > most {
		return strings.Join(list[:most], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

const (
	imageTemplateType = "Microsoft.VirtualMachineImages/imageTemplates"
	deploymentType    = "Microsoft.Resources/deployments"
)

// isImageTemplateType also takes the provider's name alone, and the singular: published bodies carry those, and the
// service accepts them.
func isImageTemplateType(t string) bool {
	return strings.EqualFold(t, imageTemplateType) || strings.EqualFold(t, "Microsoft.VirtualMachineImages") ||
		strings.EqualFold(t, "Microsoft.VirtualMachineImages/imageTemplate")
}

func isDeploymentType(t string) bool { return strings.EqualFold(t, deploymentType) }

// textOf returns the text of a string node, and "" for anything else.
func textOf(n *armjson.Node) string {
	if n == nil || n.Kind != armjson.String {
		return ""
	}
	return n.Text
}
