package build

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target"
)

// orOtherSize makes the build VM, and with the next of Request.FallbackSizes where Azure refused one of its size for a quota, or since it
// has none. Nothing has run in such a VM, so that nothing is done twice. What the refused attempt left is the ledger's.
func (s *state) orOtherSize(ctx context.Context, attempt func() error) error {
	sizes := slices.Clone(s.FallbackSizes)
	for {
		err := attempt()
		var refused *RefusedError
		if !errors.As(err, &refused) || !refused.Failure.OtherSize || context.Cause(ctx) != nil {
			return err
		}
		tried := s.Plan.Azure.VMSize
		sizes = slices.DeleteFunc(sizes, func(size string) bool { return size == tried })
		if len(sizes) == 0 {
			return err
		}
		s.vmSize, sizes = sizes[0], sizes[1:]
		s.Plan.Azure.VMSize = s.vmSize
		text := fmt.Sprintf("%s; trying %s", refused.Failure.What, s.vmSize)
		s.emit(events.Event{Step: stepBoot, Output: &events.Output{Stream: events.Say, Text: text}})
		if err := emitPacker(ctx, s); err != nil { // what is in the run's folder is what runs
			return err
		}
	}
}

// ErrFallbackSizes is for a place whose VMs have no sizes by name.
var ErrFallbackSizes = &HostError{
	What: "build VMs on this machine have no sizes to fall back to", Why: "--fallback-sizes names sizes of Azure",
	Fix: "leave it out, or build there: --on azure",
}

// checkSizes refuses sizes that would not be tried.
func checkSizes(s *state) error {
	if _, ok := s.Target.(target.Refuser); len(s.FallbackSizes) > 0 && !ok {
		return ErrFallbackSizes
	}
	return nil
}
