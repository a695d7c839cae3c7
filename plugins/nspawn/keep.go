package nspawn

import (
	"fmt"

	"github.com/ingot-build/ingot/plugins/machine"
)

// keepIfAborted deals with what is still there after the steps' own cleaning up, which on-error "abort" leaves out. A container that runs
// goes on running, and whoever wants to look inside is told the way. Of one that ended, or of a build that somebody cancelled, the disk is
// kept.
func (g *guest) keepIfAborted(alive bool) {
	if g.container == nil {
		return
	}
	disk := fmt.Sprintf("%s (over %s); its console: %s", g.file(machine.DiskFile), g.config.SourceDisk, g.file(machine.ConsoleFile))
	if alive {
		kept, err := g.leave()
		if err == nil {
			kept.Say(g.ui, "container", disk)
			return
		}
		g.ui.Error(fmt.Sprintf("the container cannot be kept: %v", err))
	}
	g.release()
	g.remove(machine.SeedFile, machine.KeyFile, machine.KeptFile)
	g.removeSeed()
	g.ui.Say("Kept for a look inside: " + disk)
}

// leave lets go of the container, which goes on running, and writes down the way in.
func (g *guest) leave() (machine.Kept, error) {
	c := &g.config.comm
	kept := machine.Kept{Name: g.config.VMName, PID: g.container.PID(), Address: g.address(), User: c.User(), Disk: g.file(machine.DiskFile)}
	if err := kept.Write(g.dir, c.SSHPrivateKey, g.container.Port()); err != nil {
		return machine.Kept{}, err
	}
	g.freezing.Lock() // who keeps the guest still talks to it
	defer g.freezing.Unlock()
	g.expected.Store(true)
	g.container.Detach()
	g.letGo()
	return kept, nil
}
