package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// removals delete what the plugin gives up, with Options.Remove. The plugin deletes one thing after another and waits for each, or all of
// them at once and again after 10, 20 and 40 seconds what was held by another one. Here the plugin is told that it is done, what holds
// another thing goes first, the rest side by side, and the build goes on meanwhile.
type removals struct {
	mu   sync.Mutex
	open map[string]*removal // by key; what is gone stays, so that the plugin is told so
	left sync.WaitGroup
}

// removal is one thing that is on its way out.
type removal struct {
	*call
	done chan struct{}
}

// ranks are the order in which types go: a thing holds those with higher ranks. A type that is not here holds nothing of a build.
var ranks = map[string]int{
	"microsoft.compute/virtualmachines":       0,
	"microsoft.network/networkinterfaces":     1,
	"microsoft.compute/disks":                 1,
	"microsoft.network/virtualnetworks":       2,
	"microsoft.network/publicipaddresses":     2,
	"microsoft.network/networksecuritygroups": 3,
}

func (r *removal) rank() int {
	if rank, ok := ranks[r.typ()]; ok {
		return rank
	}
	return 0
}

// removed reports whether the plugin has given up a thing, or what it is in.
func (r *removals) removed(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.open {
		if inside(key, k) {
			return true
		}
	}
	return false
}

// holders are those on their way out that may hold one of a rank.
func (r *removals) holders(rank int) (list []<-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.open {
		if one.rank() < rank {
			list = append(list, one.done)
		}
	}
	return list
}

// add takes a thing in. It is false for what is on its way already.
func (r *removals) add(c *call) (*removal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.open[c.key()]; ok {
		return nil, false
	}
	one := &removal{call: c, done: make(chan struct{})}
	if r.open == nil {
		r.open = map[string]*removal{}
	}
	r.open[c.key()] = one
	return one, true
}

// forget is for a thing that is made again.
func (r *removals) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, key)
}

// remove begins to delete a thing. The plugin may take it for gone.
func (g *Gateway) remove(c *call) {
	one, fresh := g.removals.add(c)
	if !fresh {
		return
	}
	g.removals.left.Go(func() {
		defer close(one.done)
		if err := g.removeNow(g.ctx, one); err != nil && g.ctx.Err() == nil {
			g.opts.Say(fmt.Sprintf("%s is not deleted yet, and is at the end of the run: %s", c.short(), firstLine(err)))
		}
	})
}

const (
	removeTries = 12
	removePause = 250 * time.Millisecond // before the second try; it doubles
	maxRemoval  = 15 * time.Second       // between two tries
)

// removeNow deletes a thing, and returns when it is seen gone. What another one holds is tried again.
func (g *Gateway) removeNow(ctx context.Context, one *removal) error {
	pause := removePause
	var last error
	for range removeTries {
		for _, held := range g.removals.holders(one.rank()) {
			select {
			case <-held:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		again, err := g.order(ctx, one)
		if err == nil {
			return g.awaitGone(ctx, one)
		}
		if !again {
			return err
		}
		last = err
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxRemoval)
	}
	return last
}

// order tells Azure to delete a thing. again is set for an error that may be over the next time.
func (g *Gateway) order(ctx context.Context, one *removal) (again bool, err error) {
	status, data, err := g.send(ctx, http.MethodDelete, one.path, one.version)
	if err != nil {
		return true, err
	}
	if status < 300 || status == http.StatusNotFound {
		return false, nil
	}
	f := azurearm.ExplainBody(status, data)
	again = status == http.StatusConflict || status == http.StatusBadRequest || status >= 500
	return again, fmt.Errorf("answered with %d %s: %s", status, f.Code, f.Message)
}

// awaitGone asks for a thing until it is not there, as often as polls are let through.
func (g *Gateway) awaitGone(ctx context.Context, one *removal) error {
	key := one.key()
	for {
		if err := g.pace.wait(ctx, key); err != nil {
			return err
		}
		status, data, err := g.ask(ctx, one.path, one.version)
		switch {
		case err != nil:
			return err
		case status == http.StatusNotFound:
			if err := g.ledger.lock(ctx); err != nil {
				return err
			}
			defer g.ledger.unlock()
			g.gone(key)
			return nil
		case status >= 400 && status < 500:
			return said(status, data)
		}
		g.pace.asked(key, 0, false)
	}
}

// send is a request of the gateway's own, without a body.
func (g *Gateway) send(ctx context.Context, method, path, version string) (int, []byte, error) {
	where, err := readPlace(path)
	if err != nil {
		return 0, nil, err
	}
	ctx = context.WithValue(ctx, callKey{}, &call{place: where, method: method, version: version})
	req, err := http.NewRequestWithContext(ctx, method, g.manager.String()+path, nil)
	if err != nil {
		return 0, nil, err
	}
	req.URL.RawQuery = url.Values{"api-version": {version}}.Encode()
	resp, err := g.upstream.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, data, err
}
