package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// nested is a deployment inside another: a template in place, or one that it links to.
type nested struct {
	r *instance
	// begin reads the template and declares what is in it, when that is first needed: for its outputs, or in file
	// order. With the default outer scope its expressions see what those of the template around it see; with inner
	// scope they see its own parameters and variables only.
	begin  cell
	b      *contents     // nil when there is no template to look into
	why    *armjson.Node // an unknown value that says why not; nil when an error was reported instead
	answer cell          // what reference() tells
}

// declareNested makes a nested deployment known by its names.
func (r *instance) declareNested() {
	if !strings.EqualFold(textOf(r.typ), deploymentType) {
		return
	}
	n := &nested{r: r}
	n.begin = cell{kind: "deployment", name: plain(r.name), make: n.start}
	n.answer = cell{kind: "deployment", name: plain(r.name), make: n.reference}
	r.nested = n
	if r.name.Kind == armjson.String {
		r.b.nested[strings.ToLower(r.name.Text)] = n
	}
	r.b.nested[strings.ToLower(r.id)] = n
}

// start makes the contents of the deployment; the value itself has no meaning.
func (n *nested) start() (*armjson.Node, error) {
	const size = 4096 // about what a nested deployment takes, however little is written in it
	r, x := n.r, n.r.b.x
	if err := x.budget.Charge(size); err != nil {
		return nil, x.overBudget(r.node.Range, err)
	}
	properties := r.node.Get("properties")
	if properties == nil || properties.Kind != armjson.Object {
		return nil, x.report(CodeShape, startOf(r.node), "the nested deployment has no properties",
			"they hold its template", `add "properties": {"template": {…}}`)
	}
	f := r.f.at(armexpr.InResource)
	template, link, inner, ok := n.template(f, properties)
	switch {
	case !ok:
		return nil, errReported
	case template == nil:
		return nil, nil
	}
	place := *r.place
	if place.level > armexpr.ResourceGroupLevel {
		place.location = n.location(f)
	} else {
		n.locateGroup(&place)
	}
	if !inner {
		n.b = newContents(r.b.s, &frame{x: x, s: r.b.s, loops: r.f.loops}, plain(r.name), template, &place, r.b)
		return nil, nil
	}
	s := x.newScope(template, &place, n.given(f, properties))
	s.nested = true
	s.context.Deployment = n.object(template, link, &place)
	n.b = newContents(s, &frame{x: x, s: s}, plain(r.name), template, &place, nil)
	return nil, nil
}

// template finds the template of the deployment. It is nil for one that is not looked into, which is said in n.why. A
// linked template always has the inner scope.
func (n *nested) template(f *frame, properties *armjson.Node) (template, link *armjson.Node, inner, ok bool) {
	x := f.x
	written := properties.Member("template")
	if written == nil || written.Value.IsNull() {
		m := properties.Member("templateLink")
		if m == nil || m.Value.IsNull() {
			_ = x.report(CodeShape, startOf(properties), "the nested deployment has no template", "",
				`add "template" or "templateLink"`)
			return nil, nil, false, false
		}
		template, link, ok = n.follow(f, m)
		return template, link, true, ok
	}
	inner, ok = n.innerScope(f, properties)
	template = written.Value
	if template.Kind == armjson.String { // made elsewhere, and evaluated there
		v, err := f.value(template)
		switch {
		case err != nil:
			return nil, nil, false, false
		case v.Kind == armjson.Unknown:
			n.why = v
			x.warnUnknown(template, "the template of this deployment is not known before the deployment", v)
			return nil, nil, false, true
		}
		template, inner = v, true
	}
	if template.Kind != armjson.Object {
		_ = x.report(CodeShape, written.Value.Range,
			fmt.Sprintf("the template is %s where an object is wanted", template.Kind), "", "")
		return nil, nil, false, false
	}
	return template, nil, inner, ok
}

func (n *nested) innerScope(f *frame, properties *armjson.Node) (inner, ok bool) {
	options := properties.Get("expressionEvaluationOptions")
	v, err := f.at(armexpr.InName).textIn(options, "scope")
	switch {
	case err != nil:
		return false, false
	case v == nil, strings.EqualFold(textOf(v), "outer"), strings.EqualFold(textOf(v), "notSpecified"):
		return false, true
	case strings.EqualFold(textOf(v), "inner"):
		return true, true
	}
	_ = f.x.report(CodeShape, options.Get("scope").Range, fmt.Sprintf("%q is no scope of expressions", plain(v)), "",
		diag.KnownNames(plain(v), []string{"inner", "outer"}))
	return false, false
}

func (n *nested) location(f *frame) *armjson.Node {
	if v, err := f.textIn(n.r.node, "location"); err == nil && v != nil {
		return v
	}
	return unknownText("deployment().location", "the nested deployment has no location", `add "location" to it`)
}

// locateGroup fills in the region of the resource group deployed to, if the template around creates the group.
func (n *nested) locateGroup(p *place) {
	if at := p.group.Get("location"); at == nil || at.Kind != armjson.Unknown {
		return
	}
	for b := n.r.b; b != nil; b = b.outer {
		group := b.ids[strings.ToLower(plain(p.group.Get("id")))]
		if group == nil {
			continue
		}
		if v, err := group.f.at(armexpr.InName).textIn(group.node, "location"); err == nil && v != nil {
			p.group = p.group.WithMembers(append(without(p.group.Members, "location"),
				armjson.Member{Key: "location", Value: v}))
		}
		return
	}
}

// object is what deployment() tells inside.
func (n *nested) object(template, link *armjson.Node, p *place) *armjson.Node {
	return deploymentObject(nil, n.r.name, template, link, armjson.NewUnknown(armjson.Missing{Kind: armjson.Object,
		Form: "deployment().properties.parameters",
		Why:  "the parameters of a nested deployment are not looked at through deployment()"}), p)
}

// deploymentObject makes what deployment() tells, from what is known of it.
func deploymentObject(known, name, template, link, parameters *armjson.Node, p *place) *armjson.Node {
	const form = "deployment().properties"
	if link == nil {
		link = armjson.NewUnknown(armjson.Missing{Kind: armjson.Object, Form: form + ".templateLink",
			Why: "a template has a link when it is deployed from a URI",
			Fix: "give the parameters that are made of it"})
	}
	var location *armjson.Node
	if p.level > armexpr.ResourceGroupLevel {
		location = p.location
	}
	return filled(known, "name", name, "location", location, "properties", filled(nil,
		"template", template, "templateLink", link, "parameters", parameters, "mode", armjson.NewString("Incremental"),
		"templateHash", unknownText(form+".templateHash", "the service computes the hash of a template", ""),
		"provisioningState", armjson.NewString("Accepted")))
}

// rootDeployment is what deployment() tells in the outermost template. Its name is the file's, as Azure's tools choose
// it.
func (x *expansion) rootDeployment(root *armjson.Node, p *place, g given) *armjson.Node {
	var list []armjson.Member
	for _, v := range g.list {
		if v.file != nil {
			list = append(list, armjson.Member{Key: v.name, Value: v.file})
		}
	}
	return deploymentObject(objectOf(x.params.Context, "deployment"), armjson.NewString(nameOfFile(root.Range.File)),
		root, nil, armjson.NewObject(list), p)
}

func nameOfFile(file string) string {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	if dot := strings.LastIndexByte(file, '.'); dot > 0 {
		file = file[:dot]
	}
	if file == "" || file == "-" {
		return "main"
	}
	return file
}

// given are the values that the deployment hands to its template: expressions of the template around it.
func (n *nested) given(f *frame, properties *armjson.Node) given {
	var g given
	if m := properties.Member("parametersLink"); m != nil && !m.Value.IsNull() {
		n.followParameters(f, m, &g)
	}
	section := properties.Get("parameters")
	if section.IsNull() {
		return g
	}
	if section.Kind == armjson.String {
		v, err := f.value(section)
		switch {
		case err != nil:
			g.all = n.failedGiven()
			return g
		case v.Kind == armjson.Unknown:
			g.all = v
			return g
		}
		section = v
	}
	if section.Kind != armjson.Object {
		_ = f.x.report(CodeShape, section.Range,
			fmt.Sprintf("\"parameters\" is %s where an object is wanted", section.Kind), "", "")
		g.all = n.failedGiven()
		return g
	}
	if !f.x.declares(len(section.Members), section) {
		g.all = n.failedGiven()
		return g
	}
	for i := range section.Members {
		m := &section.Members[i]
		name := m.Key
		if armexpr.IsExpression(name) {
			k, err := f.text(&armjson.Node{Kind: armjson.String, Text: name, Range: m.KeyRange})
			if err != nil {
				continue
			}
			name = plain(k)
		}
		g.add(&givenValue{name: name, at: m.KeyRange, file: m.Value, s: f.s,
			make: func() (*armjson.Node, error) { return n.givenValue(f, m) }})
	}
	return g
}

// failedGiven stands for parameters that have an error, so that their absence is not reported too.
func (n *nested) failedGiven() *armjson.Node {
	return armjson.NewUnknown(armjson.Missing{Form: "parameters",
		Why: "the parameters of the nested deployment have an error"})
}

// givenValue is the value of {"value": …}, or of a loop that makes the member value.
func (n *nested) givenValue(f *frame, m *armjson.Member) (*armjson.Node, error) {
	if value := m.Value.Get("value"); value != nil {
		return f.value(value)
	}
	if m.Value.Get("reference") != nil {
		return keyVaultValue(), nil
	}
	v, err := f.value(m.Value)
	switch {
	case err != nil:
		return nil, err
	case v.Kind == armjson.Unknown:
		missing := *v.Unknown
		missing.Form = ""
		return armjson.NewUnknown(missing), nil
	case v.Get("value") != nil:
		return v.Get("value"), nil
	case v.Get("reference") != nil:
		return keyVaultValue(), nil
	}
	return nil, f.x.report(CodeBadParameter, m.KeyRange, fmt.Sprintf("the entry of %q has no \"value\"", m.Key), "",
		`write {"value": …}`)
}

// expand evaluates all of the nested deployment, in its turn of the file order.
func (n *nested) expand() {
	x := n.r.b.x
	x.settle(&n.begin, n.r.node)
	if n.b == nil {
		return
	}
	if err := x.budget.Enter(); err != nil {
		_ = x.overBudget(n.r.node.Range, err)
		return
	}
	defer x.budget.Leave()
	if n.b.outer == nil {
		n.b.s.force()
	}
	n.b.expand()
}

// evaluateRest looks at the properties of the deployment that are not the template and what goes with it, for their
// errors.
func (n *nested) evaluateRest(f *frame, properties *armjson.Node) {
	for i := range properties.Members {
		m := &properties.Members[i]
		switch strings.ToLower(m.Key) {
		case "template", "templatelink", "parameterslink", "expressionevaluationoptions":
		case "parameters":
			// With inner scope each parameter is evaluated for the nested template; with outer scope nobody reads them.
			if n.b != nil && n.b.outer != nil {
				_, _ = f.value(m.Value)
			}
		default:
			_, _ = f.value(m.Value)
		}
	}
}
