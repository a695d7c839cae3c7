package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
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

// contents are the resources and outputs of one template. A nested deployment with outer scope has a body of its own in the scope of the
// template around it.
type contents struct {
	x        *expansion
	s        *scope
	f        *frame // of expressions: with the loops around a nested deployment with outer scope
	template *armjson.Node
	place    *place
	outer    *contents // of the template around, where its names can be used

	instances []*instance // what is declared here, loops unrolled, in file order; the children of each behind it
	nested    map[string]*nested
	symbols   map[string][]*instance // by symbolic name in lower case
	counted   int
	full      bool // there are too many, which was reported
	ids       map[string]*instance

	outputs []output // once the cell is done
	ending  cell     // makes the outputs
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

func newContents(s *scope, f *frame, name string, template *armjson.Node, place *place, outer *contents) *contents {
	b := &contents{x: s.x, s: s, template: template, place: place, outer: outer,
		nested: map[string]*nested{}, symbols: map[string][]*instance{}, ids: map[string]*instance{}}
	b.ending = cell{kind: "outputs of deployment", name: name, make: b.makeOutputs}
	c := *f
	c.b, c.env = b, nil
	b.f = &c
	b.declare()
	return b
}

// declare finds out which resources there are: types, names, loops, conditions. Nothing of that may depend on the others.
func (b *contents) declare() {
	m := b.template.Member("resources")
	switch {
	case m == nil || m.Value.IsNull():
	case m.Value.Kind != armjson.Array && m.Value.Kind != armjson.Object:
		_ = b.x.report(CodeShape, m.Value.Range, fmt.Sprintf("\"resources\" is %s where an array is wanted", m.Value.Kind), "", "")
	default:
		b.declareAll(m.Value, nil, b.f)
	}
}

func (b *contents) declareAll(resources *armjson.Node, parent *instance, f *frame) {
	for _, n := range resources.Items {
		b.declareOne(n, "", parent, f)
	}
	for i := range resources.Members {
		b.declareOne(resources.Members[i].Value, resources.Members[i].Key, parent, f)
	}
}

// declareOne unrolls the loop over a resource.
func (b *contents) declareOne(n *armjson.Node, symbol string, parent *instance, f *frame) {
	if b.x.stopped || b.full {
		return
	}
	if n.Kind != armjson.Object {
		_ = b.x.report(CodeShape, n.Range, fmt.Sprintf("a resource is an object, not %s", n.Kind), "", "")
		return
	}
	if ext := n.Member("import"); ext != nil && !ext.Value.IsNull() {
		b.notOurs(ext)
		return
	}
	if ext := n.Member("extension"); ext != nil && ext.Value.Kind == armjson.String {
		b.notOurs(ext)
		return
	}
	c := n.Member("copy")
	if c == nil || c.Value.IsNull() {
		b.instance(n, symbol, parent, f)
		return
	}
	if parent != nil {
		_ = b.x.report(CodeShape, c.KeyRange, "a resource inside another cannot have a loop", "the service does not unroll it there",
			`move the resource out of its parent, with the full type and name`)
		return
	}
	if c.Value.Kind != armjson.Object {
		_ = b.x.report(CodeShape, c.Value.Range, fmt.Sprintf("the copy of a resource is an object, not %s", c.Value.Kind), "", `write {"name": …, "count": …}`)
		return
	}
	b.unroll(n, c.Value, symbol, f)
}

func (b *contents) notOurs(m *armjson.Member) {
	b.x.warn(CodeNotCovered, m.KeyRange, "a resource of an extension is left out", "it is not a resource of Azure Resource Manager", "")
}

func (b *contents) unroll(n, copied *armjson.Node, symbol string, f *frame) {
	name, err := f.at(armexpr.InName).textIn(copied, "name")
	if err != nil {
		return
	}
	what := "the loop over this resource"
	if textOf(name) != "" {
		what = fmt.Sprintf("loop %q", name.Text)
	}
	if !b.checkMode(f, copied, what) {
		return
	}
	count, unknown, err := f.count(copied, what)
	switch {
	case err != nil:
	case unknown != nil:
		turn := unknownTurn(textOf(name), unknown)
		b.x.warnUnknown(copied.Get("count"), fmt.Sprintf("how often %s turns is not known before the deployment; one turn is shown", what), unknown)
		b.instance(n, symbol, nil, f.in(&loop{name: textOf(name), turn: turn, unnamed: true}))
	default:
		for i := range count {
			if b.x.stopped || b.full {
				return
			}
			b.instance(n, symbol, nil, f.in(&loop{name: textOf(name), turn: armjson.NewInt(int64(i)), unnamed: true}))
		}
	}
}

// checkMode checks how the turns of a loop are to follow each other; on this machine it makes no difference.
func (b *contents) checkMode(f *frame, copied *armjson.Node, what string) bool {
	mode, err := f.at(armexpr.InName).textIn(copied, "mode")
	if err != nil {
		return false
	}
	if text := textOf(mode); text != "" && !strings.EqualFold(text, "serial") && !strings.EqualFold(text, "parallel") {
		_ = b.x.report(CodeShape, copied.Get("mode").Range, fmt.Sprintf("the mode of %s is %q", what, shorten(text)), "",
			diag.KnownNames(text, []string{"parallel", "serial"}))
		return false
	}
	if size := copied.Get("batchSize"); !size.IsNull() {
		v, err := f.at(armexpr.InName).value(size)
		if err != nil {
			return false
		}
		if n, ok := number(v); v.Kind != armjson.Unknown && (!ok || n < 1) {
			_ = b.x.report(CodeShape, size.Range, fmt.Sprintf("the batch size of %s is not 1 or more", what), "", "")
			return false
		}
	}
	return true
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
			_ = b.x.report(CodeShape, inside.Value.Range, fmt.Sprintf("\"resources\" is %s where an array is wanted", inside.Value.Kind), "", "")
			return
		}
		b.declareAll(inside.Value, r, f)
	}
}

// readHead evaluates what says which resource it is, and whether it is there at all. The name of one that is left out is not
// looked at, unless there are children who take theirs from it.
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
	if r.parent != nil {
		r.takeFromParent()
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
		r.b.x.warnUnknown(m.Value, "whether this resource is deployed is not known before the deployment; it is taken as if it were", v)
	case v.Kind != armjson.Bool:
		_ = r.b.x.report(CodeExpression, m.Value.Range, fmt.Sprintf("the condition is %s where a boolean is wanted", v.Kind), "", "")
		r.broken = true
	case !v.Bool:
		r.dropped = true
		if isImageTemplateType(textOf(r.typ)) {
			r.b.x.warn(CodeCondition, m.Value.Range, "this image template is left out: its condition is false", "", "")
		}
	}
}

// takeFromParent puts the type and name of the parent before those of a resource inside it. A resource that is written with
// its full type and name already is left as it is.
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
		_ = r.b.x.report(CodeShape, r.name.Range, fmt.Sprintf("the name %q has %s where the type asks for %d", shorten(r.name.Text), parts(names), types),
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

// findPlace works out where the resource lands, and the id of what it is deployed to or extends.
func (r *instance) findPlace(f *frame) {
	r.place = r.b.place
	if r.parent != nil {
		r.place, r.base = r.parent.place, r.parent.base
		return
	}
	var where [3]*armjson.Node
	for i, name := range []string{"subscriptionId", "resourceGroup", "scope"} {
		v, err := f.textIn(r.node, name)
		if err != nil {
			r.broken = true
			return
		}
		where[i] = v
	}
	if where[0] != nil || where[1] != nil {
		r.move(where[0], where[1])
	}
	r.base = r.place.id()
	if scope := where[2]; scope != nil && !r.broken {
		if strings.EqualFold(textOf(r.typ), deploymentType) {
			r.moveToScope(scope)
			return
		}
		r.base = extended(r.base, plain(scope))
	}
}

// move follows the members subscriptionId and resourceGroup; either may be nil.
func (r *instance) move(subscription, group *armjson.Node) {
	p := r.place
	if subscription != nil && (group == nil || p.subscription == nil ||
		!strings.EqualFold(plain(subscription), plain(p.subscription.Get("subscriptionId")))) {
		p = p.inSubscription(subscription)
	}
	if group != nil {
		if p.subscription == nil {
			_ = r.b.x.report(CodeShape, r.node.Member("resourceGroup").KeyRange, "a resource group is named, and no subscription",
				"the template is deployed to "+p.level.String(), `add "subscriptionId"`)
			r.broken = true
			return
		}
		p = p.inGroup(r.b.x, group)
	}
	r.place = p
}

// extended is the id of what a resource with a scope extends: the scope is an id, or the part of one behind "/providers/", below
// the place that the template is deployed to. "/" is the tenant.
func extended(base, scope string) string {
	const management = "microsoft.management/managementgroups/"
	switch lower := strings.ToLower(scope); {
	case strings.HasPrefix(scope, "/"):
		return strings.TrimSuffix(scope, "/")
	case strings.HasPrefix(lower, management):
		return "/providers/" + scope
	case strings.HasPrefix(lower, "subscriptions/"), strings.HasPrefix(lower, "providers/"):
		return "/" + scope
	default:
		return base + "/providers/" + strings.TrimSuffix(scope, "/")
	}
}

// moveToScope follows the scope of a nested deployment: the tenant, a management group, a subscription or a resource group.
func (r *instance) moveToScope(scope *armjson.Node) {
	p := r.place
	if scope.Kind == armjson.Unknown {
		r.b.x.warnUnknown(r.node.Get("scope"), "where this deployment goes is not known before the deployment", scope)
		r.base = p.id()
		return
	}
	parts := strings.Split(strings.Trim(scope.Text, "/"), "/")
	lower := strings.Split(strings.ToLower(strings.Trim(scope.Text, "/")), "/")
	if len(lower) > 1 && lower[0] == "providers" {
		parts, lower = parts[1:], lower[1:]
	}
	switch {
	case strings.Trim(scope.Text, "/") == "" && scope.Text != "":
		p = p.inTenant()
	case len(lower) == 3 && lower[0] == "microsoft.management" && lower[1] == "managementgroups":
		p = p.inManagementGroup(armjson.NewString(parts[2]))
	case len(lower) == 2 && lower[0] == "subscriptions":
		p = p.inSubscription(armjson.NewString(parts[1]))
	case len(lower) == 4 && lower[0] == "subscriptions" && lower[2] == "resourcegroups":
		p = p.inSubscription(armjson.NewString(parts[1])).inGroup(r.b.x, armjson.NewString(parts[3]))
	default:
		_ = r.b.x.report(CodeShape, r.node.Get("scope").Range, fmt.Sprintf("%q is no scope that a deployment can have", shorten(scope.Text)),
			`it is "/" for the tenant, or a management group: "Microsoft.Management/managementGroups/NAME"`, "")
		r.broken = true
		return
	}
	r.place, r.base = p, p.id()
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
		why, related = "the service takes each resource once", []diag.Note{{Message: "the first one", Range: first.name.Range}}
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

// expand evaluates the resources and outputs.
func (b *contents) expand() {
	for _, r := range b.instances {
		switch {
		case b.x.stopped:
			return
		case r.dropped || r.existing:
		case r.broken: // its name or place has an error; the rest may have more
			r.evaluate()
		case r.nested != nil:
			r.nested.expand()
			r.evaluate()
		default:
			if v := r.evaluate(); v != nil {
				b.x.out.Resources = append(b.x.out.Resources, Resource{ID: r.id, Type: plain(r.typ), Name: plain(r.name),
					APIVersion: plain(r.apiVersion), Body: v, Path: pathTo(b.x.roots[r.node.Range.File], r.node.Range), Node: r.node})
			}
		}
	}
	b.x.settle(&b.ending, b.template)
}

// deploymentOnly are members of a resource that are addressed to the deployment and not to the resource provider.
var deploymentOnly = map[string]bool{
	"condition": true, "copy": true, "dependson": true, "existing": true, "scope": true, "resourcegroup": true, "subscriptionid": true,
	"comments": true, "resources": true,
}

// evaluate makes the body of the resource, as the resource provider gets it; nil when something in it has an error. Of a nested
// deployment it looks at what is not a matter of the nested template.
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
