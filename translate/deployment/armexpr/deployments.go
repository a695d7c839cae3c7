package armexpr

import (
	"math"
	"strconv"

	"github.com/ingot-build/ingot/translate/armjson"
)

func deploymentFunctions() []Function {
	return []Function{
		{Name: "parameters", Group: Deployments, Summary: "the value of a parameter", Min: 1, Max: 1, Passes: true,
			Eval: parametersFunc},
		{Name: "variables", Group: Deployments, Summary: "the value of a variable", Min: 1, Max: 1, Passes: true,
			Eval: variablesFunc},
		{Name: "copyIndex", Group: Deployments,
			Summary: "the turn of a loop: [name of the loop], [number to add]", Max: 2,
			Result: armjson.Number, Eval: copyIndex},
		{Name: "deployment", Group: Deployments, Summary: "the deployment itself: its name, template and parameters",
			Result: armjson.Object, Eval: func(a *Args) (*armjson.Node,
				error) {
				return a.known(a.Env.Context.Deployment)
			}},
		{Name: "externalInputs", Group: Deployments,
			Summary: "an input that a parameter file declares; in parameter files only",
			Min:     1, Max: 1, Eval: externalInputs},
		{Name: "deployer", Group: Deployments, Summary: "who deploys", Result: armjson.Object,
			Eval: func(a *Args) (*armjson.Node, error) { return a.known(a.Env.Context.Deployer) }},
		{Name: "environment", Group: Deployments,
			Summary: "the cloud deployed to: its endpoints and the endings of its host names",
			Result:  armjson.Object, Eval: environment},
	}
}

func parametersFunc(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.Parameter, "parameters cannot be used here", "")
}

func variablesFunc(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.Variable, "variables cannot be used here",
		"default values of parameters see no variables, nor do functions of a template before language version 2.0")
}

func externalInputs(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.External, "externalInputs cannot be used here", "it is for parameter files only")
}

func lookup(a *Args, find func(string) (*armjson.Node, error), refusal, why string) (*armjson.Node, error) {
	name, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if find == nil {
		return nil, &Error{Summary: refusal, Why: why}
	}
	return find(name)
}

// copyIndex is copyIndex([loop], [offset]). Without a name it asks for the loop over the resource or output it stands
// in, also inside the loop of a property: that one goes by its name only.
func copyIndex(a *Args) (*armjson.Node, error) {
	loop, rest := "", 0
	if a.Len() > 0 && (a.Len() == 2 || a.Values[0].Kind == armjson.String) {
		var err error
		if loop, err = a.Text(0); err != nil {
			return nil, err
		}
		rest = 1
	}
	var offset int64
	if rest < a.Len() {
		var err error
		if offset, err = a.Int(rest); err != nil {
			return nil, err
		}
	}
	var turn *armjson.Node
	if a.Env.CopyIndex != nil {
		turn = a.Env.CopyIndex(loop)
	}
	switch {
	case turn == nil && loop != "":
		return nil, a.Fail(0, "there is no loop named %q here", shortText(loop))
	case turn == nil:
		return nil, &Error{Summary: "copyIndex() is used outside of a loop",
			Why: "without a name it is for the loop of a resource or an output; the loops of properties and variables go by name",
			Fix: "write copyIndex('name of the loop')"}
	case turn.Kind == armjson.Unknown:
		return a.Unknown(turn), nil
	}
	if offset == 0 {
		return turn, nil
	}
	i, err := strconv.ParseInt(turn.Text, 10, 64)
	if err != nil || offset > math.MaxInt64-i {
		return nil, &Error{Summary: "the result does not fit a 64-bit integer"}
	}
	return armjson.NewInt(i + offset), nil
}
