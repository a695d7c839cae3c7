package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// Policy is an assignment that denies resources: those of a type, or of any with "", that are not in one of the
// locations or lack one of the tags. With neither it denies the type.
type Policy struct {
	Name      string
	Type      string
	Locations []string // allowed
	Tags      []string // wanted
}

// denies tells whether a document is denied, and by which of its fields.
func (p *Policy) denies(typ string, body object) (field string, denied bool) {
	if p.Type != "" && !strings.EqualFold(p.Type, typ) {
		return "", false
	}
	place := normal(text(body, "location"))
	if len(p.Locations) > 0 && place != "" && !slices.ContainsFunc(p.Locations,
		func(l string) bool { return normal(l) == place }) {
		return "location", true
	}
	for _, tag := range p.Tags {
		if at(body, "tags", tag) == nil {
			return "tags['" + tag + "']", true
		}
	}
	return "type", len(p.Locations) == 0 && len(p.Tags) == 0
}

func (p *Policy) id(sub string) string {
	return "/subscriptions/" + sub + "/providers/Microsoft.Authorization/policyAssignments/" + p.Name
}

// checkPolicies refuses a document that an assignment denies.
func (s *Sim) checkPolicies(c *change) error {
	if c.kind.nowhere {
		return nil
	}
	for _, p := range s.opts.Policies {
		if _, denied := p.denies(c.kind.name, c.body()); denied {
			return refuse(http.StatusForbidden, "RequestDisallowedByPolicy",
				"Resource '%s' was disallowed by policy. Policy identifiers: "+
					"'[{\"policyAssignment\":{\"name\":\"%s\",\"id\":\"%s\"}}]'.", c.id.Name(), p.Name, p.id(c.id.Subscription))
		}
	}
	return nil
}

func listPolicyAssignments(c *call) (*reply, error) {
	var values []any
	for _, p := range c.sim.opts.Policies {
		values = append(values, object{"id": p.id(c.id.Subscription), "name": p.Name,
			"type": "Microsoft.Authorization/policyAssignments",
			"properties": object{"displayName": p.Name, "enforcementMode": "Default", "scope": "/subscriptions/" +
				c.id.Subscription}})
	}
	return page(values), nil
}

// checkRestrictions tells beforehand what policies would say to a resource.
//
// Reference: https://learn.microsoft.com/rest/api/policyinsights/policy-restrictions
func checkRestrictions(c *call) (*reply, error) {
	content, _ := at(c.body, "resourceDetails", "resourceContent").(object)
	if content == nil {
		return nil, refuse(http.StatusBadRequest, "InvalidRequestContent", "resourceDetails.resourceContent is missing.")
	}
	evaluations := []any{}
	for _, p := range c.sim.opts.Policies {
		field, denied := p.denies(text(content, "type"), content)
		if !denied {
			continue
		}
		evaluations = append(evaluations, object{
			"policyInfo":       object{"policyAssignmentId": p.id(c.id.Subscription)},
			"evaluationResult": "NonCompliant",
			"effectDetails":    object{"policyEffect": "Deny"},
			"evaluationDetails": object{"evaluatedExpressions": []any{object{"result": "True", "expressionKind": "Field",
				"expression": field}}},
		})
	}
	return ok(object{"fieldRestrictions": []any{},
		"contentEvaluationResult": object{"policyEvaluations": evaluations}}), nil
}
