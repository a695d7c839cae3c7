package lsp

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// propertiesType is the type of what stands under "properties".
const propertiesType = "ImageTemplateProperties"

// templates finds the image templates in a document, also in one that is not whole: each node with the name of its type in the schema.
// Most say what they are; for bare bodies it is to be told from what is in them.
func templates(root *armjson.Node) map[*armjson.Node]string {
	found := map[*armjson.Node]string{}
	if root == nil {
		return found
	}
	var places []diag.Range
	typed(root, found)
	if len(found) == 0 {
		loaded, _ := deployment.Load(root, deployment.Params{})
		for _, t := range loaded.ImageTemplates {
			places = append(places, t.Node.Range)
		}
	}
	if len(places) == 0 {
		return found
	}
	walk(root, func(n *armjson.Node) {
		switch {
		case n.Kind != armjson.Object || !slices.Contains(places, n.Range):
		case n.Get("properties") != nil:
			found[n] = schema.Root
		default:
			found[n] = propertiesType // they may stand alone
		}
	})
	return found
}

// typed finds the objects that say they are image templates, or triggers that stand alone.
func typed(root *armjson.Node, found map[*armjson.Node]string) {
	walk(root, func(n *armjson.Node) {
		typ := n.Get("type")
		if typ == nil || typ.Kind != armjson.String {
			return
		}
		for _, name := range []string{schema.Root, schema.RootTrigger} {
			if p, _ := schema.Lookup(name).Property(latest(), "type"); p != nil &&
				slices.ContainsFunc(p.OneOf, func(v string) bool { return strings.EqualFold(v, typ.Text) }) {
				found[n] = name
			}
		}
	})
}

func walk(n *armjson.Node, visit func(*armjson.Node)) {
	visit(n)
	for _, item := range n.Items {
		walk(item, visit)
	}
	for _, m := range n.Members {
		walk(m.Value, visit)
	}
}

// latest is the newest api-version.
func latest() string {
	all := schema.Versions()
	return all[len(all)-1]
}

// versionOf is the api-version of an image template; the newest where that is not known.
func versionOf(template *armjson.Node) string {
	if v := template.Get("apiVersion"); v != nil && v.Kind == armjson.String && schema.Known(v.Text) {
		return v.Text
	}
	return latest()
}
