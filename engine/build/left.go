package build

import (
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// Left says how far a run came whose process ended.
type Left struct {
	Step      int  // of the plan's steps, the first that is not done
	UnderWay  bool // that step had begun
	Built     bool // what the build VM came to is kept
	Validated bool // the image passed its validation, or was to be distributed all the same

	Outputs map[string]events.RunOutput // what was distributed, by destination id

	done map[string]bool // steps that came to a good end
}

// LeftOf reads how far a run of a plan came.
func LeftOf(p *plan.Plan, run store.Run) (Left, error) {
	l := Left{Outputs: map[string]events.RunOutput{}, done: map[string]bool{}}
	marks, err := readProgress(run)
	if err != nil {
		return l, err
	}
	last := map[string]events.Phase{}
	for _, m := range marks {
		if m.Output != nil {
			l.Outputs[m.Step] = *m.Output
		} else {
			last[m.Step] = m.Phase
		}
	}
	for step, phase := range last {
		l.done[step] = phase == events.Done
	}
	for l.Step < len(p.Steps) && l.done[p.Steps[l.Step].ID] {
		l.Step++
	}
	if l.Step < len(p.Steps) {
		l.UnderWay = last[p.Steps[l.Step].ID] == events.Running
	}
	l.Built = l.Step == len(p.Steps) && l.done[stepShutdown]
	l.Validated = l.Built && l.validated(p, last)
	return l, nil
}

// validated reports whether nothing is left to validate. A distribution that began says so as well.
func (l Left) validated(p *plan.Plan, last map[string]events.Phase) bool {
	if !validates(p) {
		return true
	}
	for _, d := range p.Destinations {
		if _, begun := last[d.ID]; begun {
			return true
		}
	}
	for _, st := range p.Validation.Steps {
		if !l.done[st.ID] {
			return false
		}
	}
	return l.done[stepValidateBoot]
}
