package azuresim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
)

// planned is a resource that a deployment makes.
type planned struct {
	id      ID
	version string
	body    object
	state   string // of its operation: Running, Succeeded, Failed
	err     *Error
	opID    string
}

// checkDeployment evaluates the template, as Azure does before it answers.
func checkDeployment(c *change) error {
	props, _ := at(c.body(), "properties").(object)
	if mode := text(props, "mode"); mode != "" && !strings.EqualFold(mode, "Incremental") {
		return refuse(http.StatusBadRequest, "InvalidDeploymentMode", "The deployment mode '%s' is not served here.", mode)
	}
	resources, outputs, err := c.sim.expand(c.id, props)
	if err != nil {
		return err
	}
	if err := c.sim.mayDeploy(c.who, c.id, resources); err != nil {
		return err
	}
	b := c.body()
	hideParameters(props)
	delete(props, "template")
	set(b, outputs, "properties", "outputs")
	set(b, randomUUID(), "properties", "correlationId")
	set(b, stamp(time.Now()), "properties", "timestamp")
	set(b, "PT0S", "properties", "duration")
	set(b, "Incremental", "properties", "mode")
	delete(b, "location")
	c.res.plan = resources
	return nil
}

// expand evaluates a template into resources that have their full ids.
func (s *Sim) expand(id ID, props object) ([]*planned, object, error) {
	root, err := asNode("template.json", at(props, "template"))
	if err != nil {
		return nil, nil, err
	}
	values, err := asNode("parameters.json", object{"contentVersion": "1.0.0.0", "parameters": orEmpty(at(props,
		"parameters"))})
	if err != nil {
		return nil, nil, err
	}
	group := s.store.get(id.In())
	if group == nil {
		return nil, nil, notFound(id.In())
	}
	expanded, list := deployment.Expand(root, deployment.Params{
		Files: []*armjson.Node{values}, Strict: true, SubscriptionID: id.Subscription, ResourceGroup: group.id.Group,
		TenantID: s.opts.TenantID, Location: text(group.body, "location"), Now: time.Now(), GUID: randomUUID,
	})
	if list.HasErrors() {
		return nil, nil, templateError(id, fmt.Sprint(list))
	}
	var resources []*planned
	for _, r := range expanded.Resources {
		p, err := plan(id, r)
		if err != nil {
			return nil, nil, err
		}
		resources = append(resources, p)
	}
	outputs := object{}
	for _, o := range expanded.Outputs {
		var v any
		if !o.Value.HasUnknown() && json.Unmarshal([]byte(o.Value.JSON()), &v) == nil {
			outputs[o.Name] = object{"value": v}
		}
	}
	return resources, outputs, nil
}

// plan makes a document of a resource of a template.
func plan(id ID, r deployment.Resource) (*planned, error) {
	if r.Body.HasUnknown() {
		return nil, templateError(id, "resource '"+r.Name+"' has a value that only the deployment itself would know; "+
			"reference() and list functions are not served here")
	}
	var body object
	if err := json.Unmarshal([]byte(r.Body.JSON()), &body); err != nil {
		return nil, templateError(id, err.Error())
	}
	rid, tail, ok := parsePath(strings.TrimSuffix(r.ID, "/"))
	if !ok || tail != "" {
		return nil, templateError(id, "resource '"+r.Name+"' of type '"+r.Type+"' has no valid id")
	}
	k := kindOf(rid.Type)
	if k == nil {
		return nil, refuse(http.StatusBadRequest, "InvalidTemplateDeployment",
			"The resource type '%s' of resource '%s' is not served here.",
			r.Type, r.Name)
	}
	if err := checkVersion(k.name, k.since, r.APIVersion); err != nil {
		return nil, err
	}
	return &planned{id: rid, version: r.APIVersion, body: body, opID: strings.ToUpper(randomName(16))}, nil
}

func templateError(id ID, why string) *Error {
	return refuse(http.StatusBadRequest, "InvalidTemplate", "Deployment template validation failed: '%s'. (%s)", why,
		id.Name())
}

func orEmpty(v any) any {
	if v == nil {
		return object{}
	}
	return v
}

func asNode(name string, v any) (*armjson.Node, error) {
	data, err := json.Marshal(v)
	if err != nil || v == nil {
		return nil, refuse(http.StatusBadRequest, "InvalidRequestContent", "The request has no %s.", name)
	}
	node, list := armjson.Parse(name, data)
	if list.HasErrors() {
		return nil, refuse(http.StatusBadRequest, "InvalidRequestContent", "%v", list)
	}
	return node, nil
}

// hideParameters takes out the values of parameters that are secure.
func hideParameters(props object) {
	given, _ := at(props, "parameters").(object)
	for name, v := range given {
		kind := text(props, "template", "parameters", name, "type")
		entry, _ := v.(object)
		if entry == nil {
			continue
		}
		entry["type"] = kind
		if strings.HasPrefix(strings.ToLower(kind), "secure") {
			delete(entry, "value")
		}
	}
}

// validateDeployment evaluates a template and makes nothing.
func validateDeployment(c *call) (*reply, error) {
	props, _ := at(c.body, "properties").(object)
	resources, _, err := c.sim.expand(c.id, props)
	if err != nil {
		return nil, err
	}
	if err := c.sim.mayDeploy(c.who, c.id, resources); err != nil {
		return nil, err
	}
	validated := []any{}
	for _, p := range resources {
		if known := kindOf(p.id.Type); !known.nowhere {
			ch := &change{sim: c.sim, id: p.id, kind: known, res: &resource{body: p.body}}
			if err := c.sim.checkPolicies(ch); err != nil {
				return nil, invalidDeployment(c.id, err)
			}
		}
		validated = append(validated, object{"id": p.id.String()})
	}
	hideParameters(props)
	return ok(object{"id": c.id.String(), "name": c.id.Name(), "type": deploymentType, "properties": object{
		"provisioningState": "Succeeded", "mode": "Incremental", "timestamp": stamp(time.Now()), "duration": "PT0S",
		"correlationId": randomUUID(), "validatedResources": validated, "parameters": orEmpty(at(props, "parameters")),
	}}), nil
}

func invalidDeployment(id ID, err error) *Error {
	e := refuse(http.StatusBadRequest, "InvalidTemplateDeployment",
		"The template deployment '%s' is not valid. See inner errors for details.",
		id.Name())
	e.Details = []*Error{asError(err)}
	return e
}
