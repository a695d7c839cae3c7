// Package qemuguest makes the virtual machines of an emulated Azure real: each is a QEMU machine on this host, over a
// base disk, at a loopback address of its own.
package qemuguest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/plugins/qemu"
)

// Machines makes guests. Whatever image of Azure's a virtual machine names, it starts from the one base disk.
type Machines struct {
	Disk, Format string // the base disk, a Linux with sshd and cloud-init: its path, and qcow2, raw or vpc
	Firmware     string // bios or uefi; "" is bios
	Dir          string // for their disks
	Port         int    // that sshd is reached at; 0 is 22, which needs the right to listen there
	Memory       int    // MiB; 0 is 1024

	disks disks
}

// Start makes a guest and turns it on. It lets in the user of the machine's osProfile, by SSH key.
func (m *Machines) Start(ctx context.Context, about azuresim.Machine) (azuresim.Guest, error) {
	switch {
	case about.Windows:
		return nil, errors.New("a QEMU guest of the emulator is a Linux machine: its base disk is")
	case len(about.Keys) == 0:
		return nil, fmt.Errorf("%s has no SSH key in its osProfile, and a QEMU guest lets nobody in by password", about.Name)
	}
	port := m.Port
	if port == 0 {
		port = 22
	}
	name := make([]byte, 4)
	_, _ = rand.Read(name) // never fails
	id := "ingot-azure-" + hex.EncodeToString(name)
	g := &guest{addr: about.Addr, machines: m, disk: about.Disk}
	if g.disk == "" {
		g.disk = id
	}
	vm, err := qemu.NewGuest(ctx, qemu.GuestOptions{
		Disk: m.Disk, Format: m.Format, Firmware: m.Firmware, Dir: m.diskDir(g.disk), Name: id,
		User: about.User, Keys: about.Keys, Listen: netip.AddrPortFrom(about.Addr, uint16(port)), Memory: m.Memory,
	})
	if err != nil {
		return nil, err
	}
	g.Guest = vm
	if err := g.PowerOn(ctx); err != nil {
		return nil, errors.Join(err, g.removeDisk(about.Disk == "" || !errors.Is(err, syscall.EADDRINUSE)))
	}
	g.alone = about.Disk == ""
	return g, nil
}

// guest is one machine.
type guest struct {
	*qemu.Guest
	addr     netip.Addr
	machines *Machines
	disk     string // the name of its disk
	alone    bool   // nobody else knows that name: the disk goes with the machine
}

func (g *guest) Addr() netip.Addr { return g.addr }

// PowerOn turns it on; nobody copies its disk then.
func (g *guest) PowerOn(ctx context.Context) error {
	g.machines.disks.turn(g.disk, true)
	err := g.Guest.PowerOn(ctx)
	if err != nil {
		g.machines.disks.turn(g.disk, false)
	}
	return err
}

func (g *guest) PowerOff(ctx context.Context) error {
	defer g.machines.disks.turn(g.disk, false)
	return g.Guest.PowerOff(ctx)
}

// Destroy ends it. Its disk stays until DropDisk, if it has a name.
func (g *guest) Destroy() error {
	defer g.machines.disks.turn(g.disk, false)
	g.Off()
	return g.removeDisk(g.alone)
}

func (g *guest) removeDisk(really bool) error {
	if !really {
		return nil
	}
	return g.Close()
}
