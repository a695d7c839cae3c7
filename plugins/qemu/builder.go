// Package qemu is the Packer builder ingot-qemu: a build VM on this machine. It boots an overlay over a base disk, lets
// Packer's provisioners work on it by SSH, powers it off in good order and hands back the overlay. The base disk is
// only read.
//
// By default the guest has to bring sshd and cloud-init, which finds its orders on a second disk (package seed). An image that is
// told to look for them on Azure alone (datasource_list: [Azure]) does not: add NoCloud to that list in the base image.
// The serial number ds=nocloud, which QEMU shows the guest as well, helps those whose list is empty.
//
// A guest with Windows is reached by WinRM, or by OpenSSH, as a user whom the base disk brings. One that was generalized brings none:
// with unattend_seed it is given the answers to what it asks at its first boot, which make the user and let it in by WinRM. It
// needs virtio drivers, unless devices are emulated.
package qemu

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
const BuilderID = "ingot.qemu"

// Builder runs one build VM. Use it for one build.
type Builder struct{ config Config }

var _ packersdk.Builder = (*Builder)(nil)

// New returns a builder to be prepared.
func New() packersdk.Builder { return new(Builder) }

// ConfigSpec is what a source "ingot-qemu" block may say.
func (b *Builder) ConfigSpec() hcldec.ObjectSpec { return b.config.FlatMapstructure().HCL2Spec() }

// Prepare checks the configuration without a look at the host. It has no variables for provisioners and no warnings.
func (b *Builder) Prepare(raws ...any) (variables, warnings []string, err error) {
	return nil, nil, b.config.prepare(raws...)
}

// Run makes the VM, provisions it and returns its disk as an *Artifact. The error says what failed first; QEMU has ended by
// then and everything but the console's log is gone, unless on-error is "abort": see keepIfAborted.
func (b *Builder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	// QEMU's end, or a doomed guest, cancels whatever step is running; the cause says why.
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	vm := newVM(&b.config, ui, cancel)

	state := new(multistep.BasicStateBag)
	state.Put("hook", hook)
	state.Put("ui", ui)
	steps := []multistep.Step{
		&stepHost{vm},
		vm.stepFolder(),
		&stepDisk{vm},
	}
	switch {
	case b.config.UnattendSeed:
		steps = append(steps, &stepUnattend{vm})
	case b.config.Layer != "":
		steps = append(steps, &stepLayerSeed{vm})
	case !b.config.windows():
		steps = append(steps,
			&communicator.StepSSHKeyGen{
				CommConf:            &b.config.comm, // in memory alone
				SSHTemporaryKeyPair: communicator.SSHTemporaryKeyPair{SSHTemporaryKeyPairType: "ed25519"},
			},
			&stepSeed{vm})
	}
	if b.config.TPM {
		steps = append(steps, &stepTPM{vm})
	}
	ways := map[string]multistep.Step{commSSH: &stepReady{vm}, commWinRM: &stepReadyWinRM{vm}}
	if b.config.windows() {
		ways[commSSH] = &stepReadyWindowsSSH{vm}
	}
	steps = append(steps,
		&stepPowerOn{vm},
		&communicator.StepConnect{
			Config:        &b.config.comm,
			Host:          func(multistep.StateBag) (string, error) { return machine.Loopback, nil },
			CustomConnect: ways,
		},
		new(commonsteps.StepProvision),
		&stepPowerOff{vm})
	commonsteps.NewRunner(steps, b.config.PackerConfig, machine.QuietUI{Ui: ui}).Run(ctx, state)

	err := machine.Failure(ctx, state)
	if vm.finished {
		err = nil // a cancellation that came later has nothing left to stop
	}
	vm.boot.End(err)
	vm.shutdown.End(err)
	vm.keepIfAborted(outer.Err() != nil)
	if err != nil {
		return nil, err
	}
	return vm.artifact(), nil
}
