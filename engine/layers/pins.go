package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// pin says which layers lie under a machine that outlives its build.
type pin struct {
	While  string   `json:"while"` // folder of the machine; once it is gone, the pin is worth nothing
	Layers []string `json:"layers"`
}

var runShape = regexp.MustCompile(`^[0-9a-f]{8}$`)

// Pin keeps the layers of a chain for as long as the folder while is there: that of the machine of a run that is kept. It takes the place
// of an earlier pin of that run.
func (s *Store) Pin(run, while string, ids ...string) error {
	if !runShape.MatchString(run) {
		return fmt.Errorf("pin layers for a run: %q is no id of a run", run)
	}
	for _, id := range ids {
		if !idShape.MatchString(id) {
			return fmt.Errorf("pin layers for run %s: %q is no id of a layer", run, id)
		}
	}
	if err := os.MkdirAll(s.pins(), 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(pin{While: while, Layers: ids})
	if err != nil {
		return err
	}
	dir, err := os.OpenRoot(s.pins())
	if err != nil {
		return err
	}
	return errors.Join(writeFile(dir, run, text), dir.Close())
}

// Unpin forgets a pin. One that is not there is no error.
func (s *Store) Unpin(run string) error {
	if !runShape.MatchString(run) {
		return nil
	}
	err := os.Remove(filepath.Join(s.pins(), run))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// pinned gives the layers that machines lie over, with the run of one of them. A pin whose machine is gone is removed. One that cannot be
// read is an error: who knows what it keeps.
func (s *Store) pinned() (map[string]string, error) {
	dir, err := os.OpenRoot(s.pins())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	by := map[string]string{}
	for _, e := range entries {
		if !runShape.MatchString(e.Name()) {
			continue // a pin that is being written
		}
		text, err := readSmall(dir, e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var p pin
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		if err != nil {
			return nil, fmt.Errorf("read which layers run %s keeps, in %s: %w", e.Name(), filepath.Join(s.pins(), e.Name()), err)
		}
		if _, err := os.Stat(p.While); errors.Is(err, fs.ErrNotExist) {
			if err := s.Unpin(e.Name()); err != nil {
				return nil, err
			}
			continue
		}
		for _, id := range p.Layers {
			by[id] = e.Name()
		}
	}
	return by, nil
}

func (s *Store) pins() string { return filepath.Join(s.dir, "pins") }
