package qemu

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/wsman"
)

// stepReadyWinRM waits until a guest with Windows can be worked on. Like stepReady it stands in for a step of the SDK, which sleeps
// for seconds between its attempts and does not say what it waited for in vain.
type stepReadyWinRM struct{ *vm }

func (s *stepReadyWinRM) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	var comm packersdk.Communicator
	checks := append(s.firstChecks(), []machine.Check{
		{
			What:  "WinRM answers on the forwarded port",
			Hint:  fmt.Sprintf(windowsSilent, s.listens()),
			Probe: s.answers,
		},
		{
			What: fmt.Sprintf("user %q can log in by WinRM", s.config.WinRMUsername),
			Hint: s.whoIsLetIn(),
			Probe: func(ctx context.Context) (err error) {
				comm, err = s.loginWinRM(ctx)
				return err
			},
		},
		s.powerShellCheck(&comm),
	}...)
	if err := s.whenReady(ctx, s.config.WinRMTimeout, checks); err != nil {
		return machine.End(state, err)
	}
	state.Put("communicator", s.metered(comm))
	return multistep.ActionContinue
}

func (*stepReadyWinRM) Cleanup(multistep.StateBag) {}

// windowsSilent is what to look at when a guest that was to be Windows does not answer by the network; %s is what has to listen there.
const windowsSilent = `see that the disk has Windows on it; that it has drivers for its devices (devices = "emulated" needs none, ` +
	`"virtio" needs those of virtio-win); that it boots by this firmware (the disk of a generation 2 VM by uefi, of generation 1 by ` +
	`bios); and that %s; the first boot of Windows takes minutes, and up to an hour in software emulation`

// listens says what makes WinRM listen.
func (s *stepReadyWinRM) listens() string {
	if s.config.UnattendSeed {
		return "it was generalized (Sysprep), so that it reads the answers on the seed disk when it starts"
	}
	return fmt.Sprintf("it has a WinRM service that listens on port %d and is let in by its firewall", s.config.WinRMPort)
}

// whoIsLetIn says what makes a login succeed.
func (s *stepReadyWinRM) whoIsLetIn() string {
	if s.config.UnattendSeed {
		return "the first boot makes that user, if Windows was generalized (Sysprep): this one may have users already"
	}
	auth, other := "Basic", "true"
	if s.config.WinRMUseNTLM {
		auth, other = "NTLM (Negotiate)", "false"
	}
	return fmt.Sprintf("see that the base disk has that user with that password, and that WinRM takes logins by %s, or set "+
		"winrm_use_ntlm = %s", auth, other)
}

// powerShellCheck is the last one: comm is set by the check before it.
func (v *vm) powerShellCheck(comm *packersdk.Communicator) machine.Check {
	return machine.Check{
		What:  "PowerShell runs",
		Hint:  "Windows may still be setting itself up",
		Probe: func(ctx context.Context) error { return v.powerShell(ctx, *comm) },
	}
}

// winRMPause is the pause between two attempts at a guest that still boots. It doubles as that of a login by SSH does.
const winRMPause = 500 * time.Millisecond

// again calls try until it succeeds or ctx ends, and gives the last error with that of ctx.
func again(ctx context.Context, try func() error) error {
	for wait := winRMPause; ; wait = min(2*wait, machine.MaxLoginPause) {
		err := try()
		if err == nil {
			return nil
		}
		if machine.Pause(ctx, wait); ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

// answers waits for any answer by HTTP: QEMU takes the connection long before the guest listens.
func (s *stepReadyWinRM) answers(ctx context.Context) error {
	scheme := "http"
	if s.config.WinRMUseSSL {
		scheme = "https"
	}
	client := http.Client{
		Timeout: machine.PatientKnock,
		// Who answers is found out by the login, with the certificate checked as configured. No proxy leads to this host.
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	return again(ctx, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+s.address()+"/wsman", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	})
}

// winRMAttempt bounds one attempt: a Windows that restarts in the middle of it, to finish its setup, never answers it.
const winRMAttempt = 5 * time.Minute

var errNoAnswer = fmt.Errorf("no answer within %s", winRMAttempt)

// loginWinRM makes the connection. An attempt cannot be cancelled; one that is left behind ends with QEMU.
func (s *stepReadyWinRM) loginWinRM(ctx context.Context) (packersdk.Communicator, error) {
	c := &s.config.comm
	var comm packersdk.Communicator
	err := again(ctx, func() error {
		type result struct {
			comm packersdk.Communicator
			err  error
		}
		done := make(chan result, 1)
		go func() {
			comm, err := wsman.New(&winrm.Config{
				Host: machine.Loopback, Port: s.port, Username: c.WinRMUser, Password: c.WinRMPassword, Timeout: c.WinRMTimeout,
				Https: c.WinRMUseSSL, Insecure: c.WinRMInsecure, TransportDecorator: c.WinRMTransportDecorator,
			}, s.ui.Say)
			done <- result{comm, err}
		}()
		ctx, cancel := context.WithTimeoutCause(ctx, winRMAttempt, errNoAnswer)
		defer cancel()
		select {
		case r := <-done:
			comm = r.comm
			return r.err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err != nil {
		return nil, err
	}
	return comm, nil
}

// powerShell waits until a command of PowerShell runs: a guest in the middle of its first boot may lack modules.
func (*vm) powerShell(ctx context.Context, comm packersdk.Communicator) error {
	return again(ctx, func() error {
		var stdout, stderr bytes.Buffer
		cmd := &packersdk.RemoteCmd{Command: `powershell -NoProfile -NonInteractive -Command "Write-Output ready"`,
			Stdout: &stdout, Stderr: &stderr}
		ctx, cancel := context.WithTimeoutCause(ctx, winRMAttempt, errNoAnswer)
		defer cancel()
		if err := comm.Start(ctx, cmd); err != nil {
			return err
		}
		exited := make(chan int, 1)
		go func() { exited <- cmd.Wait() }() // ends with the connection, at the latest
		var code int
		select {
		case code = <-exited:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if code != 0 || strings.TrimSpace(stdout.String()) != "ready" {
			return fmt.Errorf("exit code %d: %.300s%.300s", code, stdout.String(), stderr.String())
		}
		return nil
	})
}
