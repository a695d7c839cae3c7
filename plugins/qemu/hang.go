package qemu

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/ingot-build/ingot/plugins/machine"
)

// hangPattern is what Linux writes on its console about a CPU that does not come back. It repeats for as long as that lasts: RCU
// about once a minute, the watchdog of soft lockups about every 20 seconds.
var hangPattern = regexp.MustCompile(`rcu: INFO: .* stall|watchdog: BUG: soft lockup`)

// starvedText is why a kernel gives up whose clock did not tick for a while: this host had too much else to do.
const starvedText = "IO-APIC + timer doesn't work"

const (
	// hangReports make a hang. One or two of them come from a host that was busy, and the guest goes on after those.
	hangReports = 3
	// bootStarts is how often a guest that hangs while it boots is started, all in all.
	bootStarts = 3
)

// hungError ends a boot in which the guest's kernel hangs, or was starved: an emulated processor loses an interrupt once in some
// hundred boots, and more often on a busy host.
type hungError struct{ line string }

func (e *hungError) Error() string {
	return fmt.Sprintf("the guest's kernel hangs while it boots: %q", e.line)
}

// whenReady goes through the checks, tells how far they are, and ends the boot when all have passed. A guest that hangs is started
// again, over a disk as fresh as the first: nothing of the build has been done yet. limit counts for all starts together.
func (s *vm) whenReady(ctx context.Context, limit time.Duration, checks []machine.Check) error {
	bounded, cancel := context.WithTimeoutCause(ctx, limit, machine.ErrNotReady)
	defer cancel()
	for starts := 1; ; starts++ {
		err := s.waitReady(bounded, limit, checks, starts < bootStarts)
		hung, ok := err.(*hungError)
		if !ok {
			return err
		}
		s.ui.Error(fmt.Sprintf("%v; starting it again, with a fresh disk", hung))
		if err := s.startOver(ctx); err != nil {
			return err
		}
	}
}

// startOver ends QEMU and starts it as it was started at first.
func (s *vm) startOver(ctx context.Context) error {
	s.release()
	s.remove(machine.ConsoleFile, monitorFile) // which would be taken for those of the next start
	s.expected.Store(false)
	if err := s.makeDisk(ctx); err != nil {
		return err
	}
	return s.powerOn(ctx)
}
