package target

import "context"

// A Checkpointer is a target that can keep the disks of a build VM that runs, and make build VMs of what it kept.
type Checkpointer interface {
	Resumer
	// Checkpoint keeps the disks of the build VM of s, as they are while it is asked. name tells what is kept of one run from each other.
	// The machine goes on running. What is made stands in the ledger before.
	Checkpoint(ctx context.Context, r Request, s Staged, name string) (Snapshot, error)
	// Lookup asks whether what Checkpoint kept is there still; a *GoneError says that it is not.
	Lookup(ctx context.Context, from Snapshot) error
	// Restore makes a build VM of what Checkpoint kept, of another run mostly, and boots it. The disks are copies: what was kept stays.
	Restore(ctx context.Context, r Request, s Staged, from Snapshot) (VM, error)
	// Holds reports whether a thing, by its name in the ledger, is what Checkpoint kept, or what that is in.
	Holds(name string) bool
}
