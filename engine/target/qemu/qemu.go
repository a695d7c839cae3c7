// Package qemu is the local target: build VMs are QEMU processes on this machine.
//
// The VM itself is the builder's affair (plugins/qemu). This package decides what depends on the host: which accelerator, and what a
// disk with Windows needs; package here has the rest.
package qemu

import (
	"context"
	"fmt"
	"maps"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/here"
	"github.com/ingot-build/ingot/translate/plan"
)

// Target runs build VMs in QEMU.
type Target struct {
	// Accel tells what works here: "kvm" or "tcg", and why not the other. It is asked only when the user left the choice.
	Accel func(context.Context) (name, reason string, err error)
}

// Info implements target.Target.
func (*Target) Info() target.Info { return target.Info{Name: "qemu", Builder: "ingot-qemu"} }

// Stage implements target.Target.
func (t *Target) Stage(ctx context.Context, r target.Request) (target.Staged, error) {
	accel, note, err := t.accelerator(ctx, r.Machine.Accelerator)
	if err != nil {
		return target.Staged{}, err
	}
	m, err := here.Machine(r)
	if err != nil {
		return target.Staged{}, err
	}
	vars, err := here.Stage(ctx, r, m, nil)
	if err != nil {
		return target.Staged{}, err
	}
	vars["accelerator"] = accel
	if r.Plan.OS == plan.Windows {
		maps.Copy(vars, windowsVars(r.Base.Machine, randomPassword))
	}
	return target.Staged{
		Dir:    r.Dir,
		Vars:   vars,
		Detail: fmt.Sprintf("%d CPUs, %d MiB, %s", m.CPUs, m.MemoryMiB, note),
	}, nil
}

// accelerator settles how guest code runs, and says it in words.
func (t *Target) accelerator(ctx context.Context, wanted string) (name, note string, err error) {
	reason := "as asked by --accel"
	if name = wanted; name == "" || name == "auto" {
		if name, reason, err = t.Accel(ctx); err != nil {
			return "", "", fmt.Errorf("probe the accelerator: %w", err)
		}
	}
	switch name {
	case "kvm":
		return name, "KVM", nil
	case "tcg":
		return name, "TCG: software emulation, scripts run 2-14x slower than with KVM (" + reason + ")", nil
	default:
		return "", "", fmt.Errorf("accelerator %q is not known; known: auto, kvm, tcg", name)
	}
}

// Kept implements target.Keeper.
func (*Target) Kept(_ context.Context, s target.Staged) (target.Kept, error) { return here.Kept(s) }

// Collect implements target.Target.
func (*Target) Collect(_ context.Context, s target.Staged) (target.Disk, error) {
	return here.Collect(s)
}
