package packercore

import (
	"context"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// shutdownStep is what a builder does after the last provisioner: it ends the guest and keeps its disk.
const shutdownStep = "shutdown"

// phases tells where a builder is that does not say it itself: it boots until the provisioners begin, and shuts down after them.
// A nil one tells nothing. It is safe for concurrent use.
type phases struct {
	out func(events.Event)
	now func() time.Time

	mu    sync.Mutex
	step  string // that runs; "": none
	began time.Time
}

// begin starts a step, unless one runs.
func (p *phases) begin(step string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.step != "" {
		return
	}
	p.step, p.began = step, p.now()
	p.out(events.Event{Step: step, State: &events.State{Phase: events.Running}})
}

// end ends the step that runs, if one does.
func (p *phases) end(phase events.Phase) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.step == "" {
		return
	}
	p.out(events.Event{Step: p.step, State: &events.State{Phase: phase, Elapsed: p.now().Sub(p.began)}})
	p.step = ""
}

// close ends the last step, as the builder ended.
func (p *phases) close(ctx context.Context, err error) {
	switch {
	case err == nil:
		p.end(events.Done)
	case context.Cause(ctx) != nil:
		p.end(events.Cancelled)
	default:
		p.end(events.Failed)
	}
}
