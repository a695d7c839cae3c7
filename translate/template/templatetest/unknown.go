// Package templatetest makes image templates with values that are not known before the deployment, for tests: without evaluating
// a deployment template, and one value at a time.
package templatetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// Why is the reason of every unknown value made here.
const Why = "x is deployed elsewhere"

// Unknown makes a value that is not known, of a kind that is or, with 0, is not known either, at the place of n.
func Unknown(kind armjson.Kind, n *armjson.Node) *armjson.Node {
	return armjson.NewUnknown(armjson.Missing{Kind: kind, Form: "reference('x')", Why: Why}).At(n.Range)
}

// kinds are the texts that Replace takes for unknown values.
var kinds = map[string]armjson.Kind{
	"?": 0, "?string": armjson.String, "?int": armjson.Number, "?bool": armjson.Bool, "?array": armjson.Array, "?object": armjson.Object,
}

// Replace returns n with an unknown value for every text "?" in it, and one of known kind for "?string", "?int", "?bool",
// "?array" and "?object". A name that starts with "?" becomes one that is not known.
func Replace(n *armjson.Node) *armjson.Node {
	switch n.Kind {
	case armjson.String:
		if kind, ok := kinds[n.Text]; ok {
			return Unknown(kind, n)
		}
	case armjson.Array:
		var items []*armjson.Node
		for _, item := range n.Items {
			items = append(items, Replace(item))
		}
		return n.WithItems(items)
	case armjson.Object:
		members := slices.Clone(n.Members)
		for i := range members {
			m := &members[i]
			if m.Value = Replace(m.Value); strings.HasPrefix(m.Key, "?") {
				m.Unknown = &armjson.Missing{Kind: armjson.String, Form: "reference('x')", Why: Why}
			}
		}
		return n.WithMembers(members)
	}
	return n
}

// Each calls f for every value below root, once with its kind and once with 0: changed is root without knowledge of the value at
// path.
func Each(root *armjson.Node, f func(path string, kind armjson.Kind, changed *armjson.Node)) {
	each(root, "", func(n *armjson.Node) *armjson.Node { return n }, func(path string, n *armjson.Node, put replacer) {
		for _, kind := range []armjson.Kind{0, n.Kind} {
			if n != root && n.Kind != armjson.Unknown && kind != armjson.Null {
				f(path, kind, put(Unknown(kind, n)))
			}
		}
	})
}

// replacer makes the whole document with another value in one place.
type replacer func(n *armjson.Node) *armjson.Node

func each(n *armjson.Node, path string, put replacer, f func(path string, n *armjson.Node, put replacer)) {
	f(path, n, put)
	for i, item := range n.Items {
		each(item, fmt.Sprintf("%s[%d]", path, i), func(c *armjson.Node) *armjson.Node {
			items := slices.Clone(n.Items)
			items[i] = c
			return put(n.WithItems(items))
		}, f)
	}
	for i, m := range n.Members {
		each(m.Value, strings.TrimPrefix(path+"."+m.Key, "."), func(c *armjson.Node) *armjson.Node {
			members := slices.Clone(n.Members)
			members[i].Value = c
			return put(n.WithMembers(members))
		}, f)
	}
}
