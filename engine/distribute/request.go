package distribute

import (
	"context"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Request is one distribution that is wanted.
type Request struct {
	Plan   *plan.Plan
	RunID  string
	RunDir string // where the run's own files are
	Disk   target.Disk
	// Record writes a thing to the ledger. It must return before the thing is created.
	Record func(ctx context.Context, kind store.Kind, name string) error
	// Done strikes what was recorded: it is finished and the user's now, or it is gone. Nil: nobody strikes, and whoever removes
	// what is recorded removes what was distributed too. A name that is not recorded is no error.
	Done func(ctx context.Context, kind store.Kind, name string) error
	// RetryFailed tries again what had failed for good when this run was distributed before. Else only what was cut off goes on.
	RetryFailed bool
}
