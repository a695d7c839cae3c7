package azuresim

import (
	"context"
	"net/http"
	"strings"
)

// show is the document of a resource as a reader sees it; r may be nil.
func (s *Sim) show(res *resource, r *http.Request) object {
	o := clone(res.body)
	if res.kind == nil {
		return o
	}
	for list, typ := range res.kind.embeds {
		values := []any{}
		for _, child := range s.store.children(res.id, typ) {
			values = append(values, s.show(child, r))
		}
		set(o, values, "properties", list)
	}
	if res.kind.view != nil {
		res.kind.view(s, res, r, o)
	}
	return o
}

func (c *call) read() (*reply, error) {
	r := c.sim.store.get(c.id)
	if r == nil {
		if group := c.id.In(); c.id.Group != "" && c.id.Scope == "" && c.sim.store.get(group) == nil {
			return nil, notFound(group)
		}
		return nil, notFound(c.id)
	}
	return ok(c.sim.show(r, c.r)), nil
}

func (c *call) exists() (*reply, error) {
	if c.sim.store.get(c.id) == nil {
		return &reply{status: http.StatusNotFound}, nil
	}
	return &reply{status: http.StatusNoContent}, nil
}

// write answers PUT and PATCH.
func (c *call) write(k *kind) (*reply, error) {
	if c.body == nil {
		return nil, refuse(http.StatusBadRequest, "InvalidRequestContent", "The request content was empty.")
	}
	old := c.sim.store.get(c.id)
	body := c.body
	switch {
	case c.r.Method == http.MethodPatch && old == nil:
		return nil, notFound(c.id)
	case c.r.Method == http.MethodPatch:
		body = clone(old.body)
		merge(body, c.body)
		if c.id.Is(groupType) && at(c.body, "tags") != nil { // the tags of a group are replaced
			body["tags"] = clone(at(c.body, "tags"))
		}
	case old == nil && c.r.Header.Get("If-Match") != "":
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailed", "The resource does not exist.")
	case old != nil && c.r.Header.Get("If-None-Match") == "*":
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailed", "The resource exists.")
	}
	ch := &change{sim: c.sim, id: c.id, kind: k, version: c.version, stuck: isStuck(c.r), who: c.who}
	op, err := c.sim.apply(ch, body)
	if err != nil {
		return nil, err
	}
	a := ok(c.sim.show(ch.res, c.r))
	if old == nil {
		a.status = http.StatusCreated
	}
	if op == nil {
		return a, nil
	}
	a.header = op.headers(c.r, c.version, k.put)
	if k.put == accepted || k.put == location && c.r.Method == http.MethodPut { // a storage account is patched with 200
		a.status = http.StatusAccepted
	}
	if k.put == byState {
		a.status = http.StatusOK
	}
	return a, nil
}

// remove answers DELETE.
func (c *call) remove(k *kind) (*reply, error) {
	s := c.sim
	r := s.store.get(c.id)
	if r == nil {
		return &reply{status: http.StatusNoContent}, nil
	}
	if err := s.checkLocked(r.id, true); err != nil {
		return nil, err
	}
	if err := s.checkHeld(r); err != nil {
		return nil, err
	}
	if k.drop == atOnce {
		s.forget(r)
		return &reply{status: http.StatusOK}, nil
	}
	op := s.delete(r, isStuck(c.r))
	return &reply{status: http.StatusAccepted, header: op.headers(c.r, c.version, k.drop)}, nil
}

// delete starts the deletion of a resource. The lock is held.
func (s *Sim) delete(r *resource, stuck bool) *operation {
	r.setState("Deleting")
	return s.start(r.id, stuck, func(ctx context.Context) (object, error) {
		if r.kind.removing != nil {
			return nil, r.kind.removing(ctx, s, r)
		}
		return nil, nil
	}, func(_ object, err error) {
		switch {
		case s.store.get(r.id) != r: // gone already
		case err != nil:
			r.setState("Failed")
		default:
			s.forget(r)
		}
	})
}

// list answers GET for a type: in a subscription, a resource group, or a parent.
func (c *call) list() (*reply, error) {
	typ := c.id.Type + "/" + c.tail
	k := kindOf(typ)
	if k == nil {
		return nil, refuse(http.StatusNotFound, "InvalidResourceType",
			"The resource type '%s' could not be found in the namespace '%s' for api version "+
				"'%s'.", typ, c.id.Provider(), c.version)
	}
	if err := checkVersion(k.name, k.since, c.version); err != nil {
		return nil, err
	}
	if c.id.Group != "" && c.sim.store.get(c.id.In()) == nil {
		return nil, notFound(c.id.In())
	}
	if len(c.id.Names) > 0 && kindOf(c.id.Type) != nil && c.sim.store.get(c.id) == nil {
		return nil, notFound(c.id)
	}
	scope := strings.ToLower(strings.TrimSuffix(c.scope(), "/")) + "/"
	var values []any
	for _, r := range c.sim.store.list(func(r *resource) bool {
		return r.id.Is(typ) && strings.HasPrefix(r.id.Key(), scope)
	}) {
		values = append(values, c.sim.show(r, c.r))
	}
	return page(values), nil
}

// scope is where a list is asked for: the path before the type.
func (c *call) scope() string {
	if len(c.id.Names) > 0 {
		return c.id.String()
	}
	id := c.id
	id.Type = ""
	return id.String()
}

// act answers POST.
func (c *call) act(k *kind) (*reply, error) {
	a := k.actions[strings.ToLower(c.tail)]
	if a == nil {
		return nil, refuse(http.StatusNotFound, "InvalidResourceAction", "The action '%s' is not served for type '%s'.",
			c.tail, k.name)
	}
	r := c.sim.store.get(c.id)
	if r == nil {
		return nil, notFound(c.id)
	}
	if err := c.sim.checkLocked(c.id, false); err != nil { // also of those that only read, as keys are read
		return nil, err
	}
	answer, long, err := a.do(c, r)
	if err != nil || long == nil {
		return answer, err
	}
	op := c.sim.start(r.id, isStuck(c.r), long, nil)
	return &reply{status: http.StatusAccepted, header: op.headers(c.r, c.version, accepted)}, nil
}
