package wire

import (
	"context"

	"github.com/ingot-build/ingot/engine/distribute"
	distribution "github.com/ingot-build/ingot/engine/distribute/azure"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// azurePlace is Azure as the place of a run: it has the source image, and takes the results.
type azurePlace struct {
	*azure.Target
	distributor *distribution.Distributor
}

// Source implements build.Place.
func (p *azurePlace) Source(ctx context.Context, of *plan.Plan) (target.Disk, diag.List, error) {
	disk, found, err := p.Target.Source(ctx, of)
	if err != nil {
		return disk, found, err
	}
	more, err := p.distributor.Check(ctx, of)
	return disk, append(found, more...), err
}

// Distribute implements build.Place.
func (p *azurePlace) Distribute(ctx context.Context, r distribute.Request, emit func(events.Event)) ([]*events.RunOutput, error) {
	own := *p.distributor
	own.Tags = p.Target.Tags()
	return own.Distribute(ctx, r, emit)
}
