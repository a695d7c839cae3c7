package azuresim

import (
	"context"
	"net/http"
	"strings"
)

// runDeployment makes the resources of a deployment: each as soon as those are there that its document refers to, and
// its parent; what fails does not keep the others of the same turn from being made.
func runDeployment(ctx context.Context, c *change) error {
	left := c.res.plan
	for len(left) > 0 {
		ready, rest := nextTurn(left)
		if len(ready) == 0 {
			return refuse(http.StatusBadRequest, "InvalidTemplate", "Circular dependency detected on resource: '%s'.",
				left[0].id)
		}
		var running []*operation
		for _, p := range ready {
			running = append(running, c.sim.deploy(p))
		}
		for i, op := range running {
			if op == nil {
				continue
			}
			select {
			case <-op.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			c.sim.settle(ready[i], op.err)
		}
		if err := c.sim.deploymentError(ready); err != nil {
			return err
		}
		left = rest
	}
	return nil
}

// nextTurn splits resources into those that need none of the others, and the rest.
func nextTurn(left []*planned) (ready, rest []*planned) {
	for _, p := range left {
		waits := false
		for _, other := range left {
			waits = waits || other != p && p.needs(other.id)
		}
		if waits {
			rest = append(rest, p)
		} else {
			ready = append(ready, p)
		}
	}
	return ready, rest
}

// needs tells whether a resource is inside another or refers to it.
func (p *planned) needs(id ID) bool {
	key, found := id.Key(), strings.HasPrefix(p.id.Key(), id.Key()+"/")
	walk(p.body, "", func(_, value string) {
		value = strings.ToLower(value)
		found = found || value == key || strings.HasPrefix(value, key+"/")
	})
	return found
}

// deploy starts one; the operation is nil when it is done at once, or refused.
func (s *Sim) deploy(p *planned) *operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.apply(&change{sim: s, id: p.id, kind: kindOf(p.id.Type), version: p.version}, p.body)
	p.state = "Running"
	if err != nil {
		p.state, p.err = "Failed", asError(err)
	} else if op == nil {
		p.state = "Succeeded"
	}
	return op
}

func (s *Sim) settle(p *planned, err *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.state, p.err = "Succeeded", err; err != nil {
		p.state = "Failed"
	}
}

// deploymentError joins what went wrong in a turn; nil if nothing did.
func (s *Sim) deploymentError(done []*planned) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed []*Error
	for _, p := range done {
		if p.err != nil {
			e := *p.err
			e.Target = p.id.String()
			failed = append(failed, &e)
		}
	}
	if failed == nil {
		return nil
	}
	e := refuse(http.StatusConflict, "DeploymentFailed", "At least one resource deployment operation failed. Please "+
		"list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.")
	e.Details = failed
	return e
}

// viewDeployment adds what came of it.
func viewDeployment(_ *Sim, r *resource, _ *http.Request, o object) {
	var made []any
	for _, p := range r.plan {
		if p.state == "Succeeded" {
			made = append(made, object{"id": p.id.String()})
		}
	}
	if made != nil {
		set(o, made, "properties", "outputResources")
	}
	if r.op != nil && r.op.ready() && r.op.err != nil {
		set(o, r.op.err.body(), "properties", "error")
	}
}

// listDeploymentOperations has one for each resource, in the order of the template, and one that evaluates the outputs.
func listDeploymentOperations(c *call) (*reply, error) {
	r := c.sim.store.get(c.id)
	if r == nil {
		return nil, refuse(http.StatusNotFound, "DeploymentNotFound", "Deployment '%s' could not be found.", c.id.Name())
	}
	values := []any{}
	for _, p := range r.plan {
		if p.state == "" {
			continue
		}
		status := object{"id": c.id.String() + "/operations/" + p.opID, "operationId": p.opID, "properties": object{
			"provisioningOperation": "Create", "provisioningState": p.state, "timestamp": stamp(r.created), "duration": "PT1S",
			"statusCode": map[string]string{"Succeeded": "OK", "Running": "Accepted", "Failed": "Conflict"}[p.state],
			"targetResource": object{"id": p.id.String(), "resourceType": kindOf(p.id.Type).name,
				"resourceName": joinNames(p.id)},
		}}
		if p.err != nil {
			set(status, object{"error": p.err.body()}, "properties", "statusMessage")
		}
		values = append(values, status)
	}
	values = append(values, object{"id": c.id.String() + "/operations/08000000000000000000",
		"operationId": "08000000000000000000",
		"properties": object{"provisioningOperation": "EvaluateDeploymentOutput", "provisioningState": "Succeeded",
			"statusCode": "OK",
			"timestamp":  stamp(r.created), "duration": "PT0S"}})
	return page(values), nil
}
