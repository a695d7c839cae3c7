package build

import (
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/translate/plan"
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

// contained reports whether steps of the image were run in a container, or will be as far as is known.
func (s *state) contained() bool {
	return !s.verifying && (s.Target.Info().Container || slices.ContainsFunc(s.ran, func(one Stretch) bool { return one.container }))
}

// booted reports whether a VM has booted from what the run made in a container.
func (s *state) booted() bool {
	inVM := slices.ContainsFunc(s.ran, func(one Stretch) bool { return !one.container && !one.Reused })
	return inVM || !s.Target.Info().Container && s.validation != "" && s.validation != NotValidated
}

// marksOfFidelity are those of the steps that are run in a container: all in a run that stays in one, also before it has begun.
func (s *state) marksOfFidelity() []kernelbound.Mark {
	switch {
	case !s.contained():
		return nil
	case s.container != nil:
		return s.inContainer()
	}
	list := slices.Concat(s.marks, s.did)
	for i := range list {
		list[i].Command, list[i].Why = s.mask.Text(list[i].Command), s.mask.Text(list[i].Why)
	}
	return list
}

// toVMInstead is what may be done about a step that failed in a container, where it does what that cannot do; "": it does nothing such.
func (s *state) toVMInstead(st plan.Step) string {
	m := s.markOf(st.ID)
	if m == nil || !s.Target.Info().Container {
		return ""
	}
	return fmt.Sprintf("%q needs a kernel of its own: build with --on auto, or --on local", s.mask.Text(m.Command))
}
