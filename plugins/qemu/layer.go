package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// layer is what the guest goes on from.
type layer struct {
	dir   string // absolute
	facts facts
	awake bool      // its memory is to be used, or is in use
	since time.Time // when its guest went on, by its memory

	qemu func() (version string, err error) // of this host; waits for the program that says so
}

// file is the absolute path of one of the layer's files.
func (l *layer) file(name string) string { return filepath.Join(l.dir, name) }

// openLayer reads what the layer says of its machine, and makes the configuration that of this machine.
func (v *vm) openLayer() error {
	c := v.config
	if c.Layer == "" {
		return nil
	}
	dir, err := filepath.Abs(c.Layer)
	if err != nil {
		return fmt.Errorf("layer: %w", err)
	}
	l := &layer{dir: dir}
	if l.facts, err = readFacts(dir); err != nil {
		return err
	}
	c.CPUs, c.Memory, c.Firmware = l.facts.CPUs, l.facts.MemoryMiB, l.facts.Firmware
	if err := machine.UseKey(&c.comm, c.SSHPrivateKey); err != nil {
		return err
	}
	if l.awake = l.facts.State != ""; l.awake {
		l.qemu = sync.OnceValues(func() (string, error) { return v.programs.version(context.Background()) })
		go l.qemu() // while the disk is made
	}
	v.layer = l
	return nil
}

// firmware is the code that the layer booted by, with its variables. Where one is gone, those of a new machine do.
func (l *layer) firmware() (efi efiFirmware, ok bool) {
	efi = efiFirmware{Code: l.facts.EFICode, Vars: l.file(efiVarsFile)}
	return efi, machine.IsFile(efi.Code) && machine.IsFile(efi.Vars)
}

// stateMisfit says why the layer's memory is of no use on this host; "": it is.
func (v *vm) stateMisfit(m hardware) (string, error) {
	l := v.layer
	switch info, err := os.Stat(l.file(stateFile)); {
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone", nil
	case err != nil:
		return "", err
	case info.Size() != l.facts.StateBytes:
		return fmt.Sprintf("it has %d bytes of %d", info.Size(), l.facts.StateBytes), nil
	}
	qemu, err := l.qemu()
	if err != nil {
		return "", err
	}
	now, err := v.programs.facts(m, v.config.Firmware, qemu)
	if err != nil {
		return "", err
	}
	return l.facts.misfit(now), nil
}

// sleepOn gives up the layer's memory: the guest boots from its disk.
func (v *vm) sleepOn(why string) {
	v.layer.awake = false
	v.ui.Error("the layer's memory is not used, the guest boots from its disk: " + why)
}

const (
	// wakePatience bounds the time until a guest whose memory was read answers. It takes one second, on a busy host several.
	wakePatience = 90 * time.Second
	// wakeText is the detail of a boot that was none.
	wakeText = "restored from a layer"
)

// powerOnLayer starts QEMU with the layer's memory if that is of use, or else as powerOn does.
func (v *vm) powerOnLayer(ctx context.Context) error {
	if v.layer == nil || !v.layer.awake {
		return v.powerOn(ctx)
	}
	v.hardware = v.newMachine()
	v.hardware.Board, v.hardware.Incoming = v.layer.facts.Board, true
	why, err := v.stateMisfit(v.hardware)
	if err != nil {
		why = err.Error()
	}
	if why != "" {
		v.sleepOn(why)
		return v.powerOn(ctx)
	}
	err = v.attempt(ctx, migratePatience, func(ctx context.Context) error {
		if err := v.start(ctx); err != nil {
			return err
		}
		v.progress("memory is read", 0, 3)
		if err := v.monitor.load(ctx, v.layer.facts.State, v.layer.file(stateFile)); err != nil {
			return err
		}
		return v.monitor.Run(ctx, nil, "cont", nil)
	})
	if err == nil {
		v.layer.since = time.Now()
		return nil
	}
	return v.bootInstead(ctx, err)
}

// bootInstead ends a guest that could not be restored, and boots one over a fresh disk; when the build is to end it does only that.
func (v *vm) bootInstead(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	v.sleepOn(err.Error())
	return v.startOver(ctx)
}

// attempt runs do, which something else takes the place of when it fails: until it returns, what dooms the guest ends do and not the
// build. A guest that did not pass is gone.
func (v *vm) attempt(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it takes longer than %s", limit))
	defer cancel()
	bounded, stop := context.WithCancelCause(bounded)
	defer stop(nil)
	v.trial.Store(&stop)
	defer v.trial.Store(nil)
	err := do(bounded)
	switch {
	case context.Cause(bounded) != nil:
		err = context.Cause(bounded) // why do ended, or what it did not notice
	case err == nil && v.process.Ended():
		err = v.process.EndError()
	}
	if err != nil && ctx.Err() == nil {
		v.release() // while what watches the guest still tells the attempt of its end
	}
	return err
}

// fail ends the build, or the attempt that is under way.
func (v *vm) fail(err error) {
	if stop := v.trial.Load(); stop != nil {
		(*stop)(err)
		return
	}
	v.cancel(err)
}

// readyRestored waits until a guest whose memory was read can be worked on, and makes it one of its own.
func (s *stepReady) readyRestored(life context.Context, state multistep.StateBag) (comm packersdk.Communicator, err error) {
	err = s.attempt(life, wakePatience, func(ctx context.Context) error {
		for i, c := range s.sshChecks(life, state, &comm, "", "") {
			s.progress(c.What, i+1, 3)
			if err := c.Probe(ctx); err != nil {
				return err
			}
		}
		return s.settle(ctx, comm)
	})
	if err != nil {
		return nil, err
	}
	s.progress("ready", 3, 3)
	s.times.Boot = time.Since(s.layer.since) // before that it is QEMU's, and ours
	s.boot.Note = fmt.Sprintf("%s in %.2f s, of which the guest took %.2f s", wakeText, time.Since(s.poweredOn).Seconds(), s.times.Boot.Seconds())
	s.endPhase(&s.boot, nil)
	return comm, nil
}

// stepLayerSeed gives the guest the orders that it got when it was new: with others it would be set up again.
type stepLayerSeed struct{ *vm }

func (s *stepLayerSeed) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, machine.CopyFile(s.layer.file(machine.SeedFile), s.file(machine.SeedFile)))
}

func (s *stepLayerSeed) Cleanup(multistep.StateBag) { s.remove(machine.SeedFile) }
