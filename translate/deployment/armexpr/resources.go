package armexpr

import (
	"slices"

	"github.com/ingot-build/ingot/translate/armjson"
)

// listName stands for all functions whose name starts with "list".
const listName = "list*"

// afterDeploy are the positions that the service evaluates late enough to ask deployed resources.
var afterDeploy = []Position{InResource, InOutput}

func resourceFunctions() []Function {
	return slices.Concat(resourceIDFunctions(), zoneFunctions(), []Function{
		{Name: "reference", Group: Resources,
			Summary: "the state of a resource: its id or name, [api-version], ['Full']; known for the outputs of nested deployments",
			Min:     1, Max: 3, In: afterDeploy, Eval: reference},
		{Name: "references", Group: Resources,
			Summary: "the states of the resources of a loop: its symbolic name, ['Full', 'Properties']",
			Min:     1, Max: 2, Result: armjson.Array, In: afterDeploy, Eval: references},
		{Name: listName, Group: Resources,
			Summary: "listKeys and its like: what a resource tells on request; never known before the deployment",
			Min:     1, Max: 3, In: afterDeploy, Eval: listSomething},
		{Name: "providers", Group: Resources,
			Summary: "what a resource provider offers; never known before the deployment",
			Min:     1, Max: 2, Result: armjson.Object, Eval: func(a *Args) (*armjson.Node, error) {
				if _, err := a.Texts(); err != nil {
					return nil, err
				}
				return a.Missing("providers() asks Azure what its resource providers offer",
					"write the api-version or region"), nil
			}},
		{Name: "roleDefinitions", Group: Resources,
			Summary: "the ids of a role of that name; never known before the deployment",
			Min:     1, Max: 1, Result: armjson.Object, Eval: func(a *Args) (*armjson.Node, error) {
				if _, err := a.Text(0); err != nil {
					return nil, err
				}
				return a.Missing("roleDefinitions() asks Azure for its roles", "write the id of the role"), nil
			}},
	})
}

func reference(a *Args) (*armjson.Node, error) {
	if _, err := a.Texts(); err != nil {
		return nil, err
	}
	if a.Env.Reference != nil {
		if v, ok, err := a.Env.Reference(a.Values); ok || err != nil {
			return v, err
		}
	}
	return a.Missing("reference() asks for the state of a deployed resource", ""), nil
}

func references(a *Args) (*armjson.Node, error) {
	if _, err := a.Texts(); err != nil {
		return nil, err
	}
	if a.Env.References != nil {
		if v, ok, err := a.Env.References(a.Values); ok || err != nil {
			return v, err
		}
	}
	return a.Missing("references() asks for the state of deployed resources", ""), nil
}

func listSomething(a *Args) (*armjson.Node, error) {
	if _, err := a.Text(0); err != nil {
		return nil, err
	}
	return armjson.NewUnknown(armjson.Missing{Form: callForm(a.call.Name, a.Values),
		Why: a.call.Name + "() asks a deployed resource"}), nil
}
