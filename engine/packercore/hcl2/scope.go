package hcl2

import (
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// scopeValues are the values that an expression may refer to, by their first word.
type scopeValues struct{ vars, locals, data map[string]cty.Value }

// scopeValues gives all values that are known so far, without marks.
func (l *loader) scopeValues() scopeValues {
	s := l.marked()
	for _, values := range []map[string]cty.Value{s.vars, s.locals} {
		for name, v := range values {
			values[name] = unmarked(v)
		}
	}
	return s
}

// marked gives all values that are known so far, with sensitive ones marked.
func (l *loader) marked() scopeValues {
	s := scopeValues{vars: map[string]cty.Value{}, locals: map[string]cty.Value{}, data: map[string]cty.Value{}}
	for name, v := range l.variables {
		switch {
		case v.value == cty.NilVal:
		case v.sensitive:
			s.vars[name] = markTexts(v.value)
		default:
			s.vars[name] = v.value
		}
	}
	for name, v := range l.locals {
		if v.value != cty.NilVal {
			s.locals[name] = v.value
		}
	}
	kinds := map[string]map[string]cty.Value{}
	for ref, d := range l.data {
		if d.value == cty.NilVal {
			continue
		}
		if kinds[ref.kind] == nil {
			kinds[ref.kind] = map[string]cty.Value{}
		}
		kinds[ref.kind][ref.name] = d.value
	}
	for kind, values := range kinds {
		s.data[kind] = cty.ObjectVal(values)
	}
	return s
}

// localScope gives what the expression of a local may refer to, with sensitive values marked. Of the other locals it holds only those
// that the expression names: an object of all of them for each would take quadratic time. Where a name is not constant, or nothing
// has it, it holds all, so that a message can list them.
func (l *loader) localScope(v *local) *hcl.EvalContext {
	if l.around == nil {
		s := l.marked()
		s.locals = nil
		l.around = l.scope(s)
	}
	named := map[string]cty.Value{}
	for _, ref := range v.expr.Variables() {
		if ref.RootName() != "local" {
			continue
		}
		name, ok := second(ref)
		if other := l.locals[name]; ok && other != nil && other.value != cty.NilVal {
			named[name] = other.value
			continue
		}
		named = l.marked().locals
		break
	}
	scope := l.around.NewChild()
	scope.Variables = map[string]cty.Value{"local": cty.ObjectVal(named)}
	return scope
}

// scope makes the values something that expressions are evaluated in. No source is chosen yet, so its name is not known.
func (l *loader) scope(s scopeValues) *hcl.EvalContext {
	return &hcl.EvalContext{
		Functions: l.funcs,
		Variables: map[string]cty.Value{
			"var":   cty.ObjectVal(s.vars),
			"local": cty.ObjectVal(s.locals),
			"data":  cty.ObjectVal(s.data),
			"path": cty.ObjectVal(map[string]cty.Value{
				"root": cty.StringVal(filepath.ToSlash(l.in.Dir)),
				"cwd":  cty.StringVal(workingDir()),
			}),
			"packer": cty.ObjectVal(map[string]cty.Value{"version": cty.StringVal(CoreVersion)}),
			"source": cty.ObjectVal(map[string]cty.Value{"type": cty.UnknownVal(cty.String), "name": cty.UnknownVal(cty.String)}),
		},
	}
}

// buildKeys are the values of build.* that every builder gives once its guest is reachable. A builder may give more; it says
// which when it is prepared.
var buildKeys = []string{
	"ID", "Host", "Port", "User", "Password", "ConnType", "PackerRunUUID", "PackerHTTPPort", "PackerHTTPIP", "PackerHTTPAddr",
	"SSHPublicKey", "SSHPrivateKey", "WinRMPassword",
}

// placeholder stands for a value of build.* that is not known yet, as it does under Packer: components are prepared once without
// the guest, so that mistakes show before one is started.
const placeholder = "<unknown>"

// SourceScope gives what the builder's configuration may refer to: everything but build.*.
func (t *Template) SourceScope(s *Source) *hcl.EvalContext {
	scope := t.scope.NewChild()
	scope.Variables = map[string]cty.Value{"source": cty.ObjectVal(map[string]cty.Value{
		"type": cty.StringVal(s.Kind), "name": cty.StringVal(s.BuildName()),
	})}
	return scope
}

// BuildScope gives what the other components of a build may refer to. Before the guest is there, values is nil and each name of
// build.* has a placeholder; extra are the names that the builder gives beside the usual ones.
func (t *Template) BuildScope(b *Build, s *Source, extra []string, values map[string]any) *hcl.EvalContext {
	build := map[string]cty.Value{"name": cty.StringVal(b.Name)}
	for _, keys := range [][]string{buildKeys, extra} {
		for _, key := range keys {
			build[key] = cty.StringVal(placeholder)
		}
	}
	for key, value := range values {
		// A value of a kind that HCL does not have keeps its placeholder: no expression could use it.
		if v, ok := toCty(value); ok {
			build[key] = v
		}
	}
	scope := t.SourceScope(s).NewChild()
	scope.Variables = map[string]cty.Value{"build": cty.ObjectVal(build)}
	return scope
}

func toCty(value any) (cty.Value, bool) {
	kind, err := gocty.ImpliedType(value)
	if err != nil {
		return cty.NilVal, false
	}
	v, err := gocty.ToCtyValue(value, kind)
	return v, err == nil
}
