package packercore

import (
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

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
