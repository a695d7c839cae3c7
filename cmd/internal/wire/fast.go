package wire

import (
	"context"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// Containers tells how containers run on this machine, and what is lacking for that.
func Containers(ctx context.Context) (how string, lacks []target.Problem) {
	for _, p := range container.Check(ctx) {
		lacks = append(lacks, target.Problem(p))
	}
	return "as root", lacks
}
