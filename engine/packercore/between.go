package packercore

import (
	"context"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// Boundary is the moment before a provisioner, or after the last one. No command of the build runs in the guest then.
type Boundary struct {
	Next    int     // the provisioner that comes, by its index in the build block; after the last one, their number
	Way     Way     // into the guest
	Remote  Remote  // asks the guest something; nil without a connection
	Machine Machine // nil: the builder has no hand on the guest as a whole
}

// Machine is what a builder can do to its guest as a whole. A communicator that a linked builder gives may have these methods.
type Machine interface {
	// Freeze keeps the guest, as it is at this moment, in the folder dir, which is there and empty: its disk, and with memory all that
	// runs in it. From then on the guest writes to another disk over that one, so dir has to stay for as long as the guest's disk is
	// used. facts is JSON: what the builder has to be told to start from dir. After an error the guest goes on as if nothing had been.
	Freeze(ctx context.Context, dir string, memory bool) (facts []byte, err error)
}

// between tells who wants to know that provisioner next is about to run. An error ends the build.
func (h *provisionHook) between(ctx context.Context, next int, comm packersdk.Communicator, machine Machine, values map[string]any) error {
	if h.opts.Between == nil {
		return nil
	}
	at := Boundary{Next: next, Way: wayOf(values), Machine: machine}
	if comm != nil {
		at.Remote = h.remote(provisionerID(next), comm)
	}
	err := guard("what is done between two provisioners", func() error { return h.opts.Between(ctx, at) })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = err // a builder may pass on its text alone
	return err
}

// endedBetween is why somebody ended the build at a boundary; nil: nobody did.
func (h *provisionHook) endedBetween() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended
}
