package qemu

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
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
			return end(state, err)
		}
	}
	checks := append(s.firstChecks(), s.sshChecks(ctx, state, &comm,
		"the console below tells how far the guest came: it needs virtio drivers, sshd, and DHCP on its network card",
		"cloud-init makes that user from the seed disk: the image needs it, and NoCloud in its datasource_list")...)
	checks = append(checks, check{
		what:  "cloud-init has finished",
		hint:  "a unit it waits for does not end: the console below may name it",
		probe: func(ctx context.Context) error { return s.cloudInit(ctx, comm) },
	})
	if err := s.whenReady(ctx, s.config.SSHTimeout, checks); err != nil {
		return end(state, err)
	}
	state.Put("communicator", s.metered(comm))
	return multistep.ActionContinue
}

func (*stepReady) Cleanup(multistep.StateBag) {}

// firstChecks are those that every guest has to pass, whatever the way into it.
func (s *vm) firstChecks() []check {
	return []check{
		{
			what:  "QEMU runs the guest",
			hint:  "a device or the accelerator holds it up; QEMU's log is in the error, if it said anything",
			probe: s.running,
		},
		{
			what:  "the firmware speaks on the serial line",
			hint:  "with KVM: this host's may be unable to run a guest, so try accelerator = \"tcg\"",
			probe: func(ctx context.Context) error { return until(ctx, s.console.spoke) },
		},
	}
}

// sshChecks are those of a guest that is reached by SSH: it answers, and lets the user in. The connection is put into comm, and lives as
// long as life. The hints say what may be wrong with a guest that does not answer, and with one that lets nobody in.
func (s *vm) sshChecks(life context.Context, state multistep.StateBag, comm *packersdk.Communicator, silent, refused string) []check {
	var greeted net.Conn // answered, and not yet logged in on
	return []check{
		{
			what: "sshd answers on the forwarded port",
			hint: silent,
			probe: func(ctx context.Context) (err error) {
				greeted, err = s.greet(ctx)
				return err
			},
		},
		{
			what: fmt.Sprintf("user %q can log in", s.config.SSHUsername),
			hint: refused,
			probe: func(ctx context.Context) (err error) {
				*comm, err = s.login(ctx, life, state, greeted)
				return err
			},
		},
	}
}

// waitReady goes through the checks once. With mayHang a kernel that hangs ends it, by a *hungError.
func (s *vm) waitReady(ctx context.Context, limit time.Duration, checks []check, mayHang bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if mayHang {
		s.console.onHang(func(line string) { cancel(&hungError{line}) })
	}
	progress := func(what string, done int) { s.progress(what, done, len(checks)) }
	if err := ready(ctx, limit, checks, progress, s.console.lastLines); err != nil {
		return err
	}
	s.bootTime = time.Since(s.poweredOn)
	s.endPhase(&s.boot, nil)
	return nil
}

func (s *vm) running(ctx context.Context) error {
	var status struct{ Running bool }
	for {
		if err := s.monitor.run(ctx, &status, "query-status", nil); err != nil || status.Running {
			return err
		}
		pause(ctx, readyPoll)
	}
}

// cloudInitScript waits for the file that cloud-init writes as its last act, and prints it. Asking "cloud-init status
// --wait" would start Python, which takes an emulated processor seconds. A guest without cloud-init, or with one that
// does not run, is finished at once.
const cloudInitScript = `command -v cloud-init >/dev/null || exit 0
until [ -e /run/cloud-init/result.json ]; do
  [ -e /run/cloud-init/disabled ] && exit 0
  sleep 0.2
done
cat /run/cloud-init/result.json
`

// cloudInit waits until cloud-init has done everything. Its own complaints are shown and do not end the build:
// customizers may not need what went wrong.
func (s *stepReady) cloudInit(ctx context.Context, comm packersdk.Communicator) error {
	var stdout, stderr bytes.Buffer
	cmd := &packersdk.RemoteCmd{Command: cloudInitScript, Stdout: &stdout, Stderr: &stderr}
	if err := comm.Start(ctx, cmd); err != nil {
		return fmt.Errorf("look for cloud-init: %w", err)
	}
	exited := make(chan int, 1)
	go func() { exited <- cmd.Wait() }() // ends with the connection, at the latest
	select {
	case code := <-exited:
		if code != 0 {
			return fmt.Errorf("look for cloud-init: exit code %d: %s", code, strings.TrimSpace(stderr.String()))
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for _, complaint := range cloudInitErrors(stdout.Bytes()) {
		s.ui.Error("cloud-init: " + complaint)
	}
	return nil
}

// cloudInitErrors reads result.json. What it cannot read is a complaint too; no text at all is none.
func cloudInitErrors(text []byte) []string {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	var result struct {
		V1 struct {
			Errors []string `json:"errors"`
		} `json:"v1"`
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return []string{fmt.Sprintf("its result cannot be read: %v", err)}
	}
	return result.V1.Errors
}
