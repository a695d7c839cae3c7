package nspawn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// kind is what facts say that a container left them.
const kind = "nspawn"

// metered is the communicator that provisioners are given.
type metered struct {
	machine.Metered
	guest *guest
}

func (g *guest) metered(comm packersdk.Communicator) metered {
	return metered{machine.Metered{Communicator: comm, Meter: &g.times.Steps}, g}
}

// Freeze keeps the guest as it is at this moment in the folder dir, which is there and empty, while no command runs in the guest:
//
//	disk.qcow2    all that it wrote; the next build, and this guest itself from now on, write to another disk over it
//	seed.iso      its orders, for a VM that goes on from there
//
// What runs in a container cannot be kept: memory is ignored. The result is machine.Facts as JSON. After an error the guest goes on; if its
// disk was switched already, it needs dir's disk from then on.
func (c metered) Freeze(ctx context.Context, dir string, _ bool) ([]byte, error) {
	if err := c.guest.freeze(ctx, dir); err != nil {
		return nil, fmt.Errorf("keep the guest in %s: %w", dir, err)
	}
	cfg := c.guest.config
	return json.Marshal(machine.NewFacts(kind, cfg.CPUs, cfg.Memory, cfg.Firmware))
}

func (g *guest) freeze(ctx context.Context, dir string) (err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	g.freezing.Lock()
	defer g.freezing.Unlock()
	if g.monitor == nil {
		return errors.New("the guest is gone")
	}
	if err := machine.CopyFile(g.file(machine.SeedFile), filepath.Join(dir, machine.SeedFile)); err != nil {
		return err
	}
	path := filepath.Join(dir, machine.DiskFile)
	next, err := g.disk.Add(ctx, g.monitor, path)
	if err != nil {
		return err
	}
	took, err := g.standStill(ctx, func(ctx context.Context) error { return next.Take(ctx, path) })
	if err != nil {
		if next.Lost() {
			g.cancel(fmt.Errorf("what the guest wrote while a layer was taken is lost: %w", err))
		}
		return errors.Join(err, next.Drop(ctx))
	}
	g.ui.Say(fmt.Sprintf("Layer taken: the guest's file systems stood still for %.3f s", took.Seconds()))
	return nil
}

// stillBound is how long the guest's file systems stand still at most; the container lets them go on by itself a while later.
const stillBound = 20 * time.Second

// standStill holds the guest's file systems, all written, while do runs, whatever comes of that, and tells for how long.
func (g *guest) standStill(ctx context.Context, do func(context.Context) error) (took time.Duration, err error) {
	began := time.Now()
	if err := g.container.Freeze(ctx); err != nil {
		return 0, err
	}
	bounded, stop := context.WithTimeoutCause(ctx, stillBound, fmt.Errorf("it takes longer than %s, "+
		"as a copy may where the layer's folder is on another file system than the build's", stillBound))
	defer stop()
	err = do(bounded)
	ctx, cancel := machine.Critical(ctx)
	defer cancel()
	// An error says that they did not stand still all the while.
	err = errors.Join(err, g.container.Thaw(ctx))
	return time.Since(began), err
}
