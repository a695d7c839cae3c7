package build

import (
	"context"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// A Place is where the images of a run come from, and where they go to: this machine, or Azure. It goes with a target.
type Place interface {
	// Source makes the source of p exact, and gives the disk that the build VM starts from. A destination of p that cannot be served
	// is said now too, and not after the build.
	Source(ctx context.Context, p *plan.Plan) (target.Disk, diag.List, error)

	// Distribute gives a finished disk to every distributor of a plan. It returns one output for each, in template order, nil where
	// it failed. The error is a *distribute.PartialError if one succeeded, else a *distribute.Error.
	Distribute(ctx context.Context, r distribute.Request, emit func(events.Event)) ([]*events.RunOutput, error)
}

// A DiskWriter is a place whose distributors take one file, and not what a build leaves.
type DiskWriter interface {
	// WriteDisk writes the disk as a file at path. progress is told bytes.
	WriteDisk(ctx context.Context, from target.Disk, path string, progress func(done, total int64)) (target.Disk, error)
}

// StepResolve is the first step of every run: what a place has to tell before the build VM is told there.
const StepResolve = stepResolve
