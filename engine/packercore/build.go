package packercore

import (
	"context"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"slices"
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

// Build runs a template that has one build, and returns what its builder made. It is Prepare and Run otherwise.
func Build(ctx context.Context, reg Registry, opts Options, emit func(events.Event)) (*Artifact, error) {
	p, err := Prepare(ctx, reg, opts)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if len(p.jobs) != 1 {
		return nil, fmt.Errorf("the Packer template in %s has %d builds, and one is wanted", opts.Dir, len(p.jobs))
	}
	results, err := p.Run(ctx, emit)
	if len(results[0].Artifacts) == 0 {
		return nil, err
	}
	return results[0].Artifacts[0], err
}

// Prepared is a template that is ready to run: its data sources were asked, and every component accepted its configuration.
type Prepared struct {
	*session
	jobs []*job
}

// Prepare loads the template and prepares every component of the builds that opts chooses. The error joins every *TemplateError
// found, or is another one, such as a *NothingChosenError. The caller closes what it gets.
func Prepare(ctx context.Context, reg Registry, opts Options) (*Prepared, error) {
	s, err := newSession(reg, opts)
	if err != nil {
		return nil, err
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	s.execute = true
	setRunUUID()
	jobs, err := s.prepare(ctx)
	if err != nil {
		return nil, err
	}
	return &Prepared{s, jobs}, nil
}

// Close ends the components that live in processes of their own. Artifacts answer no more questions then.
func (p *Prepared) Close() { closeJobs(p.jobs) }

// Step is something that a run will do, as events name it.
type Step struct{ ID, Title string }

// Steps lists the provisioners and post-processors of all builds, in order. What the builders do themselves is known only to them.
func (p *Prepared) Steps() []Step {
	var list []Step
	for _, j := range p.jobs {
		prefix := p.prefix(j)
		for i, b := range j.build.Provisioners {
			if i >= p.opts.From && !b.Skips(j.source) {
				list = append(list, Step{stepID(prefix, provisionerID(i)), stepTitle(prefix, b.Title())})
			}
		}
		for i, sequence := range j.postProcessors {
			for k, b := range sequence {
				list = append(list, Step{stepID(prefix, postProcessorID(sequence, i, k)), stepTitle(prefix, b.Title())})
			}
		}
	}
	return list
}

// prefix is what the steps of a build begin with.
func (p *Prepared) prefix(j *job) string {
	if len(p.jobs) == 1 {
		return ""
	}
	return j.name
}

// Run runs the builds, and returns what came of each, in the order of the template. A failure of one stops no other. emit is told
// what happens, one event at a time, and not any more once Run has returned.
//
// The step of an event is "provisioner[i]" for provisioner i of the build block, "error-cleanup-provisioner", "post-processor[i]"
// or "post-processors[i][k]" for sequence i of those that run; and the builder's own word (boot, shutdown) for what the builder
// does. Where several builds run, each step begins with the build's name and a slash, and its title with the name and a colon.
//
// The error joins those of the results. One is a *ProvisionError when a provisioner failed; the context's cause when ctx ended,
// after the builder cleaned up; a *PanicError when a component panicked; else what the builder or a post-processor said.
func (p *Prepared) Run(ctx context.Context, emit func(events.Event)) ([]Result, error) {
	out := &gate{emit: p.opts.Mask.Sink(emit)}
	defer out.close()
	for _, w := range p.warnings {
		out.send(events.Event{Output: &events.Output{Stream: events.Say, Text: "warning: " + w}})
	}
	results := make([]Result, len(p.jobs))
	var group errgroup.Group
	if p.opts.Parallel > 0 {
		group.SetLimit(p.opts.Parallel)
	}
	for i, j := range p.jobs {
		group.Go(func() error {
			j.prefix = p.prefix(j)
			results[i] = j.result(ctx, out.under(j.prefix))
			return nil
		})
	}
	_ = group.Wait() // every error is in its result
	var errs []error
	for _, r := range results {
		errs = append(errs, r.Err)
	}
	return results, join(errs)
}

// join joins errors, one that is there several times once: all builds end with the same cause when they are cancelled.
func join(errs []error) error {
	var distinct []error
	for _, err := range errs {
		if err != nil && !slices.ContainsFunc(distinct, func(e error) bool { return errors.Is(e, err) }) {
			distinct = append(distinct, err)
		}
	}
	if len(distinct) == 1 {
		return distinct[0]
	}
	return errors.Join(distinct...)
}

// result runs a build and times it.
func (j *job) result(ctx context.Context, out func(events.Event)) Result {
	r := Result{Name: j.name}
	if r.Err = context.Cause(ctx); r.Err != nil {
		return r
	}
	began := j.opts.Now()
	r.Artifacts, r.Err = j.run(ctx, out)
	r.Elapsed = j.opts.Now().Sub(began)
	return r
}

// run runs the builder, with the provisioners in its hook, and then the post-processors.
func (j *job) run(ctx context.Context, out func(events.Event)) ([]*Artifact, error) {
	hook := &provisionHook{job: j, out: out, cancelled: func() bool { return ctx.Err() != nil }}
	if j.opts.Phases {
		hook.phases = &phases{out: out, now: j.opts.Now}
	}
	hook.phases.begin(bootStep)
	builderUI := newUI(out, "", &j.opts)
	if j.opts.Ask != nil {
		builderUI.ask = func(question string) (string, error) {
			if j.prefix != "" {
				question = j.prefix + ": " + question
			}
			return j.opts.Ask(ctx, question)
		}
	}
	var artifact packersdk.Artifact
	err := guard("builder "+j.source.Kind, func() (err error) {
		artifact, err = j.builder.Run(ctx, builderUI, &packersdk.DispatchHook{Mapping: map[string][]packersdk.Hook{
			packersdk.HookProvision:        {hook},
			packersdk.HookCleanupProvision: {hook},
		}})
		return err
	})
	builderUI.finish()
	// The hook runs in a goroutine of the builder's, and the SDK's step for it does not wait for it when the context ends.
	hook.wait(straggle)
	err = outcome(ctx, artifact, err, hook)
	hook.phases.close(ctx, err)
	if err != nil || artifact == nil {
		return nil, err
	}
	return j.postProcess(ctx, out, artifact)
}

// outcome decides how the builder's part of a build ended; nil when there is an artifact. One that was finished is not lost to a
// cancellation that came after it. Else cancelling comes first: a builder reports its own stop as an error, and so may the
// provisioner it interrupted. A provisioner's failure comes next, since builders often pass on its text alone.
func outcome(ctx context.Context, artifact packersdk.Artifact, err error, hook *provisionHook) error {
	failed, interrupted := hook.result()
	ended := hook.endedBetween()
	finished := err == nil && failed == nil && !interrupted && (artifact != nil || hook.opts.NoArtifact && hook.done())
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
	case ended != nil:
		return ended
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
