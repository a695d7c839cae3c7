package target

import (
	"context"
	"fmt"
)

// A Resumer is a target whose build VMs outlive the process that made them, so that another process can go on with them.
type Resumer interface {
	Target
	// TakeUp makes the target go on with what an earlier process staged for a run; it takes the place of Stage, and makes nothing. A
	// *GoneError says that it is not there any more.
	TakeUp(ctx context.Context, r Request, s Staged) error
	// Standing finds the build VM of a run that was taken up: recorded are the names that the run has in the ledger, host is where the VM
	// was reached. A *GoneError says that there is none any more.
	Standing(ctx context.Context, r Request, s Staged, recorded []string, host string) (VM, error)
	// Capture stops a build VM, and leaves of it what its builder would have: Collect finds that. It may be called again when it was
	// cut off.
	Capture(ctx context.Context, r Request, s Staged, vm VM) error
	// Spent reports whether nobody needs a thing any more once the build VM is captured, by its name in the ledger.
	Spent(name string) bool
}

// VM is a build VM that stands.
type VM struct {
	ID      string // as the target names it
	Name    string // for people
	Host    string // address, as it is now
	Running bool
}

// GoneError says that there is nothing to go on with.
type GoneError struct{ What, Why string }

// Error says what is gone.
func (e *GoneError) Error() string {
	if e.Why == "" {
		return e.What
	}
	return fmt.Sprintf("%s: %s", e.What, e.Why)
}
