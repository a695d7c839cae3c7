package gateway

import (
	"context"
	"net/http"
)

// deleting lets the plugin delete what the run made, and nothing else.
func (g *Gateway) deleting(ctx context.Context, c *call) error {
	if err := g.ledger.lock(ctx); err != nil {
		return err
	}
	defer g.ledger.unlock()
	switch {
	case g.ledger.given[c.key()] && c.typ() == "":
		return refuse(http.StatusForbidden, codeRefused, "resource group %s is not deleted: the build was given it", c.group())
	case g.ledger.isOurs(c.key()):
		return nil
	}
	there, err := g.isThere(ctx, made{c.path, c.version})
	switch {
	case err != nil:
		return err
	case !there:
		return refuse(http.StatusNotFound, codeAbsent, "%s is not there", c.path)
	}
	return refuse(http.StatusForbidden, codeRefused, "%s is not deleted: this build has not made it", c.path)
}

// deleted notes that Azure took an order to delete something.
func (g *Gateway) deleted(c *call) {
	if g.ledger.lock(g.ctx) != nil {
		return
	}
	defer g.ledger.unlock()
	g.ledger.leaving[c.key()] = &parted{c.path, c.version}
}

// notThere notes that Azure says so of a thing. If it was deleted, it is gone now.
func (g *Gateway) notThere(key string) {
	if g.ledger.lock(g.ctx) != nil {
		return
	}
	defer g.ledger.unlock()
	if g.ledger.leaving[key] != nil {
		g.gone(key)
	}
}

// gone strikes a thing and all that was in it. The ledger is locked.
func (g *Gateway) gone(key string) {
	for k, id := range g.ledger.known {
		if inside(k, key) {
			delete(g.ledger.known, k)
			g.opts.Gone(id)
		}
	}
	for k := range g.ledger.leaving {
		if inside(k, key) {
			delete(g.ledger.leaving, k)
		}
	}
}

// settle asks for what was deleted and not seen gone, since the plugin does not always wait for it.
func (g *Gateway) settle(ctx context.Context) {
	if g.ledger.lock(ctx) != nil {
		return
	}
	defer g.ledger.unlock()
	for key, one := range g.ledger.leaving {
		status, _, err := g.ask(ctx, one.id, one.version)
		if err != nil && ctx.Err() != nil {
			return
		}
		if err == nil && status == http.StatusNotFound {
			g.gone(key)
		}
	}
}
