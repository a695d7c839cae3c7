package packercore

import (
	"fmt"
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

// under gives a sender of events for one build of several: its steps, and their titles, begin with the build's name. "" changes
// nothing.
func (g *gate) under(build string) func(events.Event) {
	if build == "" {
		return g.send
	}
	return func(e events.Event) {
		e.Step = stepID(build, e.Step)
		if e.State != nil && e.State.Title != "" {
			state := *e.State
			state.Title = stepTitle(build, state.Title)
			e.State = &state
		}
		g.send(e)
	}
}

// stepID is the id of a step of a build: "web.null.x/provisioner[0]". Either part may be "".
func stepID(build, step string) string { return strings.Trim(build+"/"+step, "/") }

// stepTitle is what a person reads for a step of a build, which may be "".
func stepTitle(build, title string) string {
	if build == "" {
		return title
	}
	return build + ": " + title
}

// provisionerID is the step of provisioner i of a build block.
func provisionerID(i int) string { return fmt.Sprintf("provisioner[%d]", i) }

// postProcessorID is the step of post-processor k of sequence i.
func postProcessorID[P any](sequence []P, i, k int) string {
	if len(sequence) == 1 {
		return fmt.Sprintf("post-processor[%d]", i)
	}
	return fmt.Sprintf("post-processors[%d][%d]", i, k)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
