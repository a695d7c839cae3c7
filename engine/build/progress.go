package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
)

// progressFile tells, in the run's folder, how far the run is: a line of JSON for each step that begins and ends, on the disk before the
// next one begins. The journal of events has that too, but is written a moment later, and a step must not be run twice for that moment.
const progressFile = "progress.jsonl"

// mark is a line of it.
type mark struct {
	Step   string            `json:"step"`
	Phase  events.Phase      `json:"phase,omitempty"`
	Output *events.RunOutput `json:"output,omitempty"` // of a distributor
}

// progress writes the file. It is safe for concurrent use.
type progress struct {
	path string

	mu     sync.Mutex
	failed bool
}

// note writes what an event says of how far the run is. The error is told once.
func (p *progress) note(e events.Event) error {
	m := mark{Step: e.Step, Output: e.RunOutput}
	if e.State != nil && e.State.Phase != events.Pending {
		m.Phase = e.State.Phase
	}
	if m.Step == "" || m.Phase == "" && m.Output == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed {
		return nil
	}
	err := p.write(m)
	if p.failed = err != nil; p.failed {
		return fmt.Errorf("write %s: %w", progressFile, err)
	}
	return nil
}

// write adds a line. A line that was cut off by a kill stays without its end, and the next one begins behind it.
func (p *progress) write(m mark) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|os.O_SYNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(append([]byte("\n"), line...), '\n'))
	return errors.Join(err, f.Close())
}

// largestProgress is how much of the file is read: a line for each step and each attempt at resuming is far less.
const largestProgress = 16 << 20

// readProgress gives the lines of a run. One that is not whole is left out: what it was to say did not count yet.
func readProgress(run store.Run) ([]mark, error) {
	path := filepath.Join(run.Dir, progressFile)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read how far run %s came: %w", run.ID, err)
	case info.Size() > largestProgress:
		return nil, fmt.Errorf("read how far run %s came: %s is larger than %d MiB", run.ID, path, largestProgress>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read how far run %s came: %w", run.ID, err)
	}
	var marks []mark
	for line := range bytes.Lines(text) {
		var m mark
		if json.Unmarshal(line, &m) == nil && m.Step != "" {
			marks = append(marks, m)
		}
	}
	return marks, nil
}
