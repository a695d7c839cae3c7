package build

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
)

// wayFile has, in the run's folder, how the build VM is reached: address, user, key. It is there from the moment that provisioners
// begin until the VM is gone.
const wayFile = "vm.sealed"

// keepWay is what a run does with the way to its build VM: it is kept where the VM outlives this process. Nil: it does not.
func (s *state) keepWay(m machine) func(context.Context, packercore.Way) error {
	if _, ok := s.Target.(target.Resumer); !ok || m.boot != stepBoot {
		return nil
	}
	return func(_ context.Context, way packercore.Way) error {
		s.reached = true
		text, err := json.Marshal(way)
		if err != nil {
			return err
		}
		return s.sealed(wayFile, text)
	}
}

// readWay gives what keepWay kept. The error is a *NotKeptError.
func readWay(dirs store.Dirs, run store.Run) (packercore.Way, error) {
	var way packercore.Way
	text, err := unsealed(dirs, run, wayFile)
	if err != nil {
		return way, err
	}
	if err := json.Unmarshal(text, &way); err != nil {
		return way, &NotKeptError{Run: run.ID, File: wayFile, Err: err}
	}
	return way, nil
}

// ForgetVM removes the way to a run's build VM, which is gone.
func ForgetVM(run store.Run) error {
	err := os.Remove(filepath.Join(run.Dir, wayFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
