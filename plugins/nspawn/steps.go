package nspawn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// stepHost finds the layer, and what makes disks. What else the host lacks is found out when the container starts.
type stepHost struct{ *guest }

func (s *stepHost) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	s.boot.Begin("container, on this machine's kernel " + kernelRelease())
	var err error
	if s.img, err = machine.FindProgram("qemu-img", "qemu-utils"); err == nil {
		err = s.openLayer()
	}
	return machine.End(state, err)
}

// kernelRelease is that of this machine, "" where it is not told.
func kernelRelease() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return firstLine(string(text))
}

// openLayer makes the configuration that of the machine in the layer, where there is one.
func (g *guest) openLayer() (err error) {
	c := g.config
	if c.Layer == "" {
		return nil
	}
	if g.layer, err = filepath.Abs(c.Layer); err != nil {
		return fmt.Errorf("layer: %w", err)
	}
	f, err := machine.ReadFacts(g.layer, nil)
	if err != nil {
		return err
	}
	c.CPUs, c.Memory, c.Firmware = f.CPUs, f.MemoryMiB, f.Firmware
	return machine.UseKey(&c.comm, c.SSHPrivateKey)
}

func (*stepHost) Cleanup(multistep.StateBag) {}

// stepFolder is the output directory.
func (g *guest) stepFolder() *machine.StepFolder {
	c := g.config
	return &machine.StepFolder{Output: c.OutputDirectory, Force: c.PackerForce, Source: &c.SourceDisk, Found: func(dir string) {
		g.dir = dir
		g.remove(machine.ConsoleFile) // an old one would be taken for this build's
	}, Finished: func() bool { return g.finished }}
}

// stepDisk makes the disk that the guest writes to.
type stepDisk struct{ *guest }

func (s *stepDisk) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, s.makeDisk(ctx))
}

func (g *guest) makeDisk(ctx context.Context) (err error) {
	c := g.config
	base, format, size := c.SourceDisk, c.SourceFormat, c.diskSize
	if g.layer != "" {
		base, format, size = filepath.Join(g.layer, machine.DiskFile), "qcow2", 0 // the layer's disk has its size already
	}
	g.disk = machine.Disk{Dir: g.dir, Img: g.img, Broken: func(err error) { g.cancel(err) }}
	if g.disk.Size, err = machine.CreateOverlay(ctx, g.img, base, format, g.file(machine.DiskFile), size); err != nil || size == 0 {
		return err
	}
	has, err := machine.VirtualSize(ctx, g.img, base, format)
	g.grow = g.disk.Size - has
	return err
}

func (s *stepDisk) Cleanup(multistep.StateBag) {
	if !s.finished {
		s.remove(machine.DiskFile)
	}
}

// stepSeed writes the guest's orders: as files for the container, and as a disk for a VM that may go on from a layer. The guest of a
// layer has done what it was ordered to.
type stepSeed struct{ *guest }

func (s *stepSeed) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, s.write())
}

func (s *stepSeed) write() error {
	if s.layer != "" {
		return machine.CopyFile(filepath.Join(s.layer, machine.SeedFile), s.file(machine.SeedFile))
	}
	orders := seed.Seed{
		InstanceID: fmt.Sprintf("%s-%x", s.config.VMName, time.Now().UnixNano()),
		User:       s.config.SSHUsername,
		PublicKey:  string(s.config.comm.SSHPublicKey),
		BootDisk:   seed.VirtioDisk,
	}
	if err := seed.Write(s.file(machine.SeedFile), orders.Files()); err != nil {
		return err
	}
	if err := os.Mkdir(s.file(seedFolder), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the folder of the seed: %w", err)
	}
	for _, f := range orders.Files() {
		if err := os.WriteFile(filepath.Join(s.file(seedFolder), f.Name), f.Data, 0o600); err != nil {
			return fmt.Errorf("write the seed: %w", err)
		}
	}
	return nil
}

func (s *stepSeed) Cleanup(multistep.StateBag) {
	s.remove(machine.SeedFile)
	s.removeSeed()
}

func (g *guest) removeSeed() {
	if err := os.RemoveAll(g.file(seedFolder)); err != nil {
		g.ui.Error(fmt.Sprintf("left behind: %v", err))
	}
}

// stepStart starts the container.
type stepStart struct{ *guest }

func (s *stepStart) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, s.start(ctx))
}

// maxTasks is how many processes and threads a guest may have: more than builds of large programs need, and fewer than make a host stop.
const maxTasks = 8192

// spec is what the configuration describes.
func (g *guest) spec() container.Spec {
	c := g.config
	s := container.Spec{
		Name: c.VMName, Dir: g.dir, Disk: machine.DiskFile, Grow: g.grow, Hostname: seed.Hostname,
		CPUs: c.CPUs, MemoryMiB: c.Memory, Tasks: maxTasks, MetadataRelay: c.MetadataRelay,
		Stays: machine.BoundBy(c.PackerOnError) == machine.ToNoOne,
		// A guest that goes on from a layer was set up by cloud-init when it was new.
		Parameters: []string{"cloud-init=disabled"},
		GoesOn:     g.layer != "",
	}
	if g.layer == "" {
		s.Seed = g.file(seedFolder)
		s.Parameters = []string{"ds=nocloud;s=file://" + container.SeedMount + "/"}
	}
	return s
}

func (g *guest) start(ctx context.Context) (err error) {
	g.started = time.Now()
	if g.container, err = container.Start(ctx, g.spec()); err != nil {
		return err
	}
	for _, note := range g.container.Notes() {
		g.ui.Say(note)
	}
	g.console = &machine.Console{Path: g.container.Console(), Emit: g.said}
	g.watch()
	g.config.comm.SSHPort = g.container.Port()
	g.monitor, err = machine.Connect(ctx, storageDaemon, g.container.QMP(), owner{g.container})
	return err
}

// said is called for each line of the console.
func (g *guest) said(line string) {
	if g.boot.IsRunning() || g.shutdown.IsRunning() {
		g.ui.Machine(machine.MessageConsole, line)
	}
	if err := machine.Doomed(line, machine.SystemdDooms); err != nil {
		g.cancel(fmt.Errorf("%w%s", err, g.console.LastLines()))
	}
}

func (s *stepStart) Cleanup(state multistep.StateBag) {
	if _, failed := state.GetOk("error"); failed && s.container != nil && !s.boot.IsRunning() {
		s.stays() // or the reason is another one
	}
	s.release()
	s.removeFiles() // also of one that did not start
}
