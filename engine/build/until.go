package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
)

// looksIn reports whether somebody wants the build VM where the run is to end, even if nothing has to be run in it.
func (s *state) looksIn() bool { return s.Stay || s.Attend != nil && s.Attend.ShellFirst }

// untilMove is how a run ends that was to end before a step. Who wants a shell where a step fails gets one here, too; and who wants to keep
// the VM then keeps it.
func (s *state) untilMove(ctx context.Context, at packercore.Boundary) *Move {
	if s.Attend != nil && s.Attend.ShellFirst && at.Next < len(s.Plan.Steps) {
		s.shell(ctx, s.Plan.Steps[at.Next], at.Way)
	}
	if s.Stay {
		return &Move{Kind: Keep}
	}
	return &Move{Kind: Leave}
}

// end is the last part of a run: it came to its end, or to where it was to be stopped.
func end(_ context.Context, s *state) error {
	s.complete = s.stopped == nil
	if s.stopped == nil || s.kept == nil {
		return nil
	}
	text := fmt.Sprintf("%s stands: %s; remove it with: %s", s.kept.Name, wayIn(*s.kept), s.cleanUp())
	if _, ok := s.Target.(target.Resumer); ok {
		text += "; go on in it with: ingot resume " + s.id
	}
	s.emit(events.Event{Output: &events.Output{Stream: events.Say, Text: text}})
	return nil
}

// Stands reports whether the build VM of a run may stand that was stopped before its end: the way into it is kept.
func Stands(run store.Run) bool {
	_, err := os.Stat(filepath.Join(run.Dir, wayFile))
	return err == nil
}
