package deployment

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// output is one output of a template, once it is evaluated.
type output struct {
	decl  *armjson.Member
	value *armjson.Node // nil when it is left out, or has an error
}

// evaluateOutputs evaluates the outputs, once. The error is not nil when one of them has an error.
func (b *contents) evaluateOutputs() ([]output, error) {
	_, err := b.x.get(&b.ending)
	return b.outputs, err
}

// makeOutputs evaluates the outputs; the value itself has no meaning.
func (b *contents) makeOutputs() (*armjson.Node, error) {
	var failed error
	if section := b.x.objectIn(b.template, "outputs", maxOutputs); section != nil {
		f := b.f.at(armexpr.InOutput)
		for i := range section.Members {
			decl := &section.Members[i]
			v, err := b.output(f, decl)
			if err != nil {
				failed = err
				continue
			}
			b.outputs = append(b.outputs, output{decl, v})
		}
	}
	return nil, failed
}

// output is the value of one output; nil without an error when its condition is false.
func (b *contents) output(f *frame, decl *armjson.Member) (*armjson.Node, error) {
	x, n := b.x, decl.Value
	what := fmt.Sprintf("output %q", decl.Key)
	if !b.s.checkType(n, what, decl) {
		return nil, errReported
	}
	if m := n.Member("condition"); m != nil && !m.Value.IsNull() {
		v, err := f.at(armexpr.InName).value(m.Value)
		switch {
		case err != nil:
			return nil, err
		case v.Kind == armjson.Unknown:
			x.warnUnknown(m.Value, fmt.Sprintf("whether there is an %s is not known before the deployment", what), v)
		case v.Kind != armjson.Bool:
			return nil, x.report(CodeExpression, m.Value.Range,
				fmt.Sprintf("the condition is %s where a boolean is wanted", v.Kind), "", "")
		case !v.Bool:
			return nil, nil
		}
	}
	v, err := b.outputValue(f, decl, what)
	if err != nil {
		return nil, err
	}
	if bad := b.s.mismatch(v, n, what); bad != nil {
		at := bad.at.Range
		if at.IsZero() {
			at = v.Range
		}
		return nil, x.report(CodeBadOutput, at, bad.summary, bad.why, bad.fix)
	}
	return v, nil
}

func (b *contents) outputValue(f *frame, decl *armjson.Member, what string) (*armjson.Node, error) {
	n := decl.Value
	if c := n.Member("copy"); c != nil && !c.Value.IsNull() {
		if c.Value.Kind != armjson.Object {
			return nil, b.x.report(CodeShape, c.Value.Range,
				fmt.Sprintf("the copy of an output is an object, not %s", c.Value.Kind), "",
				`write {"count": …, "input": …}`)
		}
		name := decl.Key
		if text := textOf(c.Value.Get("name")); text != "" {
			name = text
		}
		return f.loopValue(c.Value, name)
	}
	value := n.Get("value")
	if value == nil {
		return nil, b.x.report(CodeDeclaration, decl.KeyRange, what+" has no value", "", `add "value"`)
	}
	v, err := f.value(value)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// rootOutputs are the outputs as Expand gives them.
func (b *contents) rootOutputs() []Output {
	var list []Output
	all, _ := b.evaluateOutputs()
	for _, o := range all {
		if o.value != nil {
			list = append(list, Output{o.decl.Key, o.value})
		}
	}
	return list
}

// outputsObject are the outputs as reference() gives them: {"x": {"type": …, "value": …}}.
func (b *contents) outputsObject() (*armjson.Node, error) {
	all, err := b.evaluateOutputs()
	if err != nil {
		return nil, err
	}
	var list []armjson.Member
	for _, o := range all {
		if o.value == nil {
			continue
		}
		typ, _ := b.s.typeOf(o.decl.Value)
		list = append(list, armjson.Member{Key: o.decl.Key, KeyRange: o.decl.KeyRange,
			Value: armjson.NewObject([]armjson.Member{
				{Key: "type", Value: armjson.NewString(typ.name)}, {Key: "value", Value: o.value}})})
	}
	return armjson.NewObject(list), nil
}
