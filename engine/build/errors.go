package build

import (
	"fmt"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
)

// DiagnosticsError stops a run because of the user's text: a finding with a place says more than an error would.
type DiagnosticsError struct{ List diag.List }

func (e *DiagnosticsError) Error() string {
	for _, d := range e.List {
		if d.Severity == diag.Error {
			return d.String()
		}
	}
	return "the image template has errors"
}

// HostError stops a run because this machine is not ready for it.
type HostError struct{ What, Why, Fix string }

func (e *HostError) Error() string {
	if e.Why == "" {
		return e.What
	}
	return e.What + ": " + e.Why
}

// RunError says that a run began and failed. Problem is for people; Err is the cause.
type RunError struct {
	Problem events.Problem
	Err     error
}

func (e *RunError) Error() string { return e.Problem.What }

func (e *RunError) Unwrap() error { return e.Err }

// TimeoutError is the cause of a context that ran into the build timeout.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the build timeout of %s is over", e.After)
}
