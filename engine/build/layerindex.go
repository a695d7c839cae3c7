package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/store"
)

// indexFile says, in the run's folder, which layer is the machine before which step.
const indexFile = "layers.json"

// RunLayers are the layers of one run: those it started from, and those it left.
type RunLayers struct {
	Before map[int]string `json:"before"`          // ID of the machine before step i of the plan
	Final  string         `json:"final,omitempty"` // ID of the finished disk
}

// index is that of a run while it goes on. It is guarded by layering.mu.
type index struct{ of RunLayers }

// from begins the index of a machine that goes on from a chain; nil: from its source.
func (l *layering) from(chain *layers.Chain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of = RunLayers{Before: map[int]string{}}
	if chain == nil {
		return
	}
	for _, one := range chain.Layers {
		if one.Final {
			l.of.Final = one.ID
		} else {
			l.of.Before[one.Next] = one.ID
		}
	}
}

func (l *layering) put(next int, id string, final bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if final {
		l.of.Final = id
	} else {
		l.of.Before[next] = id
	}
}

// at is the layer before a step; "": none.
func (l *layering) at(next int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of.Before[next]
}

// writeIndex writes the file. It is for commands that look at the run from outside; without it they say that nothing is kept.
func (s *state) writeIndex() {
	l := s.layering
	l.mu.Lock()
	defer l.mu.Unlock()
	text, err := json.MarshalIndent(RunLayers{Before: maps.Clone(l.of.Before), Final: l.of.Final}, "", "  ")
	path := filepath.Join(s.active.Run().Dir, indexFile)
	if err == nil {
		err = os.WriteFile(path+".new", append(text, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		s.say("", fmt.Sprintf("layers: write %s: %v", indexFile, err))
	}
}

// ReadLayers gives the layers of a run. One that has none, or is older than layers are, has an empty index.
func ReadLayers(run store.Run) (RunLayers, error) {
	r := RunLayers{}
	text, err := os.ReadFile(filepath.Join(run.Dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("read which layers run %s has: %w", run.ID, err)
	}
	return r, nil
}
