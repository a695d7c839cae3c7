// Package nspawn is the Packer builder ingot-nspawn: a build in a container on this machine, over the disk of the image. The container
// boots the disk's own systemd and sshd on the kernel of this machine (package container); Packer's provisioners work on it by SSH, it is
// taken down in good order, and what comes out is the overlay over the base disk, as the builder ingot-qemu leaves it.
//
// The same seed makes the build user, and the layers are those of plugins/qemu: a VM goes on from what a container left, and the other way
// round. What the kernel, the boot loader or real hardware would have to do with a step is not to be had here.
package nspawn

import (
	"context"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/multistep/commonsteps"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// BuilderID tells other components of Packer what made an artifact.
const BuilderID = "ingot.nspawn"

// Builder runs one container. Use it for one build.
type Builder struct{ config Config }

var _ packersdk.Builder = (*Builder)(nil)

// New returns a builder to be prepared.
func New() packersdk.Builder { return new(Builder) }

// ConfigSpec is what a source "ingot-nspawn" block may say.
func (b *Builder) ConfigSpec() hcldec.ObjectSpec { return b.config.FlatMapstructure().HCL2Spec() }

// Prepare checks the configuration without a look at the host. It has no variables for provisioners and no warnings.
func (b *Builder) Prepare(raws ...any) (variables, warnings []string, err error) {
	return nil, nil, b.config.prepare(raws...)
}

// Run starts the container, provisions it and returns its disk as a *machine.Artifact. The error says what failed first; the container is
// gone by then, with everything but the logs, unless on-error is "abort": see keepIfAborted.
func (b *Builder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	// The container's end cancels whatever step is running; the cause says why.
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := newGuest(&b.config, ui, cancel)

	state := new(multistep.BasicStateBag)
	state.Put("hook", hook)
	state.Put("ui", ui)
	steps := []multistep.Step{&stepHost{g}, g.stepFolder(), &stepDisk{g}}
	if b.config.Layer == "" {
		steps = append(steps, &communicator.StepSSHKeyGen{
			CommConf:            &b.config.comm, // in memory alone
			SSHTemporaryKeyPair: communicator.SSHTemporaryKeyPair{SSHTemporaryKeyPairType: "ed25519"},
		})
	}
	steps = append(steps,
		&stepSeed{g},
		&stepStart{g},
		&communicator.StepConnect{
			Config:        &b.config.comm,
			Host:          func(multistep.StateBag) (string, error) { return machine.Loopback, nil },
			CustomConnect: map[string]multistep.Step{b.config.comm.Type: &stepReady{g}},
		},
		new(commonsteps.StepProvision),
		&stepPowerOff{g})
	commonsteps.NewRunner(steps, b.config.PackerConfig, machine.QuietUI{Ui: ui}).Run(ctx, state)

	// With on-error "abort" no step cleaned up, and none asked what became of the guest.
	alive := g.container != nil && outer.Err() == nil && g.stays()
	err := machine.Failure(ctx, state)
	if g.finished {
		err = nil // a cancellation that came later has nothing left to stop
	}
	g.boot.End(err)
	g.shutdown.End(err)
	g.keepIfAborted(alive)
	if err != nil {
		return nil, err
	}
	return g.artifact(), nil
}
