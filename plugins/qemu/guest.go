package qemu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

// GuestOptions say what a Guest is to be.
type GuestOptions struct {
	Disk, Format string         // the base disk, which is only read: its path, and qcow2, raw or vpc
	Size         int64          // of the guest's disk in bytes; it is no smaller than the base disk
	Dir          string         // for what is the guest's own; it is made
	Name         string         // in QEMU's -name
	User         string         // who may sign in, and may use sudo
	Keys         []string       // as in authorized_keys
	Listen       netip.AddrPort // where its sshd is reached
	Firmware     string         // "" or "bios", or "uefi"
	Memory       int            // MiB; 0 is 1024
	Patience     time.Duration  // until its sshd answers; 0 is 10 minutes
}

// Guest is a Linux machine that is not built with: whoever makes it turns it on and off, and others sign in by SSH. QEMU
// ends with this program, in whatever way that ends. A Guest is not safe for concurrent use.
type Guest struct {
	o        GuestOptions
	hardware hardware
	h        hostPrograms
	disk     string

	process *machine.Process // nil when it is off
	monitor *monitor
}

// guestPatience is how long a guest has until its sshd answers, when nothing else is said.
const guestPatience = 10 * time.Minute

// GuestDisk is the name of a guest's disk in its folder, a qcow2 over the base disk. One that is there before NewGuest is
// taken for the guest's.
const GuestDisk = machine.DiskFile

// NewGuest makes the disk, unless it is there, and the seed disk of a machine, which is off.
func NewGuest(ctx context.Context, o GuestOptions) (*Guest, error) {
	machine.SetDefault(&o.Memory, 1024)
	machine.SetDefault(&o.Patience, guestPatience)
	g := &Guest{o: o, disk: filepath.Join(o.Dir, machine.DiskFile)}
	h, err := findPrograms(false)
	if err != nil {
		return nil, err
	}
	g.h = h
	g.hardware = hardware{Name: o.Name, CPUs: 2, MemoryMiB: o.Memory, Accel: accel.Probe(ctx).Name, Port: 22,
		Listen: o.Listen.String(), Seed: true}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := g.lay(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(o.Dir))
	}
	return g, nil
}

// Off ends the machine at once, and leaves its disk.
func (g *Guest) Off() { g.cut() }

// lay makes the files.
func (g *Guest) lay(ctx context.Context) error {
	if !machine.IsFile(g.disk) {
		if err := g.makeDisk(ctx); err != nil {
			return err
		}
	}
	if g.o.Firmware == machine.FirmwareUEFI {
		efi, err := findEFI(efiFirmwares)
		if err != nil {
			return err
		}
		variables, err := os.ReadFile(efi.Vars)
		if err == nil {
			err = os.WriteFile(filepath.Join(g.o.Dir, efiVarsFile), variables, 0o600)
		}
		if err != nil {
			return fmt.Errorf("copy the UEFI variables: %w", err)
		}
		g.hardware.EFICode = efi.Code
	}
	orders := seed.Seed{InstanceID: fmt.Sprintf("%s-%x", g.o.Name, time.Now().UnixNano()), User: g.o.User,
		PublicKey: strings.Join(g.o.Keys, "\n")}
	return seed.Write(filepath.Join(g.o.Dir, machine.SeedFile), orders.Files())
}

// makeDisk makes the disk over the base disk.
func (g *Guest) makeDisk(ctx context.Context) error {
	base, err := filepath.Abs(g.o.Disk)
	if err != nil {
		return err
	}
	size, err := machine.VirtualSize(ctx, g.h.Img, base, g.o.Format)
	if err == nil {
		_, err = machine.CreateOverlay(ctx, g.h.Img, base, g.o.Format, g.disk, max(size, g.o.Size))
	}
	return err
}

// PowerOn turns the machine on and waits for its sshd. An address that is in use is told by an error that is
// syscall.EADDRINUSE. After an error it is off.
func (g *Guest) PowerOn(ctx context.Context) error {
	if g.process != nil && !g.process.Ended() {
		return nil
	}
	probe, err := net.Listen("tcp", g.o.Listen.String()) // QEMU's own words for it are for people
	if err != nil {
		return fmt.Errorf("turn on %s: %w", g.o.Name, err)
	}
	_ = probe.Close()
	if g.process, err = machine.Start(machine.ToUs, "QEMU", g.h.System, g.o.Dir, g.hardware.args()); err != nil {
		return err
	}
	if err := g.wait(ctx); err != nil {
		err = fmt.Errorf("%w%s", err, g.lastLines())
		g.cut()
		return err
	}
	return nil
}

// wait returns when the machine's sshd greets.
func (g *Guest) wait(ctx context.Context) error {
	var err error
	if g.monitor, err = connectMonitor(ctx, g.o.Dir, g.process); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, g.o.Patience, fmt.Errorf("its sshd does not answer within %s", g.o.Patience))
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case <-g.process.Done():
			stop(g.process.EndError())
		case <-ctx.Done():
		}
	}()
	conn, err := machine.DialBanner(ctx, g.o.Listen.String(), machine.KnockPause)
	if err != nil {
		return err
	}
	return conn.Close()
}

// lastLines is the end of what the machine said on its console.
func (g *Guest) lastLines() string {
	c := &machine.Console{Path: filepath.Join(g.o.Dir, machine.ConsoleFile), Emit: func(string) {}}
	_ = c.Close() // what cannot be read is not told
	return c.LastLines()
}

// PowerOff presses the power button, again and again since a guest that is not up yet misses it, and cuts the machine off
// when it is still on after half a minute, or when ctx ends.
func (g *Guest) PowerOff(ctx context.Context) error {
	defer g.cut()
	if g.process == nil {
		return nil
	}
	const between, times = 2 * time.Second, 15
	for range times {
		if g.process.Ended() || g.monitor.powerButton(ctx) != nil || g.process.Within(between) {
			break
		}
	}
	return context.Cause(ctx)
}

// cut ends QEMU, which writes all it has to the disk first.
func (g *Guest) cut() {
	if g.process == nil {
		return
	}
	var quit func() error
	if g.monitor != nil {
		quit = g.monitor.Quit
	}
	if !g.process.Ended() {
		g.process.Stop(quit)
	}
	if g.monitor != nil {
		g.monitor.Close()
	}
	g.process, g.monitor = nil, nil
	_ = os.Remove(filepath.Join(g.o.Dir, monitorFile)) // else the next QEMU is looked for behind it
}

// Close ends the machine and removes what is its own.
func (g *Guest) Close() error {
	g.cut()
	return os.RemoveAll(g.o.Dir)
}
