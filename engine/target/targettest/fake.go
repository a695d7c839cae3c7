package targettest

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Fake is a target without a machine: its disk is whatever file a builder writes to disk.qcow2 in the staging directory.
type Fake struct {
	Name      string // "" is fake
	Builder   string // Packer builder to run; "" is ingot-qemu
	Problems  []target.Problem
	Container bool              // it is said to make containers
	NotKept   error             // why a VM was not left standing
	Vars      map[string]string // of the Packer template, beside those that are the target's
	Staged    []target.Request  // what Stage was asked, in order
}

// Info implements target.Target.
func (f *Fake) Info() target.Info {
	return target.Info{Name: cmp.Or(f.Name, "fake"), Builder: cmp.Or(f.Builder, "ingot-qemu"), Container: f.Container}
}

// Check implements target.Target.
func (f *Fake) Check(context.Context, *plan.Plan) []target.Problem { return f.Problems }

// Stage implements target.Target.
func (f *Fake) Stage(ctx context.Context, r target.Request) (target.Staged, error) {
	f.Staged = append(f.Staged, r)
	if err := r.Record(ctx, store.Directory, r.Dir); err != nil {
		return target.Staged{}, err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return target.Staged{}, err
	}
	base := r.Base.Path
	if !r.BaseStays {
		base = filepath.Join(r.Dir, "base")
		if err := os.Link(r.Base.Path, base); err != nil {
			return target.Staged{}, err
		}
	}
	name := "ingot-" + r.RunID
	if r.Validates {
		name += "-validate"
	}
	vars := map[string]string{
		"source_disk":      base,
		"source_format":    r.Base.Format,
		"output_directory": r.Dir,
		"vm_name":          name,
	}
	if r.Layer != nil {
		vars["layer"], vars["ssh_private_key"] = r.Layer.Dir, r.Layer.PrivateKey
	}
	maps.Copy(vars, f.Vars)
	return target.Staged{Dir: r.Dir, Vars: vars, Detail: "no machine"}, nil
}

// Kept implements target.Keeper.
func (f *Fake) Kept(_ context.Context, s target.Staged) (target.Kept, error) {
	name := s.Vars["vm_name"]
	return target.Kept{
		Name: name, Address: "127.0.0.1:2222", User: "packer", Command: "ssh " + name, Disk: filepath.Join(s.Dir, "disk.qcow2"),
	}, f.NotKept
}

// Collect implements target.Target.
func (f *Fake) Collect(_ context.Context, s target.Staged) (target.Disk, error) {
	path := filepath.Join(s.Dir, "disk.qcow2")
	_, err := os.Stat(path)
	return target.Disk{Path: path, Format: "qcow2"}, err
}
