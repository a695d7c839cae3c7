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
	"path/filepath"

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
	vm, err := qemu.NewGuest(ctx, qemu.GuestOptions{
		Disk: m.Disk, Format: m.Format, Firmware: m.Firmware, Dir: filepath.Join(m.Dir, id), Name: id,
		User: about.User, Keys: about.Keys, Listen: netip.AddrPortFrom(about.Addr, uint16(port)), Memory: m.Memory,
	})
	if err != nil {
		return nil, err
	}
	if err := vm.PowerOn(ctx); err != nil {
		return nil, errors.Join(err, vm.Close())
	}
	return &guest{vm, about.Addr}, nil
}

// guest is one machine.
type guest struct {
	*qemu.Guest
	addr netip.Addr
}

func (g *guest) Addr() netip.Addr { return g.addr }

// Destroy ends it and removes its disk.
func (g *guest) Destroy() error { return g.Close() }
