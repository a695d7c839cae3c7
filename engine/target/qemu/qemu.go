// Package qemu is the local target: build VMs are QEMU processes on this machine.
//
// The VM itself is the builder's affair (plugins/qemu). This package decides what depends on the host: which accelerator, how
// much memory, where the files lie, and what the ledger must know.
package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Target runs build VMs in QEMU.
type Target struct {
	// Accel tells what works here: "kvm" or "tcg", and why not the other. It is asked only when the user left the choice.
	Accel func(context.Context) (name, reason string, err error)
}

// overlayName is the file the builder leaves behind in its output directory.
const overlayName = "disk.qcow2"

// VMName is the name of a run's build VM. It stands in QEMU's command line, so a process that was left behind is found by it.
func VMName(runID string) string { return "ingot-" + runID }

// vmName is the name of the VM that r wants. Those of one run differ: a build VM that was kept may run beside another one.
func vmName(r target.Request) string {
	if r.Validates {
		return VMName(r.RunID) + "-validate"
	}
	return VMName(r.RunID)
}

// Info implements target.Target.
func (*Target) Info() target.Info { return target.Info{Name: "qemu", Builder: "ingot-qemu"} }

// Stage implements target.Target.
func (t *Target) Stage(ctx context.Context, r target.Request) (target.Staged, error) {
	accel, note, err := t.accelerator(ctx, r.Machine.Accelerator)
	if err != nil {
		return target.Staged{}, err
	}
	m := adapt(r.Machine, readHost(), r.Plan.OS, r.Base.Machine)
	if r.Layer != nil {
		if m, err = frozen(m, r.Layer.Facts); err != nil {
			return target.Staged{}, err
		}
	}

	if err := r.Record(ctx, store.Directory, r.Dir); err != nil {
		return target.Staged{}, err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return target.Staged{}, fmt.Errorf("make staging directory: %w", err)
	}
	base := r.Base.Path
	if !r.BaseStays {
		if base, err = pinBase(r.Base, r.Dir); err != nil {
			return target.Staged{}, err
		}
	}
	// The process is in the ledger before QEMU can exist: between its start and any later note, Ingot could be killed.
	if err := r.Record(ctx, store.Process, vmName(r)); err != nil {
		return target.Staged{}, err
	}
	vars := map[string]string{}
	if r.Plan.OS == plan.Windows {
		vars = windowsVars(r.Base.Machine, randomPassword)
	}
	maps.Copy(vars, map[string]string{
		"source_disk":      base,
		"source_format":    r.Base.Format,
		"output_directory": r.Dir,
		"vm_name":          vmName(r),
		"cpus":             strconv.Itoa(m.CPUs),
		"memory":           strconv.Itoa(m.MemoryMiB),
		"accelerator":      accel,
		"firmware":         m.Firmware,
		"boot_timeout":     m.BootTimeout.String(),
	})
	if r.Layer != nil {
		vars["layer"], vars["ssh_private_key"] = r.Layer.Dir, r.Layer.PrivateKey
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

// pinBase gives the base disk a second name inside the staging directory, so that removing it from the image store under a
// running build takes nothing away from this build. Across file systems there are no second names; the store's own path serves
// then, and a build whose base disk is removed fails when the disk is written.
func pinBase(base target.Disk, dir string) (string, error) {
	pinned := filepath.Join(dir, "base"+filepath.Ext(base.Path))
	switch err := os.Link(base.Path, pinned); {
	case err == nil:
		return pinned, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("base disk %s is gone: it was removed after the source was resolved: %w", base.Path, err)
	default:
		return base.Path, nil
	}
}

// keptName is the file in which the builder says how to get into a VM that it left standing.
const keptName = "kept.json"

// Kept implements target.Keeper.
func (*Target) Kept(_ context.Context, s target.Staged) (kept target.Kept, err error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, keptName))
	if errors.Is(err, fs.ErrNotExist) {
		return kept, errors.New("the builder left none that runs")
	}
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	return kept, err
}

// Collect implements target.Target.
func (*Target) Collect(_ context.Context, s target.Staged) (target.Disk, error) {
	path := filepath.Join(s.Dir, overlayName)
	if _, err := os.Stat(path); err != nil {
		return target.Disk{}, fmt.Errorf("the builder left no disk: %w", err)
	}
	return target.Disk{Path: path, Format: "qcow2"}, nil
}
