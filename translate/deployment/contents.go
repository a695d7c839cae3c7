package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// contents are the resources and outputs of one template. A nested deployment with outer scope has a body of its own in
// the scope of the template around it.
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

// declare finds out which resources there are: types, names, loops, conditions. Nothing of that may depend on the
// others.
func (b *contents) declare() {
	m := b.template.Member("resources")
	switch {
	case m == nil || m.Value.IsNull():
	case m.Value.Kind != armjson.Array && m.Value.Kind != armjson.Object:
		_ = b.x.report(CodeShape, m.Value.Range,
			fmt.Sprintf("\"resources\" is %s where an array is wanted", m.Value.Kind), "", "")
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
		_ = b.x.report(CodeShape, c.KeyRange, "a resource inside another cannot have a loop",
			"the service does not unroll it there", `move the resource out of its parent, with the full type and name`)
		return
	}
	if c.Value.Kind != armjson.Object {
		_ = b.x.report(CodeShape, c.Value.Range,
			fmt.Sprintf("the copy of a resource is an object, not %s", c.Value.Kind), "",
			`write {"name": …, "count": …}`)
		return
	}
	b.unroll(n, c.Value, symbol, f)
}

func (b *contents) notOurs(m *armjson.Member) {
	b.x.warn(CodeNotCovered, m.KeyRange, "a resource of an extension is left out",
		"it is not a resource of Azure Resource Manager", "")
}

func (b *contents) unroll(n, copied *armjson.Node, symbol string, f *frame) {
	name, err := f.at(armexpr.InName).textIn(copied, "name")
	if err != nil {
		return
	}
	what := "the loop over this resource"
	if textOf(name) != "" {
		what = fmt.Sprintf("loop %q", short(name.Text))
	}
	if !b.checkMode(f, copied, what) {
		return
	}
	count, unknown, err := f.count(copied, what)
	switch {
	case err != nil:
	case unknown != nil:
		turn := unknownTurn(textOf(name), unknown)
		b.x.warnUnknown(copied.Get("count"),
			fmt.Sprintf("how often %s turns is not known before the deployment; one turn is shown", what), unknown)
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
		_ = b.x.report(CodeShape, copied.Get("mode").Range, fmt.Sprintf("the mode of %s is %q", what, shorten(text)),
			"", diag.KnownNames(text, []string{"parallel", "serial"}))
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
				b.x.out.Resources = append(b.x.out.Resources,
					Resource{ID: r.id, Type: plain(r.typ), Name: plain(r.name),
						APIVersion: plain(r.apiVersion), Body: v,
						Path: pathTo(b.x.roots[r.node.Range.File], r.node.Range), Node: r.node})
			}
		}
	}
	b.x.settle(&b.ending, b.template)
}
