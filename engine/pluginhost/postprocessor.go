package pluginhost

import (
	"context"
	"slices"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// postProcessor is a post-processor in a plugin. The artifact it gets is served to it over the same connection.
type postProcessor struct{ *component }

func (p *postProcessor) far() packersdk.PostProcessor { return p.remote.(packersdk.PostProcessor) }

// Configure implements packersdk.PostProcessor.
func (p *postProcessor) Configure(configs ...any) error {
	if err := p.Start(); err != nil {
		return err
	}
	configs = slices.Clone(configs)
	return tell(p.component, p.host.ctx, "Configure", bounds{limit: p.host.opts.Limits.Prepare}, func() error {
		return p.far().Configure(configs...)
	})
}

// PostProcess implements packersdk.PostProcessor.
func (p *postProcessor) PostProcess(
	ctx context.Context, ui packersdk.Ui, input packersdk.Artifact,
) (output packersdk.Artifact, keep, forceOverride bool, err error) {
	if err := p.Start(); err != nil {
		return nil, false, false, err
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, false, false, cause
	}
	type result struct {
		made                packersdk.Artifact
		keep, forceOverride bool
	}
	limit := bounds{grace: p.host.opts.Limits.Cancel}
	got, err := ask(p.component, ctx, "the post-processing", limit, func() (r result, err error) {
		r.made, r.keep, r.forceOverride, err = p.far().PostProcess(ctx, ui, input)
		return r, err
	})
	if err != nil || got.made == nil {
		return nil, false, false, err
	}
	if output, err = p.artifact(got.made); err != nil {
		return nil, false, false, err
	}
	return output, got.keep, got.forceOverride, nil
}
