package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

func deploymentFunctions() []Function {
	return []Function{
		{Name: "parameters", Group: Deployments, Summary: "the value of a parameter", Min: 1, Max: 1, Eval: parametersFunc},
		{Name: "variables", Group: Deployments, Summary: "the value of a variable", Min: 1, Max: 1, Eval: variablesFunc},
	}
}

func parametersFunc(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.Parameter, "parameters cannot be used here", "")
}

func variablesFunc(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.Variable, "variables cannot be used here",
		"default values of parameters, and the functions that a template defines, see no variables")
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
