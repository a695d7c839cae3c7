package deployment

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// reference answers reference() for a nested deployment: by its name, its id, or its symbolic name. See armexpr.Env.
func (b *contents) reference(args []*armjson.Node) (*armjson.Node, bool, error) {
	r := b.find(args[0].Text)
	if r == nil {
		return nil, false, nil
	}
	return b.x.answerFor(r, args, len(args) > 2 && strings.EqualFold(args[2].Text, "Full"))
}

// references answers references() for a loop of nested deployments, by its symbolic name.
func (b *contents) references(args []*armjson.Node) (*armjson.Node, bool, error) {
	var found []*instance
	for at := b; at != nil && found == nil; at = at.outer {
		found = at.symbols[strings.ToLower(args[0].Text)]
	}
	full := len(args) > 1 && strings.EqualFold(args[1].Text, "Full")
	var items []*armjson.Node
	for _, r := range found {
		if err := b.x.budget.Step(); err != nil {
			return nil, true, err
		}
		v, ok, err := b.x.answerFor(r, args, full)
		if !ok || err != nil {
			return nil, ok, err
		}
		items = append(items, v)
	}
	if found == nil {
		return nil, false, nil
	}
	return armjson.NewArray(items), true, nil
}

// find looks a nested deployment up: in the template itself, then in those around it with the same scope.
func (b *contents) find(name string) *instance {
	key := strings.ToLower(strings.TrimSuffix(name, "/"))
	for at := b; at != nil; at = at.outer {
		if list := at.symbols[key]; len(list) == 1 {
			return list[0]
		}
		if open := strings.LastIndexByte(key, '['); open > 0 && strings.HasSuffix(key, "]") {
			i, err := strconv.Atoi(key[open+1 : len(key)-1])
			if list := at.symbols[key[:open]]; err == nil && i >= 0 && i < len(list) {
				return list[i]
			}
		}
		if n := at.nested[key]; n != nil {
			return n.r
		}
	}
	return nil
}

// answerFor tells what is known of a resource once it is deployed; ok is false when that is nothing.
func (x *expansion) answerFor(r *instance, args []*armjson.Node, full bool) (v *armjson.Node, ok bool, err error) {
	switch {
	case r.broken:
		return nil, true, errReported
	case r.nested == nil:
		return nil, false, nil
	}
	if v, err = x.get(&r.nested.answer); err != nil {
		return nil, true, err
	}
	if full && v.Kind == armjson.Object {
		known := armjson.NewObject([]armjson.Member{{Key: "properties", Value: v}})
		if r.apiVersion != nil {
			known = filled(known, "apiVersion", r.apiVersion)
		}
		v = filled(known, "resourceId", armjson.NewString(r.id), "subscriptionId",
			r.place.subscription.Get("subscriptionId"), "resourceGroupName", r.place.group.Get("name"))
	}
	return v, true, nil
}

// reference is what reference() tells of a nested deployment: its outputs, and the other properties as far as they are
// known.
func (n *nested) reference() (*armjson.Node, error) {
	if _, err := n.r.b.x.get(&n.begin); err != nil {
		return nil, err
	}
	form := fmt.Sprintf("reference('%s')", plain(n.r.name))
	if n.b == nil {
		m := *n.why.Unknown
		m.Kind, m.Form = armjson.Object, form
		return armjson.NewUnknown(m), nil
	}
	outputs, err := n.b.outputsObject()
	if err != nil {
		return nil, err
	}
	const why = "it is known once the nested deployment is done"
	v := armjson.NewObject([]armjson.Member{{Key: "outputs", Value: outputs},
		{Key: "provisioningState", Value: armjson.NewString("Succeeded")}})
	for _, name := range []string{"correlationId", "duration", "mode", "onErrorDeployment", "outputResources",
		"parameters",
		"parametersLink", "providers", "templateHash", "templateLink", "timestamp", "validatedResources",
		"dependencies"} {
		v = filled(v, name, armjson.NewUnknown(armjson.Missing{Form: form + "." + name, Why: why}))
	}
	return v, nil
}
