package qemu

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// What an aborted build leaves beside its disk.
const (
	keyFile  = "id_ed25519" // logs in to the guest
	keptFile = "kept.json"  // a keptVM, for programs
)

// keptVM is a VM that is still there after its build, because that failed and was not to be cleaned up.
type keptVM struct {
	Name    string `json:"name"`              // in QEMU's command line
	PID     int    `json:"pid"`               // of QEMU
	Address string `json:"address"`           // host and port of the guest's sshd or WinRM service
	User    string `json:"user"`              // who may log in
	Command string `json:"command,omitempty"` // logs in; "" where only a password does
	Disk    string `json:"disk"`              // path
}

// bound is whether QEMU dies with this program: not when it may have to be kept.
func (v *vm) bound() bound {
	switch v.config.PackerOnError {
	case "", "cleanup":
		return toUs
	default:
		return toNoOne
	}
}

// keepIfAborted deals with what is still there after the steps' own cleaning up, which on-error "abort" leaves out. A VM that runs
// goes on running, and whoever wants to look inside is told the way. Of one that ended, or that somebody cancelled, the disk is kept.
func (v *vm) keepIfAborted(cancelled bool) {
	if v.process == nil {
		return
	}
	v.expected.Store(true)
	disk := fmt.Sprintf("%s (over %s); its console: %s", v.file(diskFile), v.config.SourceDisk, v.file(consoleFile))
	if !cancelled && v.port != 0 && !v.process.within(endGrace) {
		kept, err := v.leave()
		if err == nil {
			text := fmt.Sprintf("Kept for a look inside: VM %s (process %d) at %s, user %s", kept.Name, kept.PID, kept.Address, kept.User)
			if kept.Command != "" {
				text += ": " + kept.Command
			}
			v.ui.Say(text + "\nIts disk: " + disk)
			return
		}
		v.ui.Error(fmt.Sprintf("the VM cannot be kept: %v", err))
	}
	v.release()
	v.endTPM()
	v.remove(monitorFile, pidFile, efiVarsFile, seedFile, keyFile, keptFile)
	v.ui.Say("Kept for a look inside: " + disk)
}

// leave lets go of the VM, which goes on running, and writes down the way in.
func (v *vm) leave() (keptVM, error) {
	c := &v.config.comm
	kept := keptVM{Name: v.config.VMName, PID: v.process.pid, Address: v.address(), User: c.User(), Disk: v.file(diskFile)}
	if len(c.SSHPrivateKey) > 0 {
		if err := os.WriteFile(v.file(keyFile), c.SSHPrivateKey, 0o600); err != nil {
			return keptVM{}, err
		}
		// The guest's key is not known to anybody yet, and the port will be another guest's one day.
		kept.Command = fmt.Sprintf("ssh -i %s -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p %d %s@%s",
			shellWord(v.file(keyFile)), v.port, kept.User, loopback)
	}
	text, err := json.MarshalIndent(kept, "", "  ")
	if err == nil {
		err = os.WriteFile(v.file(keptFile), append(text, '\n'), 0o600)
	}
	if err != nil {
		return keptVM{}, err
	}
	v.freezing.Lock() // who keeps the guest still talks to QEMU
	defer v.freezing.Unlock()
	v.monitor.close()
	v.stopWatch()
	v.monitor, v.process = nil, nil // what waits for its end goes with this program
	return kept, nil
}

// shellWord makes s one word for a shell.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quietUI leaves out that the SDK does not clean up each step of an aborted build: what is kept is said once, at the end.
type quietUI struct{ packersdk.Ui }

func (u quietUI) Error(text string) {
	if !strings.HasPrefix(text, "aborted: skipping cleanup of step ") {
		u.Ui.Error(text)
	}
}
