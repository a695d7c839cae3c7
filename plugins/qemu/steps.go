package qemu

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

// remove deletes files of the build, and says which could not be.
func (v *vm) remove(names ...string) { machine.Remove(v.ui, v.dir, names...) }

// stepHost decides about the accelerator, and finds programs and firmware.
type stepHost struct{ *vm }

func (s *stepHost) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	reason := "as configured"
	if s.accel = s.config.Accelerator; s.accel == accelAuto {
		found := accel.Probe(ctx)
		s.accel, reason = found.Name, found.Reason
	}
	if s.accel == accelTCG {
		s.boot.Begin("TCG: software emulation, 2-14x slower than KVM (" + reason + ")")
	} else {
		s.boot.Begin("KVM (" + reason + ")")
	}

	var err error
	if s.programs, err = findPrograms(s.config.TPM); err == nil {
		err = s.openLayer()
	}
	if err == nil && s.config.Firmware == machine.FirmwareUEFI {
		s.efi, err = s.findFirmware()
	}
	return machine.End(state, err)
}

// findFirmware finds what the guest boots by.
func (s *vm) findFirmware() (efiFirmware, error) {
	if s.layer != nil {
		if efi, ok := s.layer.firmware(); ok {
			return efi, nil
		}
	}
	if s.config.SecureBoot {
		return findEFI(efiSecureFirmwares)
	}
	return findEFI(efiFirmwares)
}

func (*stepHost) Cleanup(multistep.StateBag) {}

// stepFolder is the output directory.
func (v *vm) stepFolder() *machine.StepFolder {
	c := v.config
	return &machine.StepFolder{Output: c.OutputDirectory, Force: c.PackerForce, Source: &c.SourceDisk, Found: func(dir string) {
		v.dir = dir
		// QEMU appends nothing to an old console, but until it starts, an old one would be taken for this build's.
		v.remove(machine.ConsoleFile, monitorFile)
	}, Finished: func() bool { return v.finished }}
}

// stepDisk makes the disk that the guest writes to.
type stepDisk struct{ *vm }

func (s *stepDisk) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, s.makeDisk(ctx))
}

func (v *vm) makeDisk(ctx context.Context) (err error) {
	c := v.config
	base, format, size := c.SourceDisk, c.SourceFormat, c.diskSize
	if v.layer != nil {
		base, format, size = v.layer.file(machine.DiskFile), "qcow2", 0
	}
	v.disk.Renew()
	v.disk.Dir, v.disk.Img, v.disk.Broken = v.dir, v.programs.Img, func(err error) { v.cancel(err) }
	v.disk.Size, err = machine.CreateOverlay(ctx, v.programs.Img, base, format, v.file(machine.DiskFile), size)
	return err
}

func (s *stepDisk) Cleanup(multistep.StateBag) {
	if !s.finished {
		s.remove(machine.DiskFile)
	}
}

// stepSeed writes the guest's orders.
type stepSeed struct{ *vm }

func (s *stepSeed) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	orders := seed.Seed{
		InstanceID: fmt.Sprintf("%s-%x", s.config.VMName, time.Now().UnixNano()),
		User:       s.config.SSHUsername,
		PublicKey:  string(s.config.comm.SSHPublicKey),
	}
	return machine.End(state, seed.Write(s.file(machine.SeedFile), orders.Files()))
}

func (s *stepSeed) Cleanup(multistep.StateBag) { s.remove(machine.SeedFile) }

// stepPowerOn starts QEMU.
type stepPowerOn struct{ *vm }

func (s *stepPowerOn) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, s.powerOnLayer(ctx))
}

// newMachine is what the configuration describes.
func (s *vm) newMachine() hardware {
	c := s.config
	return hardware{Name: c.VMName, CPUs: c.CPUs, MemoryMiB: c.Memory, Accel: s.accel, EFICode: s.efi.Code,
		Port: c.guestPort(), Seed: c.UnattendSeed || !c.windows(), Windows: c.windows(), Emulated: c.Devices == devicesEmulated,
		SecureBoot: c.SecureBoot, TPM: c.TPM, ClockUTC: c.UnattendSeed, MetadataRelay: c.MetadataRelay}
}

// powerOn starts QEMU with a guest that boots.
func (s *vm) powerOn(ctx context.Context) error {
	s.hardware = s.newMachine()
	return s.start(ctx)
}

// start starts QEMU with s.machine.
func (s *vm) start(ctx context.Context) error {
	c, m := s.config, s.hardware
	if m.EFICode != "" {
		variables, err := os.ReadFile(s.efi.Vars)
		if err == nil {
			err = os.WriteFile(s.file(efiVarsFile), variables, 0o600)
		}
		if err != nil {
			return fmt.Errorf("copy the UEFI variables: %w", err)
		}
	}
	s.console = newConsole(s.file(machine.ConsoleFile),
		func(line string) {
			if s.boot.IsRunning() || s.shutdown.IsRunning() {
				s.ui.Machine(machine.MessageConsole, line)
			}
		},
		func(err error) { s.fail(fmt.Errorf("%w%s", err, s.console.LastLines())) })
	if s.poweredOn.IsZero() { // a second start is part of the same boot
		s.poweredOn = time.Now()
	}
	process, err := machine.Start(machine.BoundBy(s.config.PackerOnError), "QEMU", s.programs.System, s.dir, m.args())
	if err != nil {
		return err
	}
	s.process = process
	s.watch()
	if s.monitor, err = connectMonitor(ctx, s.dir, s.process); err != nil {
		return err
	}
	s.watchEvents()
	s.port, err = s.monitor.hostPort(ctx, c.guestPort())
	c.comm.SSHPort, c.comm.WinRMPort = s.port, s.port
	return err
}

// endGrace is how long after a failure QEMU's own end may be noticed, and is then taken for the reason of it.
const endGrace = 100 * time.Millisecond

func (s *stepPowerOn) Cleanup(state multistep.StateBag) {
	if _, failed := state.GetOk("error"); failed && s.process != nil && s.process.Within(endGrace) {
		s.reportEnd()
	}
	s.release()
	s.remove(monitorFile, pidFile, efiVarsFile)
}
