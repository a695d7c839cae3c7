package service

import (
	"context"
	"time"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
)

// Step is how a step of a run stands, or ended.
type Step struct {
	ID      string        `json:"id"` // customize[0], validate[1]
	Title   string        `json:"title"`
	Phase   events.Phase  `json:"phase"`
	Elapsed time.Duration `json:"elapsedNs,omitempty"` // once it is over
}

// Steps gives the steps of a run, in the order in which it announced them. id is a whole one.
func (s *Service) Steps(ctx context.Context, id string) ([]Step, error) {
	var list []Step
	at := map[string]int{}
	for e, err := range s.Events(ctx, id, 0) {
		if err != nil {
			return nil, err
		}
		if e.State == nil || e.Step == "" {
			continue
		}
		i, known := at[e.Step]
		if !known {
			i = len(list)
			at[e.Step] = i
			list = append(list, Step{ID: e.Step, Title: e.Step})
		}
		list[i].Phase, list[i].Elapsed = e.State.Phase, e.State.Elapsed
		if e.State.Title != "" {
			list[i].Title = e.State.Title
		}
	}
	return list, nil
}

// Validation is what came of the validation among the steps of a run that is over: "" when none was wanted.
func Validation(steps []Step) build.Validation {
	phases := map[events.Phase]int{}
	all := 0
	for _, s := range steps {
		if build.OfValidation(s.ID) {
			phases[s.Phase]++
			all++
		}
	}
	switch {
	case all == 0:
		return ""
	case phases[events.Pending] == all:
		return build.NotValidated
	case phases[events.Done] == all:
		return build.ValidationPassed
	case phases[events.Failed] > 0:
		return build.ValidationFailed
	default:
		return build.ValidationCut
	}
}

// Kept says how to get into the VM that a run left standing; "" when there is none, or when it was removed.
func (s *Service) Kept(ctx context.Context, id string) (string, error) {
	entries, err := s.store.Entries(ctx, id)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Kept != "" {
			return e.Kept, nil
		}
	}
	return "", nil
}
