package build

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/plan"
)

// LayerUse says how a run uses the layers of earlier runs, and whether it leaves its own. The zero LayerUse uses none.
type LayerUse struct {
	Mode   string // one of LayerModes; "" is LayersOff
	Fresh  bool   // starts from the source, and leaves layers all the same
	From   string // id of a step: the run starts before it, or not at all
	Again  string // id of a step: it and all after it are run, whatever is kept of them
	Budget int64  // bytes that layers may take once the run is over, those in use aside; 0: DefaultLayerBudget
}

// The values of LayerUse.Mode.
const (
	LayersOn   = "on"   // layers have the memory of the machine too, so that going on needs no boot
	LayersDisk = "disk" // layers are disks
	LayersOff  = "off"
)

// LayerModes lists the values of LayerUse.Mode, the usual one first.
var LayerModes = []string{LayersOn, LayersDisk, LayersOff}

// DefaultLayerBudget is what layers may take where nobody says otherwise.
const DefaultLayerBudget = 20 << 30

// on reports whether layers are used at all.
func (u LayerUse) on() bool { return u.Mode == LayersOn || u.Mode == LayersDisk }

// NoLayerError says that a run was to start before a step, and that no layer is there to start from.
type NoLayerError struct {
	Title  string // of the step
	Reason string // one sentence
}

// Error says what is missing.
func (e *NoLayerError) Error() string {
	return fmt.Sprintf("there is no layer to start from before %s", e.Title)
}

// Why says why not.
func (e *NoLayerError) Why() string { return e.Reason }

// Fix says what to type.
func (e *NoLayerError) Fix() string {
	return "leave --from out: the build then starts at the deepest layer that still matches, and leaves one there"
}

// stepAt is the index of the step with an id; -1: there is none.
func stepAt(p *plan.Plan, id string) int {
	for i, st := range p.Steps {
		if st.ID == id {
			return i
		}
	}
	return -1
}
