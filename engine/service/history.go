package service

import (
	"context"
	"errors"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/translate/plan"
)

// StepChange is what one step of a run changed.
type StepChange struct {
	Index  int              `json:"index"` // of the step in the run
	Step   string           `json:"step"`  // customize[2]
	Name   string           `json:"name,omitempty"`
	Report *diskdiff.Report `json:"report,omitempty"` // nil: what would tell was not kept
	Why    string           `json:"why,omitempty"`    // of a nil Report
}

// Title is what a person reads for the step.
func (c StepChange) Title() string { return plan.Step{ID: c.Step, Name: c.Name}.Title() }

// History tells what each step of a run changed, in order. The first one has what starting the machine did, too. A step is left out of which
// neither the machine before nor that after it was kept, at the end of a run that failed.
func (s *Service) History(ctx context.Context, run string, o diskdiff.Options) (list []StepChange, err error) {
	p, kept, err := s.points(ctx, run)
	if err != nil {
		return nil, err
	}
	var before *OpenDisk
	var why string
	defer func() {
		if before != nil {
			err = errors.Join(err, before.Close())
		}
	}()
	if before, why, err = s.moment(ctx, p, kept, 0); err != nil {
		return nil, err
	}
	if before == nil {
		return nil, &NotKeptPointError{Run: p.Run.ID, Reason: why}
	}
	for i, st := range p.Steps {
		after, missing, err := s.moment(ctx, p, kept, i+1)
		if err != nil {
			return nil, err
		}
		change := StepChange{Index: i, Step: st.ID, Name: st.Name}
		switch {
		case before != nil && after != nil:
			if change.Report, err = diskdiff.Compare(ctx, before.Disk, after.Disk, o); err != nil {
				return nil, errors.Join(err, after.Close())
			}
			err = before.Close()
		case before != nil:
			change.Why = missing
			err = before.Close()
		default:
			change.Why = why
		}
		if err != nil {
			return nil, err
		}
		if before != nil || after != nil {
			list = append(list, change)
		}
		before, why = after, missing
	}
	return list, nil
}

// moment opens the disk of a machine before a step. It gives nil, and says why, where it was not kept.
func (s *Service) moment(ctx context.Context, p Point, kept build.RunLayers, next int) (*OpenDisk, string, error) {
	p.Next = next
	err := p.find(kept)
	if err == nil {
		var d *OpenDisk
		if d, err = s.OpenPoint(ctx, p); err == nil {
			return d, "", nil
		}
	}
	var not *NotKeptPointError
	if errors.As(err, &not) {
		return nil, not.Reason, nil
	}
	return nil, "", err
}
