package wire

import (
	"context"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// Containers tells how containers run on this machine, and what is lacking for that.
func Containers(ctx context.Context) (how string, lacks []target.Problem) {
	way, problems := container.FindWay(ctx)
	for _, p := range problems {
		lacks = append(lacks, target.Problem(p))
	}
	return way.String(), lacks
}
