package azuresim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// change is a document on its way into the store.
type change struct {
	sim     *Sim
	id      ID
	kind    *kind
	version string    // api-version
	old     *resource // what it replaces; nil for a new one
	res     *resource // what will be there
	stuck   bool      // a fault: the operation never ends
	who     claims    // whose change it is
}

// body is the new document.
func (c *change) body() object { return c.res.body }

// apply checks a document, stores it, and starts the long part. The answer's operation is nil where there is none.
func (s *Sim) apply(c *change, body object) (*operation, error) {
	if err := s.checkPlace(c, body); err != nil {
		return nil, err
	}
	if err := s.checkLocked(c.id, false); err != nil {
		return nil, err
	}
	c.old = s.store.get(c.id)
	now := time.Now()
	c.res = &resource{id: c.id, kind: c.kind, body: body, created: now, changed: now, secret: object{}}
	if c.old != nil { // what is not in the document stays
		c.res.id, c.res.secret, c.res.guest, c.res.sas = c.old.id, clone(c.old.secret), c.old.guest, c.old.sas
		c.res.spread, c.res.op, c.res.copying = c.old.spread, c.old.op, c.old.copying
	}
	c.complete()
	if err := s.checkReferences(c); err != nil {
		return nil, err
	}
	if err := s.checkPolicies(c); err != nil {
		return nil, err
	}
	children := c.takeEmbedded()
	if c.kind.check != nil {
		if err := c.kind.check(c); err != nil {
			return nil, err
		}
	}
	s.store.put(c.res)
	if err := s.putEmbedded(c, children); err != nil {
		if c.old == nil {
			s.forget(c.res)
		}
		return nil, err
	}
	if c.kind.stored != nil {
		c.kind.stored(c)
	}
	if c.kind.put == atOnce && c.kind.work == nil {
		c.res.setState("Succeeded")
		return nil, nil
	}
	busy := "Creating"
	if c.old != nil {
		busy = "Updating"
	}
	c.res.setState(busy)
	return s.start(c.id, c.stuck, func(ctx context.Context) (object, error) {
		if c.kind.work == nil {
			return nil, nil
		}
		return nil, c.kind.work(ctx, c)
	}, func(_ object, err error) {
		if s.store.get(c.id) != c.res {
			return // replaced or gone meanwhile
		}
		c.res.setState(map[bool]string{true: "Succeeded", false: "Failed"}[err == nil])
	}), nil
}

// complete fills in what every document has.
func (c *change) complete() {
	b := c.res.body
	b["id"], b["name"], b["type"] = c.res.id.String(), c.res.id.Name(), c.kind.name
	delete(b, "apiVersion")
	if !c.kind.nowhere {
		if c.old != nil {
			fill(b, at(c.old.body, "location"), "location")
		}
		b["location"] = normal(text(b, "location"))
	}
	if _, has := at(b, "properties").(object); !has {
		b["properties"] = object{}
	}
	if c.id.Provider() == "Microsoft.Network" {
		b["etag"] = fmt.Sprintf("W/%q", randomName(8))
		fill(b, randomUUID(), "properties", "resourceGuid")
	}
	if who := at(b, "identity"); who != nil {
		c.completeIdentity()
	}
}

// takeEmbedded removes the children from a document that are written in it, by the name of their list.
func (c *change) takeEmbedded() map[string][]any {
	taken := map[string][]any{}
	for list := range c.kind.embeds {
		if at(c.body(), "properties", list) != nil {
			taken[list] = items(c.body(), "properties", list)
			unset(c.body(), "properties", list)
		}
	}
	return taken
}

// putEmbedded stores them. Children that are not in the list any more go, if nothing holds them.
func (s *Sim) putEmbedded(c *change, lists map[string][]any) error {
	for list, values := range lists {
		typ := c.kind.embeds[list]
		var names []string
		for _, v := range values {
			child, _ := v.(object)
			name := text(child, "name")
			if name == "" {
				return refuse(http.StatusBadRequest, "InvalidRequestFormat", "An element of '%s' has no name.", list)
			}
			names = append(names, strings.ToLower(name))
			id := c.id.Child(typ, name)
			if _, err := s.apply(&change{sim: s, id: id, kind: kindOf(id.Type), version: c.version}, child); err != nil {
				return err
			}
		}
		for _, r := range s.store.children(c.id, typ) {
			if slices.Contains(names, strings.ToLower(r.id.Name())) {
				continue
			}
			if err := s.checkHeld(r); err != nil {
				return err
			}
			s.forget(r)
		}
	}
	return nil
}
