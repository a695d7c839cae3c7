// Package here is what the targets on this machine have in common: how much of it a build VM gets, where its files lie, what the
// ledger must know before there is any, and what the builder leaves.
package here

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
)

// Name is the name of the VM that r wants. It stands in the command line of its process, so one that was left behind is found by it. The
// VMs of one run differ: a build VM that was kept may run beside another one.
func Name(r target.Request) string {
	name := "ingot-" + r.RunID
	if r.Validates {
		name += "-validate"
	}
	return name
}

// Machine is what the build VM of r is: what was asked for, or what fits this host and the disk, or what the layer holds.
func Machine(r target.Request) (target.Machine, error) {
	m := adapt(r.Machine, readHost(), r.Plan.OS, r.Base.Machine)
	if r.Layer == nil {
		return m, nil
	}
	return frozen(m, r.Layer.Facts)
}

// Stage makes the staging directory, and gives the variables that the Packer templates of all targets here have. What is in other adds to
// the ledger what the process is to make beside itself; it is called after the process is in there, and may be nil.
func Stage(
	ctx context.Context, r target.Request, m target.Machine, other func(record func(kind store.Kind, name string) error) error,
) (map[string]string, error) {
	record := func(kind store.Kind, name string) error { return r.Record(ctx, kind, name) }
	if err := record(store.Directory, r.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make staging directory: %w", err)
	}
	base := r.Base.Path
	if !r.BaseStays {
		var err error
		if base, err = pinBase(r.Base, r.Dir); err != nil {
			return nil, err
		}
	}
	// The process is in the ledger before it can exist: between its start and any later note, Ingot could be killed.
	if err := record(store.Process, Name(r)); err != nil {
		return nil, err
	}
	if other != nil {
		if err := other(record); err != nil {
			return nil, err
		}
	}
	vars := map[string]string{
		"source_disk":      base,
		"source_format":    r.Base.Format,
		"output_directory": r.Dir,
		"vm_name":          Name(r),
		"cpus":             strconv.Itoa(m.CPUs),
		"memory":           strconv.Itoa(m.MemoryMiB),
		"firmware":         m.Firmware,
		"boot_timeout":     m.BootTimeout.String(),
	}
	if r.Layer != nil {
		vars["layer"], vars["ssh_private_key"] = r.Layer.Dir, r.Layer.PrivateKey
	}
	return vars, nil
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

// Files that the builders leave in the staging directory.
const (
	diskName = "disk.qcow2"
	keptName = "kept.json" // how to get into a VM that was left standing
)

// Collect finds the disk that the builder left.
func Collect(s target.Staged) (target.Disk, error) {
	path := filepath.Join(s.Dir, diskName)
	if _, err := os.Stat(path); err != nil {
		return target.Disk{}, fmt.Errorf("the builder left no disk: %w", err)
	}
	return target.Disk{Path: path, Format: "qcow2"}, nil
}

// Kept tells how to get into the VM that the builder left standing.
func Kept(s target.Staged) (kept target.Kept, err error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, keptName))
	if errors.Is(err, fs.ErrNotExist) {
		return kept, errors.New("the builder left none that runs")
	}
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	return kept, err
}
