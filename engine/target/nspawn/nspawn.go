// Package nspawn is the fast target: a build VM is a container of systemd-nspawn on this machine, over the same disk that a virtual machine
// would start from. Its customizers run at the speed of the host, and with the kernel of the host.
//
// The container itself is the builder's affair (plugins/nspawn). This package says what the host lacks, and what the ledger must know.
package nspawn

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/here"
	"github.com/ingot-build/ingot/translate/plan"
)

// Target runs build VMs as containers.
type Target struct {
	// Host tells how a container runs here: "as root", and what is lacking for that; nothing is, where it works.
	Host func(context.Context) (how string, lacks []target.Problem)
}

// Info implements target.Target.
func (*Target) Info() target.Info {
	return target.Info{Name: "nspawn", Builder: "ingot-nspawn", Template: "nspawn", Container: true}
}

// Check implements target.Target. What a plan asks for that no container can do comes before what the host lacks.
func (t *Target) Check(ctx context.Context, p *plan.Plan) []target.Problem {
	if p.OS == plan.Windows {
		return []target.Problem{{
			What: "an image with Windows is not built by --on fast",
			Why:  "a container has the kernel of this machine, which is Linux",
			Fix:  "build it in a VM: leave out --on fast",
		}}
	}
	_, lacks := t.Host(ctx)
	return lacks
}

// errTPM says why a disk is left to the VM.
var errTPM = errors.New("the source asks for a TPM, and a container has none: build it in a VM, without --on fast")

// Stage implements target.Target.
func (t *Target) Stage(ctx context.Context, r target.Request) (target.Staged, error) {
	if r.Base.Machine.TPM {
		return target.Staged{}, errTPM
	}
	m, err := here.Machine(r)
	if err != nil {
		return target.Staged{}, err
	}
	how, _ := t.Host(ctx)
	// All that a container is made of goes with its first process, but for its control groups.
	vars, err := here.Stage(ctx, r, m, func(record func(store.Kind, string) error) error {
		return record(store.ControlGroup, here.Name(r))
	})
	if err != nil {
		return target.Staged{}, err
	}
	return target.Staged{
		Dir: r.Dir, Vars: vars,
		Detail: fmt.Sprintf("systemd-nspawn: the host's kernel, %s, up to %d MiB; %s", processors(m.CPUs), m.MemoryMiB, how),
	}, nil
}

func processors(n int) string {
	if n == 1 {
		return "1 CPU"
	}
	return fmt.Sprintf("%d CPUs", n)
}

// Kept implements target.Keeper.
func (*Target) Kept(_ context.Context, s target.Staged) (target.Kept, error) { return here.Kept(s) }

// Collect implements target.Target.
func (*Target) Collect(_ context.Context, s target.Staged) (target.Disk, error) {
	return here.Collect(s)
}
