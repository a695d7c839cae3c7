package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// classifyRESTExample reads an example of the REST API's specification: {"parameters": {what the request carries, its
// body among them}, "responses": {status: {"body": …}}}. The image template is the request's body; where the request
// has none, it is what the answer shows.
func classifyRESTExample(root *armjson.Node) document {
	carried := root.Get("parameters")
	for _, m := range carried.Members {
		if m.Value.Kind != armjson.Object {
			continue
		}
		if m.Value.Get("properties").Get("source") == nil { // an update may have distributors
			return document{otherExample: true,
				what: fmt.Sprintf("an example of the REST API whose request does not carry a whole image template: %s",
					describeMembers(m.Value)),
				fix: createExample,
			}
		}
		at := joinPath("parameters", m.Key)
		return document{bodies: []body{{fillIn(m.Value, carried), at}}}
	}
	var d document
	for _, status := range root.Get("responses").Members {
		answer := status.Value.Get("body")
		at := joinPath(joinPath("responses", status.Key), "body")
		if list := answer.Get("value"); list != nil && list.Kind == armjson.Array {
			for i, item := range list.Items {
				if isImageTemplateType(textOf(item.Get("type"))) {
					d.bodies = append(d.bodies,
						body{fillIn(resourceBody(item), carried), indexPath(joinPath(at, "value"), i)})
				}
			}
		} else if isImageTemplateType(textOf(answer.Get("type"))) {
			d.bodies = append(d.bodies, body{fillIn(resourceBody(answer), carried), at})
		}
		if len(d.bodies) > 0 { // the answers of other statuses show the same
			return d
		}
	}
	return document{otherExample: true,
		what: "an example of the REST API, and neither its request nor its answers have an image template",
		fix:  createExample,
	}
}

const createExample = "give the example of a request that creates an image template"

// fillIn adds to a body what a request says beside it: the name in its URL, and the api-version. They keep their
// places.
func fillIn(n, carried *armjson.Node) *armjson.Node {
	var more []armjson.Member
	for _, from := range []struct{ member, parameter string }{{"name", "imageTemplateName"},
		{"apiVersion", "api-version"}} {
		if m := carried.Member(from.parameter); m != nil && n.Get(from.member) == nil {
			more = append(more, armjson.Member{Key: from.member, KeyRange: m.KeyRange, Value: m.Value})
		}
	}
	return n.WithMembers(append(more, n.Members...))
}

// envelope are the members of a resource that stand beside its properties; every other member of a flat one belongs
// into them.
var envelope = []string{"apiVersion", "type", "name", "location", "tags", "identity", "id", "systemData", "dependsOn",
	"comments"}

// exported are members that programs add when they print a resource. They say nothing that its id does not.
var exported = []string{"resourceGroup", "subscriptionId", "tenantId", "etag", "kind", "managedBy", "plan", "sku",
	"zones", "extendedLocation", "changedTime", "createdTime"}

// resourceBody brings an image template into the form of the REST API. Published and exported ones differ from it:
// properties alone; the answer of "az image builder show", which has no "properties" but their members beside the
// others; the answer of "az resource show", which has members of null for what the resource has not.
func resourceBody(n *armjson.Node) *armjson.Node {
	start := n.Range
	start.End = start.Start
	wrap := func(inner *armjson.Node) armjson.Member {
		return armjson.Member{Key: "properties", KeyRange: start, Value: inner}
	}
	if n.Get("properties") == nil && isImageProperties(n) {
		if n.Get("id") == nil && n.Get("type") == nil && n.Get("location") == nil {
			return armjson.NewObject([]armjson.Member{wrap(n)}).At(n.Range)
		}
		var outside, inside []armjson.Member
		for _, m := range n.Members {
			if isOneOf(m.Key, envelope) || isOneOf(m.Key, exported) {
				outside = append(outside, m)
			} else {
				inside = append(inside, m)
			}
		}
		n = n.WithMembers(append(outside, wrap(n.WithMembers(inside))))
	}
	if n.Get("id") == nil {
		return n
	}
	var kept []armjson.Member
	for _, m := range n.Members {
		if !m.Value.IsNull() && !isOneOf(m.Key, exported) {
			kept = append(kept, m)
		}
	}
	return n.WithMembers(kept)
}

// isImageProperties reports whether n is what stands in the "properties" of an image template.
func isImageProperties(n *armjson.Node) bool {
	source, distribute := n.Get("source"), n.Get("distribute")
	return source != nil && source.Kind == armjson.Object || distribute != nil && distribute.Kind == armjson.Array
}

// describeMembers says what an object has, for a message: it has "tags".
func describeMembers(n *armjson.Node) string {
	var names []string
	for _, m := range n.Members {
		if m.Key == "properties" && m.Value.Kind == armjson.Object { // the inside tells more
			for _, p := range m.Value.Members {
				names = append(names, `"properties.`+p.Key+`"`)
			}
			continue
		}
		names = append(names, `"`+m.Key+`"`)
	}
	switch len(names) {
	case 0:
		return "it is empty"
	case 1:
		return "it has " + names[0] + " only"
	default:
		return "it has " + shortList(names)
	}
}

func isOneOf(name string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
