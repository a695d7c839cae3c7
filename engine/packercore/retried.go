package packercore

import (
	"fmt"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// retryNotice is how long after an error its provisioner must still be at work to count as one that tries again.
const retryNotice = 3 * time.Second

// retried tells a person what a provisioner met and goes on after. Packer's try for five minutes to copy a script and to start it,
// without a word, since the guest may be on its way up. The zero value is ready to use.
type retried struct {
	mu    sync.Mutex
	text  string // of the last error
	timer *time.Timer
	over  bool
}

// note takes an error that the provisioner gets. The same one again is not told again.
func (r *retried) note(ui *ui, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || err.Error() == r.text {
		return
	}
	r.text = err.Error()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.timer = time.AfterFunc(retryNotice, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.over {
			ui.output(events.Say, fmt.Sprintf("it goes on trying after: %v", err))
		}
	})
}

// end is called when the provisioner has come to its end.
func (r *retried) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	if r.timer != nil {
		r.timer.Stop()
	}
}
