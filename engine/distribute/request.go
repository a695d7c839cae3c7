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
}
