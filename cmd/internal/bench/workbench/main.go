// Workbench measures what layers are for, and what they cost, on this host and with the acceleration that works here:
//
//   - The last of five customizers is edited: from the save to that step's first line, by ingot build, by ingot build --watch, by ingot
//     build --no-cache, and by stock Packer with packer-plugin-ingot, which has to do all of it again.
//   - A build in which every step is cached, VHD included.
//   - What layers add to a build of ten steps: the pause of each with 1 GiB of memory, the time in all, and the room they take.
//   - ingot diff of two layers with 1,000 changed files between them.
//
// Usage: workbench INGOT [IMAGE]
//
// Stock Packer is a tool here, like a stop-watch: .ci/tools/build makes it. Where it was not, its row is left out, and the reason
// printed. IMAGE is a base image that Ingot has, or the file of a qcow2 disk; debian-12 if it is left out. A bound that is missed ends
// it with exit code 1. It takes minutes, most of them for what is not cached.
package main

import (
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
)

// The bounds.
const (
	againBound  = 20.0            // times less than a rebuild by stock Packer, to the step's first line
	ownBound    = time.Second     // of that, all but the guest's own work
	pauseBound  = time.Second     // for a layer of a guest with 1 GiB
	addedBound  = 0.10            // of the time of ten steps
	cachedBound = 2 * time.Second // of a build in which nothing runs
	diffBound   = 3 * time.Second // of a diff with 1,000 files
	memoryBound = 100 << 20       // bytes of Ingot itself, as for any build
)

func main() {
	rig.Main("workbench", func(r *rig.Rig) error {
		b := &bench{r}
		if err := rig.All(b.edits, b.cached, b.tenSteps, b.diff); err != nil {
			return err
		}
		b.Figure(b.Memory <= memoryBound, "Ingot's own memory at its peak, of all runs above: %d MiB (wanted: at most %d MiB",
			b.Memory>>20, memoryBound>>20)
		return nil
	})
}

// bench has the measurements.
type bench struct{ *rig.Rig }
