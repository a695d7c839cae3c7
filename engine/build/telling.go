package build

import (
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// elsewhere is what may be done about steps that come out otherwise in a container.
const elsewhere = "--on auto runs the rest in a VM from the first of them on, --on local all of it"

// tellMarks says which steps of a run that stays in a container may come out otherwise, each command on a line of its own.
func (s *state) tellMarks() { s.tell(s.marks, false) }

// tell tells marks one after another. found: nobody had seen them coming. A run that may move to a VM needs no advice.
func (s *state) tell(list []kernelbound.Mark, found bool) {
	for i, m := range list {
		mark := &events.Mark{Command: m.Command, Kind: m.Kind, Why: m.Why, At: m.At(), Found: found}
		if i == len(list)-1 && s.container == nil {
			mark.Fix = elsewhere
		}
		s.emit(events.Event{Step: m.Step, Mark: mark})
	}
}
