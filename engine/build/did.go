package build

import (
	"context"
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/packercore"
)

// boundByDoing asks a container what the step before has done to what a kernel is started from, or made of it. It reports whether the build
// has to go back to before that step, to run it in a VM.
func (s *state) boundByDoing(ctx context.Context, at packercore.Boundary) bool {
	if !s.Target.Info().Container || at.Remote == nil || at.Next >= len(s.Plan.Steps) {
		return false
	}
	before := s.seen
	now, err := kernelbound.Look(ctx, at.Remote)
	if err != nil {
		if s.seen = nil; before != nil && context.Cause(ctx) == nil {
			s.say(s.Plan.Steps[at.Next].ID, "what steps do to the kernel is not known: "+err.Error())
		}
		return false
	}
	s.seen = &now
	if before == nil || at.Next < 1 || s.Plan.Steps[at.Next-1].Hidden {
		return false
	}
	st := s.Plan.Steps[at.Next-1]
	s.did = slices.DeleteFunc(s.did, func(m kernelbound.Mark) bool { return m.Step == st.ID })
	found := kernelbound.Did(*before, now)
	for i := range found {
		found[i].Step, found[i].Origin = st.ID, st.Origin
	}
	s.did = append(s.did, found...)
	s.tell(found, true)
	if s.container == nil || len(found) == 0 {
		return false
	}
	if problems := s.Then.Check(ctx, s.Plan); len(problems) > 0 {
		s.say(st.ID, fmt.Sprintf("auto: the build stays in the container, as there is no VM to be had: %s", problems[0].What))
		s.inVM, s.container = "", nil
		return false
	}
	s.say(st.ID, "auto: the build goes back, and runs the step in a VM")
	return true
}

// didBefore says what the step before another one did that comes out otherwise in a VM; "": nothing that is known.
func (s *state) didBefore(next int) string {
	if next < 1 || !s.Target.Info().Container {
		return ""
	}
	for _, m := range s.did {
		if m.Step == s.Plan.Steps[next-1].ID {
			return fmt.Sprintf("%s: %s", m.Command, m.Why)
		}
	}
	return ""
}

// inContainer are the marks of steps that were run in a container, now or in an earlier build.
func (s *state) inContainer() []kernelbound.Mark {
	var list []kernelbound.Mark
	for _, m := range slices.Concat(s.marks, s.did) {
		m.Command, m.Why = s.mask.Text(m.Command), s.mask.Text(m.Why)
		if OfValidation(m.Step) && s.Target.Info().Container {
			list = append(list, m)
		}
		i := stepAt(s.Plan, m.Step)
		if slices.ContainsFunc(s.ran, func(one Stretch) bool { return one.container && i >= one.from && i < one.to }) {
			list = append(list, m)
		}
	}
	return list
}
