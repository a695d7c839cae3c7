package packercore

import (
	"strings"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
)

// gate hands events on one at a time until it is closed. Components have goroutines of their own, and a caller must not be
// told anything about a build that has returned.
type gate struct {
	mu     sync.Mutex
	emit   func(events.Event)
	closed bool
}

func (g *gate) send(e events.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.emit(e)
	}
}

// under gives a sender of events for one build of several: its steps begin with the build's name. "" changes nothing.
func (g *gate) under(build string) func(events.Event) {
	if build == "" {
		return g.send
	}
	return func(e events.Event) {
		e.Step = strings.TrimSuffix(build+"/"+e.Step, "/")
		g.send(e)
	}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
