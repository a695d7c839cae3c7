package stock

import (
	"context"

	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/multistep/commonsteps"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"
	"github.com/hashicorp/packer/builder/null"

	"github.com/ingot-build/ingot/plugins/wsman"
)

// nullBuilder is Packer's, with the WinRM communicator of package wsman in the place of the SDK's.
type nullBuilder struct {
	null.Builder
	config null.Config // that of null.Builder cannot be seen
}

// Prepare implements packersdk.Builder.
func (b *nullBuilder) Prepare(raws ...any) (generated, warnings []string, err error) {
	if generated, warnings, err = b.Builder.Prepare(raws...); err == nil {
		_, err = b.config.Prepare(raws...)
	}
	return generated, warnings, err
}

// Run implements packersdk.Builder.
func (b *nullBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	c := &b.config.CommConfig
	if c.Type != "winrm" {
		return b.Builder.Run(ctx, ui, hook)
	}
	transport := c.WinRMTransportDecorator
	if c.WinRMNoProxy {
		// The SDK would choose its transport by itself then, and change the environment of this process.
		transport, c.WinRMNoProxy = wsman.WithoutProxy(c.WinRMUseNTLM.True()), false
	}
	c.WinRMTransportDecorator = wsman.Transport(transport)
	state := new(multistep.BasicStateBag)
	state.Put("hook", hook)
	state.Put("ui", ui)
	state.Put("instance_id", "Null")
	steps := []multistep.Step{
		&communicator.StepConnect{Config: c, Host: null.CommHost(c.Host())},
		&stepFast{c, winrm.Config{TransportDecorator: transport}},
		new(commonsteps.StepProvision),
	}
	commonsteps.NewRunner(steps, b.config.PackerConfig, ui).Run(ctx, state)
	if err, ok := state.Get("error").(error); ok {
		return nil, err
	}
	return new(null.NullArtifact), nil
}

// stepFast puts the communicator of package wsman around the one that was made.
type stepFast struct {
	*communicator.Config
	own winrm.Config // with a transport that is not checked yet
}

func (s *stepFast) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	own := s.own
	own.Host, own.Port, own.Username, own.Password = s.WinRMHost, s.WinRMPort, s.WinRMUser, s.WinRMPassword
	own.Https, own.Insecure, own.Timeout = s.WinRMUseSSL, s.WinRMInsecure, s.WinRMTimeout
	note := state.Get("ui").(packersdk.Ui).Say
	comm, err := wsman.Wrap(state.Get("communicator").(packersdk.Communicator), &own, note)
	if err != nil {
		state.Put("error", err)
		return multistep.ActionHalt
	}
	state.Put("communicator", comm)
	return multistep.ActionContinue
}

func (*stepFast) Cleanup(multistep.StateBag) {}
