// Package standing is the Packer builder ingot-standing: it has provisioners work on a machine that stands already, and leaves it as it
// is. It makes nothing and removes nothing. Packer's builder null does that too, but wants an SSH key in a file; here the key comes as a
// value, so that one which is kept sealed need not be written anywhere.
package standing

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/multistep/commonsteps"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// BuilderID tells other components of Packer what made an artifact.
const BuilderID = "ingot.standing"

// Builder works on one machine. Use it for one build.
type Builder struct{ config Config }

var _ packersdk.Builder = (*Builder)(nil)

// New returns a builder to be prepared.
func New() packersdk.Builder { return new(Builder) }

// ConfigSpec is what a source "ingot-standing" block may say.
func (b *Builder) ConfigSpec() hcldec.ObjectSpec { return b.config.FlatMapstructure().HCL2Spec() }

// Prepare checks the configuration. It has no variables for provisioners and no warnings.
func (b *Builder) Prepare(raws ...any) (variables, warnings []string, err error) {
	return nil, nil, b.config.prepare(raws...)
}

// Run connects and runs the provisioners. The artifact stands for the machine; its Id is the host.
func (b *Builder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	state := new(multistep.BasicStateBag)
	state.Put("hook", hook)
	state.Put("ui", ui)
	state.Put("instance_id", b.config.Host)
	steps := []multistep.Step{
		&communicator.StepConnect{
			Config:        &b.config.comm,
			Host:          func(multistep.StateBag) (string, error) { return b.config.Host, nil },
			SSHConfig:     b.config.comm.SSHConfigFunc(),
			CustomConnect: map[string]multistep.Step{commWinRM: &stepWinRM{config: &b.config, note: ui.Say}},
		},
		new(commonsteps.StepProvision),
	}
	commonsteps.NewRunner(steps, b.config.PackerConfig, ui).Run(ctx, state)
	if err := failure(ctx, state); err != nil {
		return nil, err
	}
	return artifact(b.config.Host), nil
}

// failure is why the steps did not reach their end, or nil.
func failure(ctx context.Context, state multistep.StateBag) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err, ok := state.Get("error").(error); ok {
		return err
	}
	if _, halted := state.GetOk(multistep.StateHalted); halted {
		return errors.New("a step stopped the build without saying why")
	}
	return nil
}

// artifact is the machine, by its host.
type artifact string

func (artifact) BuilderId() string { return BuilderID } //nolint:staticcheck,revive // Packer's name
func (artifact) Files() []string   { return nil }
func (a artifact) Id() string      { return string(a) } //nolint:staticcheck,revive // Packer's name
func (a artifact) String() string  { return fmt.Sprintf("the machine at %s, as it stands", string(a)) }
func (artifact) State(string) any  { return nil }
func (artifact) Destroy() error    { return nil }
