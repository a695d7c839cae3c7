package pluginhost

import (
	"context"
	"slices"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// builder is a builder in a plugin.
type builder struct{ *component }

func (b *builder) far() packersdk.Builder { return b.remote.(packersdk.Builder) }

// Prepare implements packersdk.Builder.
func (b *builder) Prepare(configs ...any) (generated, warnings []string, err error) {
	if err := b.Start(); err != nil {
		return nil, nil, err
	}
	type lists struct{ generated, warnings []string }
	configs = slices.Clone(configs) // they are encoded in place
	limit := bounds{limit: b.host.opts.Limits.Prepare}
	got, err := ask(b.component, b.host.ctx, "Prepare", limit, func() (l lists, err error) {
		l.generated, l.warnings, err = b.far().Prepare(configs...)
		return l, err
	})
	for i, w := range got.warnings {
		got.warnings[i] = b.host.opts.Mask.Text(w)
	}
	return got.generated, got.warnings, err
}

// Run implements packersdk.Builder. When ctx ends, the builder is told, and gets the time of Limits.Cancel to delete
// what it made. The artifact answers after Run, as long as the component is not closed.
func (b *builder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	if err := b.Start(); err != nil {
		return nil, err
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause // a builder that was never started panics when it is cancelled
	}
	hook = &boundHook{Hook: hook, ctx: ctx, component: b.component}
	limit := bounds{grace: b.host.opts.Limits.Cancel}
	made, err := ask(b.component, ctx, "the build", limit, func() (packersdk.Artifact, error) {
		return b.far().Run(ctx, ui, hook)
	})
	if err != nil || made == nil {
		return nil, err
	}
	return b.artifact(made)
}

// boundHook runs a hook under the context of the build as well as under the plugin's: over RPC the hook gets a context
// that ends only when the plugin says so, and without a cause. It ends also when the plugin is gone.
type boundHook struct {
	packersdk.Hook
	ctx       context.Context
	component *component
}

// Run implements packersdk.Hook.
func (h *boundHook) Run(
	ctx context.Context, name string, ui packersdk.Ui, comm packersdk.Communicator, data any,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(h.ctx, func() { cancel(context.Cause(h.ctx)) })
	defer stop()
	ran := make(chan struct{})
	defer close(ran)
	go func() {
		select {
		case <-h.component.conn.broken:
			cancel(h.component.crash("the build"))
		case <-ran:
		}
	}()
	return h.Hook.Run(ctx, name, ui, comm, data)
}
