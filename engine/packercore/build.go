package packercore

import (
	"context"
	"fmt"
	"log"
	"runtime/debug"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
)

// straggle bounds the wait for provisioners that outlive the builder's run. They were told to stop and the build VM is gone by
// then, so this only gives them time to notice.
const straggle = 5 * time.Second

// Validate loads the template and prepares every component, as Build does first, and runs nothing. It reads files but changes
// none. The error joins every *TemplateError found.
func Validate(reg Registry, opts Options) error {
	_, err := prepare(reg, opts)
	return err
}

// Build runs the template's build and returns what the builder made. emit is told what happens, one event at a time, and not
// any more once Build has returned; the step of an event is "provisioner[i]" for provisioner i, and the builder's own word
// (boot, shutdown) for what the builder does.
//
// The error is one or more joined *TemplateError when nothing ran; a *ProvisionError when a provisioner failed; the context's
// cause when ctx ended, after the builder cleaned up; a *PanicError when a component panicked; else what the builder said.
func Build(ctx context.Context, reg Registry, opts Options, emit func(events.Event)) (*Artifact, error) {
	if opts.Mask == nil {
		opts.Mask = new(events.Mask)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	setRunUUID()
	p, err := prepare(reg, opts)
	if err != nil {
		return nil, err
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}

	out := &gate{emit: opts.Mask.Sink(emit)}
	defer out.close()
	hook := &provisionHook{
		prepared: p, out: out, mask: opts.Mask, now: opts.Now,
		cancelled: func() bool { return ctx.Err() != nil },
	}

	var artifact packersdk.Artifact
	err = guard("builder "+p.template.source.kind, func() (err error) {
		artifact, err = p.builder.Run(ctx, newUI(out, "", opts.Now), &packersdk.DispatchHook{Mapping: map[string][]packersdk.Hook{
			packersdk.HookProvision: {hook},
			// Nothing to do: error-cleanup-provisioner blocks are refused when the template is loaded. The name is mapped so
			// that the builder's call is answered here.
			packersdk.HookCleanupProvision: {noHook{}},
		}})
		return err
	})
	// The hook runs in a goroutine of the builder's, and the SDK's step for it does not wait for it when the context ends.
	hook.wait(straggle)
	return outcome(ctx, artifact, err, hook)
}

// outcome decides what the build's result is. An artifact that was finished is not lost to a cancellation that came after it. Else
// cancelling comes first: a builder reports its own stop as an error, and so may the provisioner it interrupted. A provisioner's
// failure comes next, since builders often pass on its text alone.
func outcome(ctx context.Context, artifact packersdk.Artifact, err error, hook *provisionHook) (*Artifact, error) {
	failed, interrupted := hook.result()
	finished := err == nil && artifact != nil && failed == nil && !interrupted
	cause := context.Cause(ctx)
	switch {
	case finished:
		return &Artifact{
			BuilderID: artifact.BuilderId(), ID: artifact.Id(), Files: artifact.Files(),
			State: func(name string) any { return artifact.State(name) },
		}, nil
	case cause != nil:
		if err != nil {
			log.Printf("packercore: the builder stopped: %v", err)
		}
		return nil, cause
	case failed != nil:
		return nil, failed
	case err != nil:
		return nil, err
	default:
		return nil, errStopped
	}
}

// noHook does nothing.
type noHook struct{}

// Run implements packersdk.Hook.
func (noHook) Run(context.Context, string, packersdk.Ui, packersdk.Communicator, any) error {
	return nil
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
