package build

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/target"
)

// Start is a checkpoint that a run begins with, in place of its source image.
type Start struct {
	Checkpoint
	// Stale begins with it also when the image template's steps before it are not those that made it.
	Stale bool `json:"stale,omitempty"`
}

// checkStart refuses a checkpoint that the image template does not lead to, or that is not there any more. Nothing is made before.
func checkStart(ctx context.Context, s *state) error {
	if s.Start == nil {
		return nil
	}
	c := s.Start
	t, ok := s.Target.(target.Checkpointer)
	if !ok {
		return ErrCheckpoints
	}
	refused := func(why, fix string) error {
		return &HostError{What: fmt.Sprintf("the build cannot go on from checkpoint %s", c.Ref()), Why: why, Fix: fix}
	}
	if c.Next > len(s.Plan.Steps) {
		return refused("the image template has fewer steps now than there are before it", "build without --from-checkpoint")
	}
	if here := s.Plan.Azure.Location; here != "" && plainRegion(here) != plainRegion(c.Disks.Location) {
		return refused(fmt.Sprintf("its disks are in %s, and the image template is for %s", c.Disks.Location, here),
			"build without --from-checkpoint")
	}
	key, err := seal.Open(s.Dirs.State)
	if err != nil {
		return err
	}
	now, err := prefixOf(s.Plan, min(c.Next, len(s.Plan.Steps)), key)
	if err != nil {
		return err
	}
	if what, at := c.Prefix.changed(now); what != "" {
		if at >= 0 && at < len(s.Plan.Steps) && s.Plan.Steps[at].Origin.Range.File != "" {
			what += " (" + s.Plan.Steps[at].Origin.Range.String() + ")"
		}
		if !c.Stale {
			return refused("what comes before it is not what made it any more: "+what,
				"build without --from-checkpoint; or go on all the same, with what the checkpoint has: --allow-stale-checkpoint")
		}
		text := "warning: the checkpoint has another past than the image template, as allowed: " + what
		s.emit(events.Event{Step: stepResolve, Output: &events.Output{Stream: events.Say, Text: text}})
	}
	err = t.Lookup(ctx, c.Disks)
	if gone, ok := errors.AsType[*target.GoneError](err); ok {
		return refused(gone.Error(), "build without --from-checkpoint")
	}
	return err
}

// needsBuilder reports whether the target's own builder makes a VM of the run: what is made of a checkpoint is made without it.
func (s *state) needsBuilder() bool { return s.Start == nil || validates(s.Plan) }

// plainRegion is a region's name as ids have it.
func plainRegion(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

// fromStart makes a build VM of the checkpoint and runs the steps after it there.
func (s *state) fromStart(ctx context.Context) error {
	if err := checkStart(ctx, s); err != nil { // somebody may have gone back with another image template
		return err
	}
	t := s.Target.(target.Checkpointer)
	for _, st := range s.Plan.Steps[:s.Start.Next] {
		s.emit(events.Event{Step: st.ID, State: &events.State{Phase: events.Done, Title: st.Title(), Reused: true}})
	}
	err := s.orOtherSize(ctx, func() (err error) {
		text := fmt.Sprintf("making the build VM of checkpoint %s, which was kept %s ago; it boots, and has nothing of what was in memory, "+
			"or in a folder that a boot empties, such as /tmp", s.Start.Ref(), time.Since(s.Start.Made).Round(time.Second))
		s.emit(events.Event{Step: stepBoot, Output: &events.Output{Stream: events.Say, Text: text}})
		s.vm, err = t.Restore(ctx, s.stageRequest(s.staged.Dir, s.base, false), s.staged, s.Start.Disks)
		if err != nil && context.Cause(ctx) == nil {
			return s.refused(err)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.way = s.Start.Way
	detail := fmt.Sprintf("the VM %s, made of checkpoint %s, at %s", s.vm.Name, s.Start.Ref(), s.vm.Host)
	if err := s.runStanding(ctx, s.Start.Next, detail); err != nil {
		return err
	}
	return s.captureStanding(ctx)
}
