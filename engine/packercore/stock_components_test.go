package packercore_test

import (
	"context"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/common"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/multistep/commonsteps"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	shelllocal "github.com/hashicorp/packer-plugin-sdk/shell-local"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/all"
)

// stockRegistry has what stock Packer has built in and needs no guest: builders that make nothing or a file, and commands on this
// machine. Ingot itself has none of them.
func stockRegistry() packercore.Registry {
	return packercore.Registry{
		Builders: map[string]func() packersdk.Builder{
			"null": func() packersdk.Builder { return &nullBuilder{} },
			"file": func() packersdk.Builder { return &writeBuilder{} },
		},
		Provisioners: map[string]func() packersdk.Provisioner{
			"shell-local": func() packersdk.Provisioner { return &localProvisioner{} },
		},
		PostProcessors: all.PostProcessors(),
	}
}

// nullBuilder has no guest.
type nullBuilder struct{ config common.PackerConfig }

func (*nullBuilder) ConfigSpec() hcldec.ObjectSpec {
	return hcldec.ObjectSpec{"communicator": &hcldec.AttrSpec{Name: "communicator", Type: cty.String}}
}

func (b *nullBuilder) Prepare(raws ...any) (generated, warnings []string, err error) {
	return nil, nil, config.Decode(&b.config, &config.DecodeOpts{PluginType: "null"}, raws[0])
}

func (b *nullBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	state := new(multistep.BasicStateBag)
	state.Put("hook", hook)
	state.Put("ui", ui)
	state.Put("instance_id", "Null")
	commonsteps.NewRunner([]multistep.Step{
		&communicator.StepConnect{Config: &communicator.Config{Type: "none"}}, new(commonsteps.StepProvision),
	}, b.config, ui).Run(ctx, state)
	if err, ok := state.Get("error").(error); ok {
		return nil, err
	}
	return &packersdk.MockArtifact{IdValue: "Null", FilesValue: []string{}, StateValues: map[string]any{
		"generated_data": map[any]any{"ID": "Null"},
	}}, nil
}

// writeBuilder writes a file.
type writeBuilder struct{ content, target string }

func (*writeBuilder) ConfigSpec() hcldec.ObjectSpec {
	return hcldec.ObjectSpec{
		"content": &hcldec.AttrSpec{Name: "content", Type: cty.String},
		"target":  &hcldec.AttrSpec{Name: "target", Type: cty.String},
	}
}

func (b *writeBuilder) Prepare(raws ...any) (generated, warnings []string, err error) {
	for name, to := range map[string]*string{"content": &b.content, "target": &b.target} {
		if v := raws[1].(cty.Value).GetAttr(name); !v.IsNull() {
			*to = v.AsString()
		}
	}
	return nil, nil, nil
}

func (b *writeBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	if err := os.MkdirAll(filepath.Dir(b.target), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(b.target, []byte(b.content), 0o600); err != nil {
		return nil, err
	}
	if err := hook.Run(ctx, packersdk.HookProvision, ui, new(packersdk.MockCommunicator), nil); err != nil {
		return nil, err
	}
	return &fileArtifact{b.target}, nil
}

type fileArtifact struct{ path string }

func (*fileArtifact) BuilderId() string { return "packer.file" }
func (a *fileArtifact) Files() []string { return []string{a.path} }
func (*fileArtifact) Id() string        { return "File" }
func (a *fileArtifact) String() string  { return "Stored file: " + a.path }
func (*fileArtifact) State(string) any  { return nil }
func (a *fileArtifact) Destroy() error  { return os.Remove(a.path) }

// localProvisioner runs commands on this machine.
type localProvisioner struct{ config shelllocal.Config }

func (p *localProvisioner) ConfigSpec() hcldec.ObjectSpec {
	return p.config.FlatMapstructure().HCL2Spec()
}

func (p *localProvisioner) Prepare(raws ...any) error {
	if err := shelllocal.Decode(&p.config, raws...); err != nil {
		return err
	}
	return shelllocal.Validate(&p.config)
}

func (p *localProvisioner) Provision(
	ctx context.Context, ui packersdk.Ui, _ packersdk.Communicator, data map[string]any,
) error {
	_, err := shelllocal.Run(ctx, ui, &p.config, data)
	return err
}
