package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

func scopeFunctions() []Function {
	return []Function{
		{Name: "resourceGroup", Group: Scopes, Summary: "the resource group deployed to; not above it",
			Result: armjson.Object, Eval: func(a *Args) (*armjson.Node, error) {
				return a.scope(ResourceGroupLevel, ResourceGroupLevel, a.Env.Context.ResourceGroup)
			}},
		{Name: "subscription", Group: Scopes, Summary: "the subscription deployed to; not above it",
			Result: armjson.Object, Eval: func(a *Args) (*armjson.Node, error) {
				return a.scope(ResourceGroupLevel, SubscriptionLevel, a.Env.Context.Subscription)
			}},
		{Name: "managementGroup", Group: Scopes, Summary: "the management group deployed to; nowhere else",
			Result: armjson.Object, Eval: func(a *Args) (*armjson.Node, error) {
				return a.scope(ManagementGroupLevel, ManagementGroupLevel, a.Env.Context.ManagementGroup)
			}},
		{Name: "tenant", Group: Scopes, Summary: "the tenant of the deployment", Result: armjson.Object,
			Eval: func(a *Args) (*armjson.Node, error) { return a.known(a.Env.Context.Tenant) }},
	}
}

// scope returns what the context says of a level, in a deployment to one of the levels low to high.
func (a *Args) scope(low, high Level, v *armjson.Node) (*armjson.Node, error) {
	if level := a.Env.Context.Level; level < low || level > high {
		return nil, &Error{Summary: a.f.Name + "() has no value here",
			Why: "the template is deployed to " + level.String()}
	}
	return a.known(v)
}

// known returns what the context says, or an unknown value where it says nothing.
func (a *Args) known(v *armjson.Node) (*armjson.Node, error) {
	if v == nil {
		return a.Missing(a.f.Name+"() is known in the deployment only", ""), nil
	}
	return v, nil
}

// String gives the level with its article, ready for a message.
func (l Level) String() string {
	return [...]string{"a resource group", "a subscription", "a management group", "the tenant"}[l]
}
