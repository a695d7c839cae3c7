package qemu

import (
	"fmt"

	"github.com/ingot-build/ingot/plugins/machine"
)

// keepIfAborted deals with what is still there after the steps' own cleaning up, which on-error "abort" leaves out. A VM that runs
// goes on running, and whoever wants to look inside is told the way. Of one that ended, or that somebody cancelled, the disk is kept.
func (v *vm) keepIfAborted(cancelled bool) {
	if v.process == nil {
		return
	}
	v.expected.Store(true)
	disk := fmt.Sprintf("%s (over %s); its console: %s", v.file(machine.DiskFile), v.config.SourceDisk, v.file(machine.ConsoleFile))
	if !cancelled && v.port != 0 && !v.process.Within(endGrace) {
		kept, err := v.leave()
		if err == nil {
			kept.Say(v.ui, "VM", disk)
			return
		}
		v.ui.Error(fmt.Sprintf("the VM cannot be kept: %v", err))
	}
	v.release()
	v.endTPM()
	v.remove(monitorFile, pidFile, efiVarsFile, machine.SeedFile, machine.KeyFile, machine.KeptFile)
	v.ui.Say("Kept for a look inside: " + disk)
}

// leave lets go of the VM, which goes on running, and writes down the way in.
func (v *vm) leave() (machine.Kept, error) {
	c := &v.config.comm
	kept := machine.Kept{Name: v.config.VMName, PID: v.process.PID, Address: v.address(), User: c.User(), Disk: v.file(machine.DiskFile)}
	if err := kept.Write(v.dir, c.SSHPrivateKey, v.port); err != nil {
		return machine.Kept{}, err
	}
	v.freezing.Lock() // who keeps the guest still talks to QEMU
	defer v.freezing.Unlock()
	v.monitor.Close()
	v.stopWatch()
	v.monitor, v.process = nil, nil // what waits for its end goes with this program
	return kept, nil
}
