package hcl2

import (
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/go-cty-funcs/filesystem"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ingot-build/ingot/translate/hcltext"
)

// templateFileFunc renders a file of HCL's template language. The file may call the functions of funcs but not templatefile, so
// that no file can contain itself, and sees only the values it is given.
func templateFileFunc(dir string, funcs map[string]function.Function) function.Function {
	params := []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}}
	inner := maps.Clone(funcs)
	again := errors.New("a file that templatefile renders cannot call templatefile")
	inner["templatefile"] = function.New(&function.Spec{
		Params: params,
		Type:   func([]cty.Value) (cty.Type, error) { return cty.NilType, again },
		Impl:   func([]cty.Value, cty.Type) (cty.Value, error) { return cty.NilVal, again },
	})
	render := func(args []cty.Value) (cty.Value, error) {
		expr, err := loadTemplate(dir, args[0])
		if err != nil {
			return cty.NilVal, err
		}
		return renderTemplate(expr, args[1], inner)
	}
	return function.New(&function.Spec{
		Params: params,
		// A file that is one interpolation gives a value of any type, so the type is known only from the value.
		Type: func(args []cty.Value) (cty.Type, error) {
			if !args[0].IsKnown() || !args[1].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			v, err := render(args)
			if err != nil {
				return cty.NilType, err
			}
			return v.Type(), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return render(args) },
	})
}

// loadTemplate parses the file.
func loadTemplate(dir string, path cty.Value) (hclsyntax.Expression, error) {
	text, err := filesystem.File(dir, path)
	if err != nil {
		return nil, err
	}
	src, name := []byte(text.AsString()), path.AsString()
	tokens, _ := hclsyntax.LexTemplate(src, name, hcl.InitialPos)
	if rng, err := hcltext.TooDeep(tokens); err != nil {
		return nil, function.NewArgErrorf(0, "%s: %v", Range(rng), err)
	}
	expr, diags := hclsyntax.ParseTemplate(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return expr, nil
}

// renderTemplate evaluates it with the given values.
func renderTemplate(expr hclsyntax.Expression, vars cty.Value, funcs map[string]function.Function) (cty.Value, error) {
	if t := vars.Type(); !t.IsMapType() && !t.IsObjectType() {
		return cty.NilVal, function.NewArgErrorf(1, "a map or an object is wanted, and this is a %s", t.FriendlyName())
	}
	scope := &hcl.EvalContext{Variables: vars.AsValueMap(), Functions: funcs}
	for name := range scope.Variables {
		if !hclsyntax.ValidIdentifier(name) {
			return cty.NilVal, function.NewArgErrorf(1, "%q cannot be a name: a template could not refer to it", clip(name))
		}
	}
	for _, ref := range expr.Variables() {
		if _, ok := scope.Variables[ref.RootName()]; !ok {
			return cty.NilVal, function.NewArgErrorf(1, "the template refers to %q at %s, which is not given%s",
				ref.RootName(), Range(ref.SourceRange()), near(ref.RootName(), slices.Collect(maps.Keys(scope.Variables))))
		}
	}
	v, diags := expr.Value(scope)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return v, nil
}
