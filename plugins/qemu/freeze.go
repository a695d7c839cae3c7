package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// metered is the communicator that provisioners are given.
type metered struct {
	machine.Metered
	vm *vm
}

func (v *vm) metered(comm packersdk.Communicator) metered {
	return metered{machine.Metered{Communicator: comm, Meter: &v.times.Steps}, v}
}

// Freeze keeps the guest as it is at this moment in the folder dir, which is there and empty, while no command runs in the guest:
//
//	disk.qcow2    all that it wrote; the next build, and this guest itself from now on, write to another disk over it
//	state         with memory: all that runs in it
//	seed.iso      its orders, and with UEFI efivars.fd
//
// The result is facts as JSON. Where the memory alone cannot be kept, that is said, and facts.State is empty. After an error the guest
// goes on; if its disk was switched already, it needs dir's disk from then on.
func (c metered) Freeze(ctx context.Context, dir string, memory bool) ([]byte, error) {
	f, err := c.vm.freeze(ctx, c.Communicator, dir, memory)
	if err != nil {
		return nil, fmt.Errorf("keep the guest in %s: %w", dir, err)
	}
	return json.Marshal(f)
}

func (v *vm) freeze(ctx context.Context, comm packersdk.Communicator, dir string, memory bool) (f facts, err error) {
	switch {
	case v.config.windows():
		return f, errors.New("a guest with Windows cannot be kept: its writing cannot be waited for, and nobody could log in again")
	case v.config.TPM:
		return f, errors.New("a guest with a TPM cannot be kept: what the TPM holds is in another program")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return f, err
	}
	v.freezing.Lock()
	defer v.freezing.Unlock()
	if v.monitor == nil {
		return f, errors.New("the guest is gone")
	}
	if err := machine.Sync(ctx, comm); err != nil {
		return f, err
	}
	if f, err = v.currentFacts(ctx); err != nil {
		return f, err
	}
	if memory {
		if f.State, err = v.monitor.stateForm(ctx); err != nil {
			return f, err
		}
	}
	next, err := v.disk.Add(ctx, v.monitor.Monitor, filepath.Join(dir, machine.DiskFile))
	if err != nil {
		return f, err
	}
	took, err := v.standStill(ctx, func() error { return v.keep(ctx, next, dir, &f) })
	if err != nil {
		if left := next.Drop(ctx); left != nil {
			v.ui.Error(left.Error())
		}
		return f, err
	}
	v.catchUp(ctx, comm, took)
	v.ui.Say(fmt.Sprintf("Layer taken: the guest stood still for %.2f s%s", took.Seconds(), v.stateText(dir, &f)))
	return f, nil
}

// standStill stops the guest while do runs, whatever comes of that, and tells how long it stood.
func (v *vm) standStill(ctx context.Context, do func() error) (took time.Duration, err error) {
	bounded, cancel := machine.Critical(ctx)
	defer cancel()
	began := time.Now()
	err = v.monitor.Run(bounded, nil, "stop", nil)
	if err == nil {
		err = do()
	}
	resume, cancel := machine.Critical(ctx)
	defer cancel()
	if again := v.monitor.Run(resume, nil, "cont", nil); again != nil {
		v.cancel(fmt.Errorf("the guest does not go on: %w", again)) // it would stand still for ever
		err = errors.Join(err, again)
	}
	return time.Since(began), err
}

// keep fills dir while the guest stands still.
func (v *vm) keep(ctx context.Context, next *machine.Overlay, dir string, f *facts) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, name := range []string{machine.SeedFile, efiVarsFile} {
		if err := machine.CopyFile(v.file(name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if err := next.Take(ctx, filepath.Join(dir, machine.DiskFile)); err != nil {
		return err
	}
	if f.State == "" {
		return nil
	}
	path := filepath.Join(dir, stateFile)
	err := v.monitor.save(ctx, f.State, path)
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case v.process.Ended():
		return v.process.EndError()
	case err != nil: // the disk is whole, and the guest can go on
		v.ui.Error(fmt.Sprintf("the guest's memory cannot be kept, only its disk: %v", err))
		f.State = ""
		return nil
	}
	info, err := os.Stat(path)
	if err == nil {
		f.StateBytes = info.Size()
	}
	return err
}

// stateText tells what was kept besides the disk.
func (v *vm) stateText(dir string, f *facts) string {
	if f.State == "" {
		return "; only its disk is kept"
	}
	used, err := usedBytes(filepath.Join(dir, stateFile))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", %d MiB of memory", used/machine.MiB)
}

// currentFacts are those of the guest that runs.
func (v *vm) currentFacts(ctx context.Context) (f facts, err error) {
	qemu, err := v.monitor.version(ctx)
	if err != nil {
		return f, err
	}
	m := v.hardware
	if m.Board, err = v.monitor.board(ctx, m.board()); err != nil {
		return f, err
	}
	return v.programs.facts(m, v.config.Firmware, qemu)
}
