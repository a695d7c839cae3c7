package deployment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// fileParameters returns the entries of a parameter file, of any schema version: {"parameters": {"x": {"value": …}}},
// or the inner object alone, or the body of a request that deploys.
func fileParameters(file *armjson.Node) []armjson.Member {
	if file == nil {
		return nil
	}
	if inner := file.Get("parameters"); inner != nil && inner.Get("value") == nil {
		return inner.Members
	}
	if inner := file.Get("properties").Get("parameters"); inner != nil {
		return inner.Members
	}
	return slices.DeleteFunc(slices.Clone(file.Members), func(m armjson.Member) bool {
		return strings.HasPrefix(m.Key, "$") || strings.EqualFold(m.Key, "contentVersion") ||
			strings.EqualFold(m.Key, "metadata")
	})
}

// readParameterFile adds the values of a parameter file. They are literals, but for entries of newer files that say
// otherwise.
func (x *expansion) readParameterFile(file *armjson.Node, g *given) {
	if file.Kind != armjson.Object {
		_ = x.report(CodeShape, file.Range, fmt.Sprintf("a parameter file is an object, not %s", file.Kind), "", "")
		return
	}
	for _, m := range fileParameters(file) {
		g.add(&givenValue{name: m.Key, at: m.KeyRange, file: m.Value,
			make: func() (*armjson.Node, error) { return x.fileValue(file, m) }})
	}
}

// fileValue is the value of one entry of a parameter file.
func (x *expansion) fileValue(file *armjson.Node, m armjson.Member) (*armjson.Node, error) {
	switch {
	case m.Value.Get("value") != nil:
		return m.Value.Get("value"), nil
	case m.Value.Get("reference") != nil:
		return keyVaultValue(), nil
	case m.Value.Get("expression") != nil:
		return x.fileExpression(file, m.Value.Get("expression"))
	default:
		return nil, x.report(CodeBadParameter, m.KeyRange, fmt.Sprintf("the entry of %q has no \"value\"", m.Key), "",
			`write {"value": …}`)
	}
}

// keyVaultValue stands for a value that only a key vault has; whose it is is filled in where that is known.
func keyVaultValue() *armjson.Node {
	return armjson.NewUnknown(armjson.Missing{Why: "its value is in a key vault, and Ingot does not fetch secrets of deployment parameters"})
}

// fileExpression evaluates an entry {"expression": "[externalInputs('…')]"}: what the tool that wrote the file left to
// the one that deploys. The file may have the inputs with it.
func (x *expansion) fileExpression(file, n *armjson.Node) (*armjson.Node, error) {
	f := &frame{x: x, s: &scope{x: x, template: file}, position: armexpr.InParameterDefault}
	f.s.context = (&place{}).context(x)
	f.external = func(name string) (*armjson.Node, error) {
		if v := file.Get("externalInputs").Get(name); v != nil {
			if inner := v.Get("value"); inner != nil {
				return inner, nil
			}
			return v, nil
		}
		decl := file.Get("externalInputDefinitions").Get(name)
		if decl == nil {
			return nil, &armexpr.Error{Summary: fmt.Sprintf("the parameter file declares no external input %q", name)}
		}
		return armjson.NewUnknown(armjson.Missing{Form: fmt.Sprintf("externalInputs('%s')", name),
			Why: fmt.Sprintf("the parameter file takes it from outside (%s) when it is deployed",
				plain(decl.Get("kind")))}), nil
	}
	v, err := f.value(n)
	if err == nil && v.Kind == armjson.Unknown {
		m := *v.Unknown
		m.Form = "" // the parameter is what can be supplied
		v = armjson.NewUnknown(m).At(v.Range)
	}
	return v, err
}
