package packercore

import (
	"context"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/events"
)

// straggle bounds the wait for provisioners that outlive the builder's run. They were told to stop and the build VM is gone by
// then, so this only gives them time to notice.
const straggle = 5 * time.Second

// Validate loads the template and prepares every component of the builds that opts chooses, as Run does first, and runs nothing:
// data sources are not asked either. It reads files but changes none. The error joins every *TemplateError found.
func Validate(ctx context.Context, reg Registry, opts Options) error {
	s, err := newSession(reg, opts)
	if err != nil {
		return err
	}
	jobs, err := s.prepare(ctx)
	closeJobs(jobs)
	return err
}

// Build runs a template that has one build, and returns what its builder made. It is Run otherwise.
func Build(ctx context.Context, reg Registry, opts Options, emit func(events.Event)) (*Artifact, error) {
	s, jobs, err := begin(ctx, reg, opts)
	if err != nil {
		return nil, err
	}
	defer closeJobs(jobs)
	if len(jobs) != 1 {
		return nil, fmt.Errorf("the Packer template in %s has %d builds, and one is wanted", s.opts.Dir, len(jobs))
	}
	result := s.run(ctx, jobs, emit)[0]
	if len(result.Artifacts) == 0 {
		return nil, result.Err
	}
	return result.Artifacts[0], result.Err
}

// Run runs the builds that opts chooses, and returns what came of each, in the order of the template. It returns a result for each
// as soon as they have begun. emit is told what happens, one event at a time, and not any more once Run has returned.
//
// The step of an event is "provisioner[i]" for provisioner i of the build block, "error-cleanup-provisioner", "post-processor[i]"
// or "post-processors[i][j]", counting sequences; and the builder's own word (boot, shutdown) for what the builder does. Where
// several builds run, each step begins with the build's name and a slash.
//
// The error is one or more joined *TemplateError, or another one, when nothing ran; else it joins those of the results. That of a
// result is a *ProvisionError when a provisioner failed; the context's cause when ctx ended, after the builder cleaned up; a
// *PanicError when a component panicked; else what the builder or a post-processor said.
func Run(ctx context.Context, reg Registry, opts Options, emit func(events.Event)) ([]Result, error) {
	s, jobs, err := begin(ctx, reg, opts)
	if err != nil {
		return nil, err
	}
	defer closeJobs(jobs)
	results := s.run(ctx, jobs, emit)
	var errs []error
	for _, r := range results {
		errs = append(errs, r.Err)
	}
	return results, errors.Join(errs...)
}

// begin prepares everything.
func begin(ctx context.Context, reg Registry, opts Options) (*session, []*job, error) {
	s, err := newSession(reg, opts)
	if err != nil {
		return nil, nil, err
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	s.execute = true
	setRunUUID()
	jobs, err := s.prepare(ctx)
	if err != nil {
		return nil, nil, err
	}
	if cause := context.Cause(ctx); cause != nil {
		closeJobs(jobs)
		return nil, nil, cause
	}
	return s, jobs, nil
}

// run runs the jobs, as many at a time as wanted. A failure of one stops no other.
func (s *session) run(ctx context.Context, jobs []*job, emit func(events.Event)) []Result {
	out := &gate{emit: s.opts.Mask.Sink(emit)}
	defer out.close()
	for _, w := range s.warnings {
		out.send(events.Event{Output: &events.Output{Stream: events.Say, Text: "warning: " + w}})
	}
	results := make([]Result, len(jobs))
	var group errgroup.Group
	group.SetLimit(-1)
	if s.opts.Parallel > 0 {
		group.SetLimit(s.opts.Parallel)
	}
	for i, j := range jobs {
		results[i].Name = j.name
		prefix := j.name
		if len(jobs) == 1 {
			prefix = ""
		}
		group.Go(func() error {
			if cause := context.Cause(ctx); cause != nil {
				results[i].Err = cause
				return nil
			}
			began := s.opts.Now()
			results[i].Artifacts, results[i].Err = j.run(ctx, out.under(prefix))
			results[i].Elapsed = s.opts.Now().Sub(began)
			return nil
		})
	}
	_ = group.Wait() // every error is in its result
	return results
}

// run runs the builder, with the provisioners in its hook, and then the post-processors.
func (j *job) run(ctx context.Context, out func(events.Event)) ([]*Artifact, error) {
	hook := &provisionHook{job: j, out: out, cancelled: func() bool { return ctx.Err() != nil }}
	builderUI := newUI(out, "", j.opts.Now)
	if j.opts.Ask != nil {
		builderUI.ask = func(question string) (string, error) { return j.opts.Ask(ctx, question) }
	}
	var artifact packersdk.Artifact
	err := guard("builder "+j.source.Kind, func() (err error) {
		artifact, err = j.builder.Run(ctx, builderUI, &packersdk.DispatchHook{Mapping: map[string][]packersdk.Hook{
			packersdk.HookProvision:        {hook},
			packersdk.HookCleanupProvision: {hook},
		}})
		return err
	})
	// The hook runs in a goroutine of the builder's, and the SDK's step for it does not wait for it when the context ends.
	hook.wait(straggle)
	if err := outcome(ctx, artifact, err, hook); err != nil {
		return nil, err
	}
	return j.postProcess(ctx, out, artifact)
}

// outcome decides how the builder's part of a build ended; nil when there is an artifact. One that was finished is not lost to a
// cancellation that came after it. Else cancelling comes first: a builder reports its own stop as an error, and so may the
// provisioner it interrupted. A provisioner's failure comes next, since builders often pass on its text alone.
func outcome(ctx context.Context, artifact packersdk.Artifact, err error, hook *provisionHook) error {
	failed, interrupted := hook.result()
	finished := err == nil && artifact != nil && failed == nil && !interrupted
	cause := context.Cause(ctx)
	switch {
	case finished:
		return nil
	case cause != nil:
		if err != nil {
			log.Printf("packercore: the builder stopped: %v", err)
		}
		return cause
	case failed != nil:
		return failed
	case err != nil:
		return err
	default:
		return errStopped
	}
}

// newArtifact is an artifact of Packer's in our terms.
func newArtifact(a packersdk.Artifact) *Artifact {
	return &Artifact{
		BuilderID: a.BuilderId(), ID: a.Id(), Files: a.Files(), Text: a.String(),
		State: func(name string) any { return a.State(name) },
	}
}

// guard calls a component and turns its panic into a *PanicError.
func guard(component string, call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Component: component, Value: v, Stack: string(debug.Stack())}
		}
	}()
	return call()
}

// named gives an error the component it came from, unless it names it already. A component's list of faults goes on one line.
func named(component string, err error) error {
	if _, ok := err.(*PanicError); ok {
		return err
	}
	return fmt.Errorf("%s: %w", component, oneLine(err))
}
