package machine

import (
	"strconv"
	"strings"
	"sync"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// The messages by which the builder tells how far it is; Packer carries them to whoever listens.
const (
	MessageState    = "ingot-state"    // step id, running|done|failed, detail
	MessageProgress = "ingot-progress" // step id, what, done, total, unit
	MessageConsole  = "ingot-console"  // one line of the guest's console, while it boots or shuts down
)

// Phase is a part of the build that a person follows as a step of its own. It begins once and ends once, also where
// several goroutines say so.
type Phase struct {
	UI packersdk.Ui
	ID string // of the step

	Note string // the detail of a phase that is done; set it before End

	mu      sync.Mutex
	running bool
}

// Begin opens the phase.
func (p *Phase) Begin(detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = true
	p.UI.Machine(MessageState, p.ID, "running", detail)
}

// End closes the phase if it is running: as done when err is nil, else as failed for err's first line.
func (p *Phase) End(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running {
		return
	}
	p.running = false
	if err == nil {
		p.UI.Machine(MessageState, p.ID, "done", p.Note)
		return
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	p.UI.Machine(MessageState, p.ID, "failed", first)
}

// IsRunning tells whether the phase began and did not end.
func (p *Phase) IsRunning() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

// Progress tells how many checks of the phase, of total, are done, and which one is waited for.
func (p *Phase) Progress(what string, done, total int) {
	p.UI.Machine(MessageProgress, p.ID, what, strconv.Itoa(done), strconv.Itoa(total), "checks")
}
