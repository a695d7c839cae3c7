package build

import (
	"context"
	"fmt"
	"time"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// clock notices that this machine slept, and its guests with it: the time of day went on then, and the time that programs run did not.
type clock struct{ last time.Time }

// mayDiffer is how far the two may be apart before a guest's clock is set: corrections of the host's own clock are smaller.
const mayDiffer = 2 * time.Second

// slept is how much more time passed in the world than for programs since it was last asked.
func (c *clock) slept(now time.Time) time.Duration {
	last := c.last
	c.last = now
	if last.IsZero() {
		return 0
	}
	return now.Round(0).Sub(last.Round(0)) - now.Sub(last)
}

// setClock sets the guest's clock after this machine has slept: with the time of its last step, certificates and packages of today would
// seem to come from the future.
func (s *state) setClock(ctx context.Context, at packercore.Boundary) {
	slept := s.clock.slept(time.Now())
	if slept.Abs() < mayDiffer || at.Remote == nil || s.Target.Info().External || s.Target.Info().Container || s.Plan.OS != plan.Linux || at.Next >= len(s.Plan.Steps) {
		return
	}
	step := s.Plan.Steps[at.Next].ID
	s.say(step, fmt.Sprintf("this machine slept for %s: the clock of the build VM is set again", slept.Round(time.Second)))
	if _, err := at.Remote(ctx, fmt.Sprintf("sudo -n date -u -s @%d", time.Now().Unix())); err != nil {
		s.say(step, "the clock of the build VM could not be set: "+err.Error())
	}
}
