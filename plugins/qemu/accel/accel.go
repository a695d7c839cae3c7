// Package accel finds out what runs a guest on this machine: KVM, or QEMU's software emulation (TCG). A /dev/kvm that
// opens proves nothing: there are hosts whose KVM sets everything up and then emulates the guest's kernel so slowly, or
// with so many instructions missing, that none boots. So a small guest is run, and what it does is measured.
package accel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// The accelerators, as QEMU spells them.
const (
	KVM = "kvm"
	TCG = "tcg"
)

// Result is what to use, and why.
type Result struct {
	Name   string        `json:"name"`   // KVM or TCG
	Reason string        `json:"reason"` // one clause, for a person
	Took   time.Duration `json:"tookNs"` // how long finding out took; of a remembered result, when it was found out
}

const (
	loops = 50_000 // iterations of the measured loop: 15 µs on a processor, 54 ms where each instruction is emulated

	// slowest is the longest that one iteration of two instructions may take. A processor needs 0.3 to 1 ns.
	slowest = 20 * time.Nanosecond

	// patience is for the whole probe. Setting up takes a few milliseconds.
	patience = 500 * time.Millisecond
)

// errTimeout and the like are why KVM is there and of no use.
var errTimeout = fmt.Errorf("its test guest did not end within %s", patience)

// Probe runs the test guest. It takes a tenth of a second at the most where KVM is emulated, a few milliseconds
// elsewhere, and never longer than half a second. There is always a result: TCG works everywhere.
func Probe(ctx context.Context) Result {
	start := time.Now()
	perLoop, err := measure(ctx)
	result := judge(perLoop, err)
	result.Took = time.Since(start)
	return result
}

// judge decides by the time of one iteration, or by what went wrong.
func judge(perLoop time.Duration, err error) Result {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Result{Name: TCG, Reason: "this host has no /dev/kvm"}
	case errors.Is(err, fs.ErrPermission):
		return Result{Name: TCG, Reason: "/dev/kvm may not be opened: join its group (mostly kvm) and log in anew"}
	case err != nil:
		return Result{Name: TCG, Reason: fmt.Sprintf("this host's KVM is of no use: %v", err)}
	case perLoop >= slowest:
		return Result{Name: TCG, Reason: fmt.Sprintf("this host's KVM is emulated: %v for two instructions", perLoop)}
	default:
		return Result{Name: KVM, Reason: "a test guest ran on it"}
	}
}
