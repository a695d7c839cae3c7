package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

func scopeFunctions() []Function {
	return []Function{
		{Name: "resourceGroup", Group: Scopes, Summary: "the resource group deployed to", Result: armjson.Object, Eval: resourceGroup},
		{Name: "subscription", Group: Scopes, Summary: "the subscription deployed to", Result: armjson.Object, Eval: subscription},
	}
}

func subscription(a *Args) (*armjson.Node, error) {
	if a.Env.Context.Level > SubscriptionLevel {
		return nil, &Error{Summary: "subscription() has no value above subscription scope"}
	}
	return a.known(a.Env.Context.Subscription)
}

func resourceGroup(a *Args) (*armjson.Node, error) {
	if a.Env.Context.Level > ResourceGroupLevel {
		return nil, &Error{Summary: "resourceGroup() has no value in a deployment above resource group scope"}
	}
	return a.known(a.Env.Context.ResourceGroup)
}

// known returns what the context says, or an unknown value where it says nothing.
func (a *Args) known(v *armjson.Node) (*armjson.Node, error) {
	if v == nil {
		return a.Missing(a.f.Name+"() is known in the deployment only", ""), nil
	}
	return v, nil
}
