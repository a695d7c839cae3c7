package packercore

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/gocty"
)

// buildKeys are the values of build.* that every builder gives once its guest is reachable. A builder may give more; it says
// which when it is prepared.
var buildKeys = []string{
	"ID", "Host", "Port", "User", "Password", "ConnType", "PackerRunUUID", "PackerHTTPPort", "PackerHTTPIP", "PackerHTTPAddr",
	"SSHPublicKey", "SSHPrivateKey", "WinRMPassword",
}

// placeholder stands for a value of build.* that is not known yet, as it does under Packer: components are prepared once without
// the guest, so that mistakes show before one is started.
const placeholder = "<unknown>"

// functions is the table of functions an expression may call. It is empty and not nil: no emitted template calls any, and a
// call is then refused by its name, where a nil table would say nothing of the name.
var functions = map[string]function.Function{}

// scope gives what the expressions of a component may refer to, apart from build.*.
func (t *Template) scope() *hcl.EvalContext {
	vars := map[string]cty.Value{}
	for name, v := range t.variables {
		vars[name] = v.value
	}
	cwd, _ := os.Getwd() // "" when the folder is gone, as under Packer
	return &hcl.EvalContext{
		Functions: functions,
		Variables: map[string]cty.Value{
			"var": cty.ObjectVal(vars),
			"path": cty.ObjectVal(map[string]cty.Value{
				"root": cty.StringVal(filepath.ToSlash(t.dir)),
				"cwd":  cty.StringVal(filepath.ToSlash(cwd)),
			}),
			"source": cty.ObjectVal(map[string]cty.Value{
				"type": cty.StringVal(t.source.kind),
				"name": cty.StringVal(t.source.name),
			}),
			"packer": cty.ObjectVal(map[string]cty.Value{"version": cty.StringVal(CoreVersion)}),
		},
	}
}

// withBuild adds build.* to a scope. Before the guest is there, values is nil and each name has a placeholder; extra are the names
// that the builder gives beside the usual ones.
func (t *Template) withBuild(scope *hcl.EvalContext, extra []string, values map[string]any) *hcl.EvalContext {
	build := map[string]cty.Value{"name": cty.StringVal(t.Name)}
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
	child := scope.NewChild()
	child.Variables = map[string]cty.Value{"build": cty.ObjectVal(build)}
	return child
}

func toCty(value any) (cty.Value, bool) {
	kind, err := gocty.ImpliedType(value)
	if err != nil {
		return cty.NilVal, false
	}
	v, err := gocty.ToCtyValue(value, kind)
	return v, err == nil
}
