package gateway

import (
	"context"
	"net/http"
	"strings"
)

// ledger is what the gateway knows of the run's resources.
type ledger struct {
	turn    chan struct{}      // one at a time: Created and Gone, and the fields below
	given   map[string]bool    // keys of Options.Known
	known   map[string]string  // recorded: ids by key
	foreign map[string]bool    // keys of what was there before
	leaving map[string]*parted // deleted, and not yet seen gone: by key
}

type parted struct{ id, version string }

func newLedger(known []string) ledger {
	l := ledger{
		turn: make(chan struct{}, 1), given: map[string]bool{}, known: map[string]string{}, foreign: map[string]bool{},
		leaving: map[string]*parted{},
	}
	for _, id := range known {
		id = strings.TrimSuffix(id, "/")
		l.known[strings.ToLower(id)], l.given[strings.ToLower(id)] = id, true
	}
	return l
}

func (l *ledger) lock(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *ledger) unlock() { <-l.turn }

// isOurs reports whether the run made a thing, or what it is in.
func (l *ledger) isOurs(key string) bool {
	for i := len(key); i > 0; i = strings.LastIndexByte(key[:i], '/') {
		if _, ok := l.known[key[:i]]; ok {
			return true
		}
	}
	return false
}

// made is a resource that a call makes, and the api-version to ask for it with.
type made struct{ id, version string }

const (
	deploymentType = "microsoft.resources/deployments"
	vmType         = "microsoft.compute/virtualmachines"
)

// making records what a call makes. Only when that is done may the call be sent.
func (g *Gateway) making(ctx context.Context, c *call) error {
	list := []made{{c.id(), c.version}}
	var err error
	switch c.typ() {
	case deploymentType:
		var inside []made
		inside, err = g.deployed(ctx, c)
		list = append(list, inside...)
	case vmType:
		list, err = g.withDisks(list, c.place, c.body)
	}
	if err != nil {
		return err
	}
	if err := g.ledger.lock(ctx); err != nil {
		return err
	}
	defer g.ledger.unlock()
	fresh := map[string]bool{} // what is not there yet, and so nothing in it
	for _, m := range list {
		if err := g.record(ctx, m, fresh); err != nil {
			return err
		}
	}
	return nil
}

// record records one resource, if it is not there. The ledger is locked.
func (g *Gateway) record(ctx context.Context, m made, fresh map[string]bool) error {
	key := strings.ToLower(m.id)
	if _, ok := g.ledger.known[key]; ok || g.ledger.foreign[key] {
		return nil
	}
	there := false
	if parent := key[:strings.LastIndexByte(key[:strings.LastIndexByte(key, '/')], '/')]; !g.ledger.isOurs(key) && !fresh[parent] {
		var err error
		if there, err = g.isThere(ctx, m); err != nil {
			return err
		}
	}
	if there {
		g.ledger.foreign[key] = true
		return nil
	}
	fresh[key] = true
	return g.created(ctx, m.id)
}

// created tells the caller of a resource. The ledger is locked.
func (g *Gateway) created(ctx context.Context, id string) error {
	if err := g.opts.Created(context.WithoutCancel(ctx), id); err != nil {
		return refuse(http.StatusConflict, codeNotRecorded, "%s is not made, since it could not be recorded: %s", id, firstLine(err))
	}
	g.ledger.known[strings.ToLower(id)] = id
	return nil
}

// isThere asks whether a resource is there. What is not known is an error: a thing of somebody else's must not be taken for the run's,
// nor the other way round.
func (g *Gateway) isThere(ctx context.Context, m made) (bool, error) {
	status, data, err := g.ask(ctx, m.id, m.version)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusNotFound:
		return false, nil
	case status < 300:
		return true, nil
	case status >= 500 || status == http.StatusTooManyRequests:
		return false, refuse(http.StatusServiceUnavailable, codeRefused, "whether %s is there is not known yet: %d", m.id, status)
	}
	return false, refuse(http.StatusForbidden, codeRefused,
		"whether %s is there already cannot be told, and so not who has to remove it: %v", m.id, said(status, data))
}
