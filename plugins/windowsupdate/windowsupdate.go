// Package windowsupdate is the provisioner that installs what Windows Update offers, and restarts the build VM until nothing is
// left. It does what the community's plugin of that name does, with the same configuration; the service uses that one.
//
// A pass is a PowerShell script on the build VM. It runs by a scheduled task, since Windows Update refuses to install anything for
// who is logged in by WinRM, and talks to the Windows Update Agent there.
package windowsupdate

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/guestexec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/shell"
	"github.com/hashicorp/packer-plugin-sdk/uuid"
	restart "github.com/hashicorp/packer/provisioner/windows-restart"
)

//go:embed update.ps1
var updateScript string

// The exit codes of a pass; update.ps1 says what they mean. Every other one is a failed pass.
const (
	exitNothingLeft = 0
	exitInstalled   = 101
	exitBadOrders   = 103
)

const (
	// maxPasses bounds the passes of one build. A machine that was never updated needs about five.
	maxPasses = 50
	// perUpdate is how long one update may take without a word. A feature update is installed in less, on a slow machine too.
	perUpdate = 4 * time.Hour
)

// bootUnderWay is there while Windows still works on what a restart was for.
const bootUnderWay = `HKLM:Software\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress`

// New returns a windows-update provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &provisioner{patience: perUpdate} }

type provisioner struct {
	config   Config
	patience time.Duration // perUpdate; tests have less
}

// ConfigSpec is what a provisioner "windows-update" block may say.
func (p *provisioner) ConfigSpec() hcldec.ObjectSpec { return p.config.FlatMapstructure().HCL2Spec() }

// Prepare checks the configuration. Whether an expression is PowerShell is found out on the build VM.
func (p *provisioner) Prepare(raws ...any) error { return p.config.prepare(raws...) }

// Provision makes passes until one finds nothing. A pass that fails is tried again after a restart, which is what most of Windows
// Update's troubles need; the error of the last is a *shell.ErrorInvalidExitCode, or says why it could not be run.
//
// Over WinRM a command, such as a pass that takes hours, is waited for without a look at ctx; what waits is left behind when ctx ends,
// until the connection does.
func (p *provisioner) Provision(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, _ map[string]any) error {
	done := make(chan error, 1)
	go func() { done <- p.passes(ctx, ui, comm) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *provisioner) passes(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
	for _, text := range p.config.ignored {
		ui.Sayf("The filter %q decides nothing: it begins with neither include: nor exclude:", text)
	}
	updates := newReport(ui, p.patience)
	pass, failed := 1, 0
	defer func() {
		if ctx.Err() != nil { // nobody listens any more
			return
		}
		for _, line := range updates.sum(pass) {
			ui.Say(line)
		}
	}()
	for ; ; pass++ {
		ui.Sayf("Windows Update, pass %d", pass)
		code, err := p.pass(ctx, updates, comm)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil && code == exitNothingLeft:
			return nil
		case err == nil && code == exitInstalled:
			failed = 0
			if title := updates.again(); title != "" {
				return fmt.Errorf("windows-update: %q was installed %d times and is offered again: leave it out by a filter, such as "+
					"exclude:$_.Title -eq '%s'", title, most, strings.ReplaceAll(title, "'", "''"))
			}
			if pass == maxPasses {
				return fmt.Errorf("windows-update: updates are left after %d passes: leave out what comes again by a filter", maxPasses)
			}
		default:
			if err == nil {
				err = &shell.ErrorInvalidExitCode{Code: code, Allowed: []int{exitNothingLeft, exitInstalled}}
			}
			if code == exitBadOrders {
				return fmt.Errorf("windows-update: a filter cannot be evaluated: %w", err)
			}
			if failed++; failed > p.config.UpdateMaxRetries {
				return fmt.Errorf("windows-update: %d passes in a row installed nothing though updates are left, or could not look: %w",
					failed, err)
			}
			ui.Errorf("Windows Update, pass %d, did not succeed (%v); %d more are made after a restart", pass, err,
				p.config.UpdateMaxRetries-failed+1)
		}
		if err := p.restart(ctx, ui, comm); err != nil {
			return err
		}
	}
}

// pass runs the script once and returns its exit code. The error is for a script that could not be brought there or started.
// An update that says nothing for too long ends the pass: what waits for it is left behind, and goes with the restart.
func (p *provisioner) pass(ctx context.Context, updates *report, comm packersdk.Communicator) (int, error) {
	orders, err := p.orders()
	if err != nil {
		return 0, err
	}
	path := fmt.Sprintf("C:/Windows/Temp/ingot-windows-update-%s.ps1", uuid.TimeOrderedUUID())
	if err := comm.Upload(path, strings.NewReader(orders+updateScript), nil); err != nil {
		return 0, fmt.Errorf("upload %s: %w", path, err)
	}
	command, err := guestexec.GenerateElevatedRunner("powershell -executionpolicy bypass -noninteractive -file "+path,
		elevated{comm, p.config.Username, p.config.Password})
	if err != nil {
		return 0, err
	}
	cmd := &packersdk.RemoteCmd{Command: command}
	quiet := updates.begin()
	ran := make(chan error, 1)
	go func() { ran <- cmd.RunWithUi(ctx, comm, updates) }()
	select {
	case err := <-ran:
		if err != nil {
			return 0, err
		}
		return cmd.ExitStatus(), nil
	case <-quiet:
		return 0, updates.stuck()
	}
}

// orders is the first line of the script.
func (p *provisioner) orders() (string, error) {
	data, err := json.Marshal(map[string]any{
		"searchCriteria": p.config.SearchCriteria,
		"filters":        p.config.filters,
		"updateLimit":    p.config.UpdateLimit,
	})
	return fmt.Sprintf("$orders = '%s'\n", base64.StdEncoding.EncodeToString(data)), err
}

// restart restarts the build VM as provisioner windows-restart does, and waits until Windows has done what it puts off until then.
func (p *provisioner) restart(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
	var r restart.Provisioner
	err := r.Prepare(map[string]any{
		"restart_timeout": p.config.RestartTimeout.String(),
		"check_registry":  true,
		"registry_keys":   []string{bootUnderWay},
	})
	if err == nil {
		looking, stop := context.WithCancel(ctx) // when its time is over, the provisioner leaves what still looks for the guest behind
		err = r.Provision(looking, ui, comm, nil)
		stop()
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}

// elevated is whose scheduled task runs a pass.
type elevated struct {
	comm           packersdk.Communicator
	user, password string
}

func (e elevated) Communicator() packersdk.Communicator { return e.comm }
func (e elevated) ElevatedUser() string                 { return e.user }
func (e elevated) ElevatedPassword() string             { return e.password }
