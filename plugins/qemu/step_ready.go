package qemu

import (
	"context"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// stepReady waits until the guest can be worked on. It stands in for the SDK's own step for "ssh", which sleeps for
// seconds between its attempts and does not say what it waited for in vain.
type stepReady struct{ *vm }

func (s *stepReady) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	var comm packersdk.Communicator
	if s.layer != nil && s.layer.awake {
		comm, err := s.readyRestored(ctx, state)
		if err == nil {
			state.Put("communicator", s.metered(comm))
			return multistep.ActionContinue
		}
		if err := s.bootInstead(ctx, err); err != nil {
			return machine.End(state, err)
		}
	}
	checks := append(s.firstChecks(), s.sshChecks(ctx, state, &comm,
		"the console below tells how far the guest came: it needs virtio drivers, sshd, and DHCP on its network card",
		"cloud-init makes that user from the seed disk: the image needs it, and NoCloud in its datasource_list")...)
	checks = append(checks, machine.Check{
		What:  "cloud-init has finished",
		Hint:  "a unit it waits for does not end: the console below may name it",
		Probe: func(ctx context.Context) error { return machine.CloudInit(ctx, s.ui, comm) },
	})
	if err := s.whenReady(ctx, s.config.SSHTimeout, checks); err != nil {
		return machine.End(state, err)
	}
	state.Put("communicator", s.metered(comm))
	return multistep.ActionContinue
}

func (*stepReady) Cleanup(multistep.StateBag) {}

// firstChecks are those that every guest has to pass, whatever the way into it.
func (s *vm) firstChecks() []machine.Check {
	return []machine.Check{
		{
			What:  "QEMU runs the guest",
			Hint:  "a device or the accelerator holds it up; QEMU's log is in the error, if it said anything",
			Probe: s.running,
		},
		{
			What:  "the firmware speaks on the serial line",
			Hint:  "with KVM: this host's may be unable to run a guest, so try accelerator = \"tcg\"",
			Probe: func(ctx context.Context) error { return machine.Poll(ctx, machine.ReadyPoll, s.console.Spoke) },
		},
	}
}

// sshChecks are those of a guest that is reached by SSH. See machine.Checks.
func (s *vm) sshChecks(life context.Context, state multistep.StateBag, comm *packersdk.Communicator, silent, refused string) []machine.Check {
	return machine.Checks(life, state, s.config.SSHUsername, s.way, comm, silent, refused)
}

// waitReady goes through the checks once. With mayHang a kernel that hangs ends it, by a *hungError.
func (s *vm) waitReady(ctx context.Context, limit time.Duration, checks []machine.Check, mayHang bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if mayHang {
		s.console.onHang(func(line string) { cancel(&hungError{line}) })
	}
	progress := func(what string, done int) { s.progress(what, done, len(checks)) }
	if err := machine.Ready(ctx, "build VM", limit, checks, progress, s.console.LastLines); err != nil {
		return err
	}
	s.times.Boot = time.Since(s.poweredOn)
	s.endPhase(&s.boot, nil)
	return nil
}

func (s *vm) running(ctx context.Context) error {
	var status struct{ Running bool }
	for {
		if err := s.monitor.Run(ctx, &status, "query-status", nil); err != nil || status.Running {
			return err
		}
		machine.Pause(ctx, machine.ReadyPoll)
	}
}
