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

// wayFile has, in the run's folder, how a VM of the run is reached: address, user, key. It is there from the moment that provisioners
// begin until the VM is gone, for whoever wants to look inside; and where the VM outlives this process, for the one that goes on with it.
const wayFile = "vm.sealed"

// keepWay is what a run does with the way to its build VM.
func (s *state) keepWay(m machine) func(context.Context, packercore.Way) error {
	if m.boot != stepBoot {
		return nil
	}
	_, outlives := s.Target.(target.Resumer)
	return func(_ context.Context, way packercore.Way) error {
		s.reached = s.reached || outlives
		err := s.sealWay(way)
		if err != nil && !outlives {
			s.say(stepBoot, "nobody else can get into the build VM: "+err.Error())
			return nil
		}
		return err
	}
}

func (s *state) sealWay(way packercore.Way) error {
	text, err := json.Marshal(way)
	if err != nil {
		return err
	}
	return s.sealed(wayFile, text)
}

// ReadWay gives the way to the VM of a run that goes on, or that kept it. The error is a *NotKeptError.
func ReadWay(dirs store.Dirs, run store.Run) (packercore.Way, error) {
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
