package pluginhost

import (
	"context"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// artifact is what a component made, with all that does not change read from it at once: over RPC these questions have
// no errors, and an answer that was lost would look like an empty one.
type artifact struct {
	component *component
	remote    packersdk.Artifact
	builderID string
	id        string
	text      string
	files     []string
}

// artifact reads an artifact.
func (c *component) artifact(remote packersdk.Artifact) (*artifact, error) {
	const what = "questions about the artifact"
	ctx := context.WithoutCancel(c.host.ctx) // what was finished is not lost to a cancellation that came after it
	a, err := ask(c, ctx, what, bounds{limit: c.host.opts.Limits.Answer}, func() (*artifact, error) {
		return &artifact{
			component: c, remote: remote,
			builderID: remote.BuilderId(), id: remote.Id(), text: remote.String(), files: remote.Files(),
		}, nil
	})
	if err == nil && c.conn.why() != nil {
		err = c.crash(what)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// BuilderId implements packersdk.Artifact.
func (a *artifact) BuilderId() string { return a.builderID }

// Files implements packersdk.Artifact.
func (a *artifact) Files() []string { return a.files }

// Id implements packersdk.Artifact.
func (a *artifact) Id() string { return a.id }

// String implements packersdk.Artifact.
func (a *artifact) String() string { return a.text }

// State implements packersdk.Artifact. It is nil, as for a name that the artifact does not know, once the plugin has
// ended.
func (a *artifact) State(name string) any {
	c := a.component
	if c.conn.why() != nil {
		return nil
	}
	ctx := context.WithoutCancel(c.host.ctx)
	limit := bounds{limit: c.host.opts.Limits.Answer}
	value, err := ask(c, ctx, "a question about the artifact", limit, func() (any, error) {
		return a.remote.State(name), nil
	})
	if err != nil {
		return nil
	}
	return value
}

// Destroy implements packersdk.Artifact.
func (a *artifact) Destroy() error {
	c := a.component
	if c.conn.why() != nil {
		return c.crash("the removal of the artifact")
	}
	limit := bounds{limit: c.host.opts.Limits.Cancel}
	return tell(c, context.WithoutCancel(c.host.ctx), "the removal of the artifact", limit, a.remote.Destroy)
}
