package qemu

import (
	"strings"
	"sync"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// The messages by which the builder tells how far it is; Packer carries them to whoever listens.
const (
	messageState    = "ingot-state"    // step id, running|done|failed, detail
	messageProgress = "ingot-progress" // step id, what, done, total, unit
	messageConsole  = "ingot-console"  // one line of the guest's console, while it boots or shuts down
)

// phase is a part of the build that a person follows as a step of its own. It begins once and ends once, also where
// several goroutines say so.
type phase struct {
	ui packersdk.Ui
	id string

	note string // the detail of a phase that is done; set it before end

	mu      sync.Mutex
	running bool
}

func (p *phase) begin(detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = true
	p.ui.Machine(messageState, p.id, "running", detail)
}

// end closes the phase if it is running: as done when err is nil, else as failed for err's first line.
func (p *phase) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running {
		return
	}
	p.running = false
	if err == nil {
		p.ui.Machine(messageState, p.id, "done", p.note)
		return
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	p.ui.Machine(messageState, p.id, "failed", first)
}

func (p *phase) isRunning() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}
