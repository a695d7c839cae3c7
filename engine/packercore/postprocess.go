package packercore

import (
	"context"
	"errors"
	"fmt"
	"log"
	"reflect"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// postProcess runs the sequences of post-processors, each of which starts from what the builder made, and returns the artifacts
// that are left: the builder's first, when it is kept. A failure ends its sequence and no other. Whether a post-processor's input
// is kept is said by keep_input_artifact, and else by the post-processor; what is not kept is destroyed.
func (j *job) postProcess(ctx context.Context, out func(events.Event), made packersdk.Artifact) ([]*Artifact, error) {
	if len(j.postProcessors) == 0 {
		return []*Artifact{newArtifact(made)}, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return []*Artifact{newArtifact(made)}, cause // what was finished stays
	}
	var left []*Artifact
	var errs []error
	keepMade := false
	add := func(a packersdk.Artifact) {
		if same(a, made) { // a post-processor that only looks gives on its input
			keepMade = true
			return
		}
		left = append(left, newArtifact(a))
	}
	for i, sequence := range j.postProcessors {
		prior := made
		for k, p := range sequence {
			next, keep, done, err := j.postProcessOne(ctx, out, postProcessorID(sequence, i, k), p, prior)
			defer done() // its artifact may be asked until the end
			if err != nil {
				errs = append(errs, err)
				// The input of what failed is all there is of the work so far. Packer destroys it, or loses sight of it.
				keepMade = keepMade || k == 0
				if k == 0 {
					prior = nil
				}
				break
			}
			if next == nil {
				prior = nil // the sequence ends here, and has no artifact
				break
			}
			switch {
			case k == 0:
				keepMade = keepMade || keep
			case keep:
				add(prior)
			default:
				errs = append(errs, j.destroy(prior, p))
			}
			prior = next
		}
		if prior != nil {
			add(prior)
		}
	}
	if keepMade {
		return append([]*Artifact{newArtifact(made)}, left...), errors.Join(errs...)
	}
	if err := guard("builder "+j.source.Kind, made.Destroy); err != nil {
		errs = append(errs, fmt.Errorf("remove what the builder made: %w", err))
	}
	return left, errors.Join(errs...)
}

// same reports whether two artifacts are one.
func same(a, b packersdk.Artifact) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}

// destroy removes an artifact that no later step needs.
func (j *job) destroy(a packersdk.Artifact, by *hcl2.PostProcessor) error {
	if err := guard("post-processor "+by.Kind, a.Destroy); err != nil {
		return fmt.Errorf("remove the input of post-processor %s: %w", by.Title(), err)
	}
	return nil
}

// postProcessOne runs one post-processor and tells its phases. next is nil when it made no artifact. done is never nil.
func (j *job) postProcessOne(
	ctx context.Context, out func(events.Event), id string, p *hcl2.PostProcessor, prior packersdk.Artifact,
) (next packersdk.Artifact, keep bool, done func(), err error) {
	began := j.opts.Now()
	tell := func(phase events.Phase, detail string) {
		state := &events.State{Phase: phase, Title: p.Title(), Detail: detail}
		if phase != events.Running {
			state.Elapsed = j.opts.Now().Sub(began)
		}
		out(events.Event{Step: id, State: state})
	}
	tell(events.Running, "")
	// What the builder told of the guest is asked of its artifact; see hookData for the two forms.
	processor, done, err := j.postProcessor(p, hookData(prior.State("generated_data")))
	if err != nil {
		tell(events.Failed, err.Error())
		return nil, false, func() {}, err
	}
	var force bool
	err = guard("post-processor "+p.Kind, func() (err error) {
		ui := newUI(out, id, &j.opts)
		defer ui.finish()
		next, keep, force, err = processor.PostProcess(ctx, ui, prior)
		return err
	})
	switch cause := context.Cause(ctx); {
	case err != nil && cause != nil:
		tell(events.Cancelled, cause.Error())
		return nil, false, done, cause
	case err != nil:
		err = fmt.Errorf("post-processor %s: %w", p.Title(), oneLine(err))
		tell(events.Failed, err.Error())
		return nil, false, done, err
	}
	tell(events.Done, "")
	if p.KeepInputArtifact == nil {
		return next, keep, done, nil
	}
	if keep && !*p.KeepInputArtifact && force {
		// What it gives on is made of its input.
		log.Printf("packercore: post-processor %s keeps its input whatever keep_input_artifact says", p.Kind)
		return next, true, done, nil
	}
	return next, *p.KeepInputArtifact, done, nil
}
