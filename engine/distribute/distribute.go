// Package distribute sends one finished disk to every distributor of a plan. It keeps order, tells events, and words failures as
// the service does; how an image is published is left to a destination: distribute/local, distribute/azure.
package distribute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

// Failure is one distributor that did not succeed.
type Failure struct {
	Index int    // in the plan's destinations
	Name  string // runOutputName
	Err   error
}

// Error says that no distributor succeeded.
type Error struct {
	Failures []Failure
	Total    int
}

func (e *Error) Error() string { return message(e.Failures, e.Total) }

// Unwrap gives every cause.
func (e *Error) Unwrap() []error { return causes(e.Failures) }

// PartialError says that some distributors succeeded and some did not. What succeeded stays.
type PartialError struct {
	Failures []Failure
	Total    int
}

func (e *PartialError) Error() string { return message(e.Failures, e.Total) }

// Unwrap gives every cause.
func (e *PartialError) Unwrap() []error { return causes(e.Failures) }

// message is worded like the run message of the service, plural and all, since programs that watch runs look for it.
func message(failures []Failure, total int) string {
	var parts []string
	for i, f := range failures {
		parts = append(parts, fmt.Sprintf("[Error %d] [Distribute %d] %v", i, f.Index, f.Err))
	}
	return fmt.Sprintf("Failed in distributing %d images out of total %d: {%s}", len(failures), total, strings.Join(parts, " "))
}

func causes(failures []Failure) []error {
	all := make([]error, len(failures))
	for i, f := range failures {
		all[i] = f.Err
	}
	return all
}

// Each calls publish for every destination of p, in template order, one after another. It returns one output for each, nil where
// it failed. A failure does not stop the others; a context that ended does, and counts as the failure of those that are left.
// The error is *PartialError if one succeeded, else *Error; both hold all causes.
func Each(ctx context.Context, p *plan.Plan, publish Publish, emit func(events.Event)) ([]*events.RunOutput, error) {
	results := make([]result, len(p.Destinations))
	for i, d := range p.Destinations {
		results[i] = one(ctx, d, publish, emit)
	}
	return sum(p, results)
}

// Together is Each for all destinations at once: publish and emit have to be safe for that.
func Together(ctx context.Context, p *plan.Plan, publish Publish, emit func(events.Event)) ([]*events.RunOutput, error) {
	results := make([]result, len(p.Destinations))
	var all sync.WaitGroup
	for i, d := range p.Destinations {
		all.Go(func() { results[i] = one(ctx, d, publish, emit) })
	}
	all.Wait()
	return sum(p, results)
}

// Publish brings an image to one destination. Name and Type of its output are filled in by the caller.
type Publish func(context.Context, plan.Destination) (events.RunOutput, error)

// result is what came of one destination; out is nil with err.
type result struct {
	out *events.RunOutput
	err error
}

// sum gives the results in template order.
func sum(p *plan.Plan, results []result) ([]*events.RunOutput, error) {
	outputs := make([]*events.RunOutput, len(results))
	var failures []Failure
	for i, r := range results {
		outputs[i] = r.out
		if r.err != nil {
			failures = append(failures, Failure{Index: i, Name: p.Destinations[i].RunOutputName, Err: r.err})
		}
	}
	switch {
	case len(failures) == 0:
		return outputs, nil
	case len(failures) < len(results):
		return outputs, &PartialError{Failures: failures, Total: len(results)}
	default:
		return outputs, &Error{Failures: failures, Total: len(results)}
	}
}

// one runs a single distributor between its events.
func one(ctx context.Context, d plan.Destination, publish Publish, emit func(events.Event)) result {
	if cause := context.Cause(ctx); cause != nil {
		return result{err: cause} // it never began: its step stays pending
	}
	title := fmt.Sprintf("%s %s %s", d.ID, d.Kind(), d.RunOutputName)
	start := time.Now()
	emit(events.Event{Step: d.ID, State: &events.State{Phase: events.Running, Title: title}})
	out, err := publish(ctx, d)
	end := events.State{Phase: events.Done, Title: title, Elapsed: time.Since(start)}
	if err != nil {
		end.Phase, end.Detail = events.Failed, err.Error()
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
			end.Phase = events.Cancelled
		}
		emit(events.Event{Step: d.ID, State: &end})
		return result{err: err}
	}
	out.Name, out.Type = d.RunOutputName, d.Kind()
	emit(events.Event{Step: d.ID, RunOutput: &out})
	emit(events.Event{Step: d.ID, State: &end})
	return result{out: &out}
}
