package nspawn

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// knockPause is between two knocks: a guest at native speed is up within a second, and is not kept busy by a few of them.
const knockPause = 15 * time.Millisecond

// stepReady waits until the guest can be worked on. It stands in for the SDK's own step for "ssh", which sleeps for
// seconds between its attempts and does not say what it waited for in vain.
type stepReady struct{ *guest }

func (s *stepReady) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	var comm packersdk.Communicator
	way := func() machine.SSH {
		return machine.SSH{Config: &s.config.comm, Address: s.address(), Patience: s.config.SSHTimeout, Between: knockPause}
	}
	refused := "the layer's guest knows another key, or its user is gone"
	if s.layer == "" {
		refused = "cloud-init makes that user from the seed: the image needs it, and NoCloud in its datasource_list"
	}
	checks := machine.Checks(ctx, state, s.config.SSHUsername, way, &comm,
		"the console below tells how far the guest came: it needs systemd, and sshd on port 22", refused)
	if s.layer == "" {
		checks = append(checks, machine.Check{
			What:  "cloud-init has finished",
			Hint:  "a unit it waits for does not end: the console below may name it",
			Probe: func(ctx context.Context) error { return machine.CloudInit(ctx, s.ui, comm) },
		})
	}
	progress := func(what string, done int) { s.boot.Progress(what, done, len(checks)) }
	lines := func() string {
		_ = s.console.Read() // what cannot be read is told by who follows it
		return s.console.LastLines()
	}
	if err := machine.Ready(ctx, "container", s.config.SSHTimeout, checks, progress, lines); err != nil {
		return machine.End(state, err)
	}
	s.times.Boot = time.Since(s.started)
	s.boot.Note = fmt.Sprintf("a container, up in %.2f s", s.times.Boot.Seconds())
	s.endPhase(&s.boot, nil)
	state.Put("communicator", s.metered(comm))
	return multistep.ActionContinue
}

func (*stepReady) Cleanup(multistep.StateBag) {}

// firstLine is text up to its first line's end, without blanks around it.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
