package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// resourceNodes returns the entries of a "resources" section: an array, or in language version 2.0 an object by
// symbolic name.
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

// instance is one resource: a declaration, or one turn of the loop over it.
type instance struct {
	b                     *contents
	node                  *armjson.Node
	parent                *instance
	f                     *frame // with the loops around it
	symbol                string
	place                 *place
	base                  string // the id of what it is deployed to or extends
	typ, name, apiVersion *armjson.Node
	id                    string
	dropped, existing     bool
	broken                bool // its head has an error: nothing can be said about it
	nested                *nested
}

// instance reads the head of a resource, and declares the resources inside it.
func (b *contents) instance(n *armjson.Node, symbol string, parent *instance, f *frame) {
	const size = 2048 // about what an instance takes, however little is written in it
	if err := b.x.budget.Charge(size); err != nil {
		_ = b.x.overBudget(n.Range, err)
		return
	}
	if err := b.x.budget.Step(); err != nil {
		_ = b.x.overBudget(n.Range, err)
		return
	}
	r := &instance{b: b, node: n, parent: parent, f: f, symbol: symbol}
	b.instances = append(b.instances, r)
	if symbol != "" {
		b.symbols[strings.ToLower(symbol)] = append(b.symbols[strings.ToLower(symbol)], r)
	}
	if existing := n.Get("existing"); existing != nil && existing.Kind == armjson.Bool && existing.Bool {
		r.existing = true
	} else if b.counted++; b.counted > maxResources && !b.full {
		b.full = true
		_ = b.x.report(CodeLimit, b.template.Member("resources").KeyRange,
			fmt.Sprintf("the template has more than %d resources, with its loops unrolled", maxResources),
			fmt.Sprintf("the service takes up to %d", maxResources), "move some of them to nested deployments")
		return
	}
	r.readHead()
	if inside := n.Member("resources"); inside != nil && !inside.Value.IsNull() && !r.broken {
		if inside.Value.Kind != armjson.Array && inside.Value.Kind != armjson.Object {
			_ = b.x.report(CodeShape, inside.Value.Range,
				fmt.Sprintf("\"resources\" is %s where an array is wanted", inside.Value.Kind), "", "")
			return
		}
		b.declareAll(inside.Value, r, f)
	}
}

// readHead evaluates what says which resource it is, and whether it is there at all. The name of one that is left out
// is not looked at, unless there are children who take theirs from it.
func (r *instance) readHead() {
	f := r.f.at(armexpr.InName)
	var err error
	if r.typ, err = f.textIn(r.node, "type"); err != nil {
		r.broken = true
	} else if r.typ == nil {
		_ = r.b.x.report(CodeShape, startOf(r.node), "the resource has no type", "", `add "type"`)
		r.broken = true
	}
	if !r.existing {
		r.readCondition(f)
	}
	if (r.dropped || r.existing) && r.node.Get("resources") == nil || r.broken {
		return
	}
	r.name, err = f.textIn(r.node, "name")
	switch {
	case err != nil:
		r.broken = true
	case r.name == nil:
		_ = r.b.x.report(CodeShape, startOf(r.node), "the resource has no name", "", `add "name"`)
		r.broken = true
	case r.name.Kind == armjson.String && r.name.Text == "":
		_ = r.b.x.report(CodeShape, r.name.Range, "the name of the resource is empty", "", "")
		r.broken = true
	}
	if r.apiVersion, err = f.textIn(r.node, "apiVersion"); err != nil {
		r.broken = true
	}
	if r.broken {
		return
	}
	if r.parent != nil && r.chargeTexts(r.parent.typ, r.parent.name) {
		r.takeFromParent()
	}
	if !r.chargeTexts(r.typ, r.name) {
		return
	}
	r.checkSegments()
	if r.findPlace(f); r.broken {
		return
	}
	r.id = r.place.resourceID(r.base, plain(r.typ), plain(r.name))
	if !r.dropped && !r.existing {
		r.checkTwice()
		r.declareNested()
	}
}

// startOf is where to point for a resource as a whole.
func startOf(n *armjson.Node) diag.Range {
	return diag.Range{File: n.Range.File, Start: n.Range.Start, End: n.Range.Start}
}

// readCondition drops the resource if its condition is false. One that is not known keeps it.
func (r *instance) readCondition(f *frame) {
	m := r.node.Member("condition")
	if m == nil || m.Value.IsNull() {
		return
	}
	v, err := f.value(m.Value)
	switch {
	case err != nil:
		r.broken = true
	case v.Kind == armjson.Unknown:
		r.b.x.warnUnknown(m.Value,
			"whether this resource is deployed is not known before the deployment; it is taken as if it were", v)
	case v.Kind != armjson.Bool:
		_ = r.b.x.report(CodeExpression, m.Value.Range,
			fmt.Sprintf("the condition is %s where a boolean is wanted", v.Kind), "", "")
		r.broken = true
	case !v.Bool:
		r.dropped = true
		if isImageTemplateType(textOf(r.typ)) {
			r.b.x.warn(CodeCondition, m.Value.Range, "this image template is left out: its condition is false", "", "")
		}
	}
}

// takeFromParent puts the type and name of the parent before those of a resource inside it. A resource that is written
// with its full type and name already is left as it is.
func (r *instance) takeFromParent() {
	typ, name := plain(r.typ), plain(r.name)
	outer := plain(r.parent.typ) + "/"
	if len(typ) > len(outer) && strings.EqualFold(typ[:len(outer)], outer) {
		if strings.Count(name, "/") == strings.Count(typ, "/")-1 {
			return
		}
	} else {
		r.typ = joined(textForm(r.typ), r.parent.typ, "/", r.typ).At(r.typ.Range)
	}
	r.name = joined(textForm(r.name), r.parent.name, "/", r.name).At(r.name.Range)
}

// textForm is the expression that stands for a text in another.
func textForm(n *armjson.Node) string {
	if n.Kind == armjson.Unknown {
		return n.Unknown.Form
	}
	return "'" + strings.ReplaceAll(n.Text, "'", "''") + "'"
}

// checkSegments checks that there is one name for each part of the type behind its namespace.
func (r *instance) checkSegments() {
	if r.typ.Kind != armjson.String || r.name.Kind != armjson.String {
		return
	}
	types, names := strings.Count(r.typ.Text, "/"), strings.Count(r.name.Text, "/")+1
	switch {
	case types == 0:
		if isImageTemplateType(r.typ.Text) {
			return // the provider's name alone: the service accepts it
		}
		_ = r.b.x.report(CodeShape, r.typ.Range, fmt.Sprintf("%q is not the type of a resource", shorten(r.typ.Text)),
			"a type is a namespace and one part or more: Microsoft.Compute/galleries", "")
		r.broken = true
	case types != names:
		_ = r.b.x.report(CodeShape, r.name.Range,
			fmt.Sprintf("the name %q has %s where the type asks for %d", shorten(r.name.Text), parts(names), types),
			fmt.Sprintf("there is a part of the name, between slashes, for each part of the type %q behind its namespace", shorten(r.typ.Text)), "")
		r.broken = true
	}
}

func parts(n int) string {
	if n == 1 {
		return "1 part"
	}
	return fmt.Sprintf("%d parts", n)
}

// checkTwice reports a resource that is in the template twice, which the service refuses.
func (r *instance) checkTwice() {
	if r.typ.Kind == armjson.Unknown || r.name.Kind == armjson.Unknown || r.f.loops.unknown() {
		return
	}
	key := strings.ToLower(r.id)
	first := r.b.ids[key]
	if first == nil {
		r.b.ids[key] = r
		return
	}
	if r.mayBeLeftOut() || first.mayBeLeftOut() {
		return
	}
	why, related := "its name is the same in every turn of its loop", []diag.Note(nil)
	if first.node != r.node {
		why, related = "the service takes each resource once",
			[]diag.Note{{Message: "the first one", Range: first.name.Range}}
	}
	r.b.x.add(diag.Diagnostic{Severity: diag.Error, Code: CodeTwice, Subject: r.name.Range, Related: related, Why: why,
		Summary: fmt.Sprintf("resource %q is in the template twice", shorten(r.name.Text))})
}

// mayBeLeftOut reports whether a condition decides about the resource: two of one name may take turns.
func (r *instance) mayBeLeftOut() bool { return !r.node.Get("condition").IsNull() }

// unknown reports whether a loop around has a count that is not known.
func (l *loop) unknown() bool {
	for ; l != nil; l = l.outer {
		if l.turn.Kind == armjson.Unknown {
			return true
		}
	}
	return false
}

// deploymentOnly are members of a resource that are addressed to the deployment and not to the resource provider.
var deploymentOnly = map[string]bool{
	"condition": true, "copy": true, "dependson": true, "existing": true, "scope": true, "resourcegroup": true,
	"subscriptionid": true,
	"comments":       true, "resources": true,
}

// evaluate makes the body of the resource, as the resource provider gets it; nil when something in it has an error. Of
// a nested deployment it looks at what is not a matter of the nested template.
func (r *instance) evaluate() *armjson.Node {
	x := r.b.x
	f := r.f.at(armexpr.InResource)
	var made members
	failed := false
	for i := range r.node.Members {
		m := &r.node.Members[i]
		name := strings.ToLower(m.Key)
		switch {
		case name == "dependson":
			if _, err := r.f.at(armexpr.InName).value(m.Value); err != nil {
				failed = true
			}
			continue
		case deploymentOnly[name]:
			continue
		case name == "type" && r.typ != nil:
			made.set(armjson.Member{Key: "type", KeyRange: m.KeyRange, Value: r.typ})
			continue
		case name == "name" && r.name != nil:
			made.set(armjson.Member{Key: "name", KeyRange: m.KeyRange, Value: r.name})
			continue
		case name == "apiversion" && r.apiVersion != nil:
			made.set(armjson.Member{Key: "apiVersion", KeyRange: m.KeyRange, Value: r.apiVersion})
			continue
		case name == "properties" && r.nested != nil:
			r.nested.evaluateRest(f, m.Value)
			continue
		}
		v, err := f.member(m)
		if err != nil {
			failed = true
			continue
		}
		made.set(v)
	}
	if failed || x.stopped {
		return nil
	}
	v, err := x.admit(r.node.WithMembers(made.list))
	if err != nil {
		return nil
	}
	return x.withoutNulls(v)
}
