package deployment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// declared returns the declarations of the parameters.
func (e *evaluator) declared() []armjson.Member {
	if n := e.root.Get("parameters"); n != nil {
		return n.Members
	}
	return nil
}

func (e *evaluator) declaredNames() []string {
	var names []string
	for _, m := range e.declared() {
		names = append(names, m.Key)
	}
	return names
}

// checkGiven reports values for parameters that do not exist: a misspelt one would have no effect otherwise.
func (e *evaluator) checkGiven() {
	given := func(name string, at diag.Range) {
		if slices.ContainsFunc(e.declaredNames(), func(d string) bool { return strings.EqualFold(d, name) }) {
			return
		}
		fix := "it has no parameters"
		if names := e.declaredNames(); len(names) > 0 {
			fix = diag.KnownNames(name, names)
		}
		e.report(CodeUnknownParameter, at, "", fmt.Sprintf("the deployment template has no parameter %q", name), "", fix)
	}
	for _, name := range sortedKeys(e.params.Values) {
		given(name, diag.Range{File: e.root.Range.File})
	}
	for _, m := range fileParameters(e.params.File) {
		given(m.Key, m.KeyRange)
	}
}

// fileParameters returns the entries of a parameter file: {"parameters": {"x": {"value": …}}}, or the inner object alone.
func fileParameters(file *armjson.Node) []armjson.Member {
	if file == nil {
		return nil
	}
	if inner := file.Get("parameters"); inner != nil {
		return inner.Members
	}
	return slices.DeleteFunc(slices.Clone(file.Members), func(m armjson.Member) bool {
		return strings.HasPrefix(m.Key, "$") || strings.EqualFold(m.Key, "contentVersion")
	})
}

// parameter looks a parameter up: the caller's value, else the parameter file's, else the default.
func (e *evaluator) parameter(name string) (*armjson.Node, error) {
	decl := e.root.Get("parameters").Member(name)
	if decl == nil {
		fix := `declare it under "parameters"`
		if names := e.declaredNames(); len(names) > 0 {
			fix = diag.KnownNames(name, names)
		}
		return nil, &armexpr.Error{Summary: fmt.Sprintf("there is no parameter %q", name), Fix: fix}
	}
	return e.memo(e.parameters, name, func() (*armjson.Node, error) { return e.parameterValue(decl) })
}

func (e *evaluator) parameterValue(decl *armjson.Member) (*armjson.Node, error) {
	path := "parameters." + decl.Key
	typ, ok := e.parameterType(decl, path)
	if !ok {
		return nil, errReported
	}
	v, err := e.givenValue(decl, typ, path)
	if err != nil {
		return nil, err
	}
	if v.IsNull() {
		def := decl.Value.Get("defaultValue")
		nullable := decl.Value.Get("nullable")
		switch {
		case def != nil:
			if v, err = e.value(def, path+".defaultValue", e.env(false)); err != nil {
				return nil, err
			}
		case nullable != nil && nullable.Bool:
			return (&armjson.Node{Kind: armjson.Null}).At(decl.KeyRange), nil
		default:
			e.report(CodeMissingParameter, decl.KeyRange, path, fmt.Sprintf("parameter %q has no value", decl.Key),
				"it has no defaultValue, and none was given", fmt.Sprintf("add --param %s=VALUE", decl.Key))
			return nil, errReported
		}
	}
	if !e.fits(v, decl, typ, path) {
		return nil, errReported
	}
	return v, nil
}

// givenValue is the value from the caller or the parameter file; nil when there is none. Such values are literals.
func (e *evaluator) givenValue(decl *armjson.Member, typ parameterType, path string) (*armjson.Node, error) {
	for _, name := range sortedKeys(e.params.Values) {
		if strings.EqualFold(name, decl.Key) {
			return e.callerValue(e.params.Values[name], decl, typ, path)
		}
	}
	for _, m := range fileParameters(e.params.File) {
		switch {
		case !strings.EqualFold(m.Key, decl.Key):
		case m.Value.Get("value") != nil:
			return m.Value.Get("value"), nil
		case m.Value.Get("reference") != nil:
			e.report(CodeNotCovered, m.KeyRange, path, fmt.Sprintf("the value of %q is in a key vault", decl.Key),
				"Ingot does not fetch secrets of deployment parameters", fmt.Sprintf("add --param %s=VALUE", decl.Key))
			return nil, errReported
		case m.Value.Get("expression") != nil:
			e.report(CodeNotCovered, m.KeyRange, path, "expressions in parameter files are not covered yet", "",
				fmt.Sprintf("add --param %s=VALUE", decl.Key))
			return nil, errReported
		default:
			e.report(CodeBadParameter, m.KeyRange, path, fmt.Sprintf("the entry of %q has no \"value\"", decl.Key), "",
				`write {"value": …}`)
			return nil, errReported
		}
	}
	return nil, nil
}

// callerValue reads the text of a --param by the declared type. It has no place in any file: it says it was written at the
// declaration.
func (e *evaluator) callerValue(text string, decl *armjson.Member, typ parameterType, path string) (*armjson.Node, error) {
	switch typ.kind {
	case armjson.String:
		return (&armjson.Node{Kind: armjson.String, Text: text}).At(decl.KeyRange), nil
	case armjson.Bool: // True and FALSE come from shells and other tools
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil && len(text) > 1 {
			return (&armjson.Node{Kind: armjson.Bool, Bool: b}).At(decl.KeyRange), nil
		}
	}
	n, list := armjson.Parse("--param "+decl.Key, []byte(text))
	if n == nil || list.HasErrors() {
		e.report(CodeBadParameter, decl.KeyRange, path,
			fmt.Sprintf("the value given for parameter %q is not %s", decl.Key, typ.article()),
			fmt.Sprintf("the parameter is declared as %q, and --param gave: %s", typ.name, shorten(text)), "")
		return nil, errReported
	}
	return n.AllAt(decl.KeyRange), nil
}

// shorten keeps a value quotable in a message.
func shorten(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
