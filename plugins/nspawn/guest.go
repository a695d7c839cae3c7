package nspawn

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// The files of a build, beside those that every machine has.
const (
	seedFolder = "seed"          // its orders, as the folder that a container finds them in
	logFile    = "container.log" // what the programs say that run the container
)

// storageDaemon is who opens the disk, and speaks QMP.
const storageDaemon = "qemu-storage-daemon"

// guest is the container while it is made, used and taken down. The steps share it; each fills in what the later ones need.
type guest struct {
	config *Config
	ui     packersdk.Ui
	cancel context.CancelCauseFunc // of the whole build

	boot, shutdown machine.Phase

	img   string       // from stepHost: the program qemu-img
	layer string       // from stepHost: absolute; "" without one
	dir   string       // from stepFolder; absolute
	disk  machine.Disk // from stepDisk
	grow  int64        // from stepDisk: bytes that the disk has more than the source

	container *container.Container // from stepStart, until it is cleaned up
	console   *machine.Console
	monitor   *machine.Monitor
	started   time.Time
	expected  atomic.Bool    // its end is no surprise any more
	watchers  sync.WaitGroup // of its end and of the console
	stopWatch context.CancelFunc

	freezing sync.Mutex    // held while the guest is kept
	times    machine.Times // from stepReady and stepPowerOff
	finished bool          // from stepPowerOff: the disk is whole
}

func newGuest(c *Config, ui packersdk.Ui, cancel context.CancelCauseFunc) *guest {
	g := &guest{config: c, ui: ui, cancel: cancel}
	g.boot.UI, g.boot.ID = ui, "boot"
	g.shutdown.UI, g.shutdown.ID = ui, "shutdown"
	return g
}

// file is the absolute path of one of the build's files.
func (g *guest) file(name string) string { return filepath.Join(g.dir, name) }

// remove deletes files of the build, and says which could not be.
func (g *guest) remove(names ...string) { machine.Remove(g.ui, g.dir, names...) }

// address is where the guest's sshd is reached; it stays the same when the guest reboots.
func (g *guest) address() string { return fmt.Sprintf("%s:%d", machine.Loopback, g.container.Port()) }

// watch notices when the container ends before it should, and follows the console, until release.
func (g *guest) watch() {
	ctx, stop := context.WithCancel(context.Background())
	g.stopWatch = stop
	ended, console := g.container.Done(), g.console
	g.watchers.Go(func() {
		select {
		case <-ended:
			g.reportEnd()
		case <-ctx.Done(): // it is kept, or is known to have ended
		}
	})
	g.watchers.Go(func() {
		if err := console.Follow(ctx); err != nil {
			g.ui.Error(fmt.Sprintf("the guest's console cannot be shown: %v", err))
		}
	})
}

// reportEnd cancels the build for the container's end, unless that was to be.
func (g *guest) reportEnd() {
	if g.expected.Load() {
		return
	}
	_ = g.console.Read() // what cannot be read is told by who follows it
	g.cancel(fmt.Errorf("%w%s", owner{g.container}.EndError(), g.console.LastLines()))
}

const (
	// goneGrace is how long after a failure a guest may be on its way down, which is the reason of it then.
	goneGrace = 10 * time.Second
	// aliveKnock is how long the sshd of a guest that stays up has for a greeting.
	aliveKnock = 2 * time.Second
)

// stays tells, after a step failed, whether the guest is still there. One that goes down ends its sessions first: it stays when its sshd
// greets.
func (g *guest) stays() bool {
	ctx, cancel := context.WithTimeout(context.Background(), goneGrace)
	defer cancel()
	for ctx.Err() == nil {
		conn, err := machine.Knock(ctx, g.address(), aliveKnock)
		select {
		case <-g.container.Done():
			if conn != nil {
				conn.Close()
			}
			g.reportEnd()
			return false
		case <-time.After(knockPause): // its end may come just now
		}
		if err == nil {
			conn.Close()
			return true
		}
	}
	return true // whatever it does, it runs
}

// owner is the container as a Monitor knows it.
type owner struct{ *container.Container }

// EndError says how the container ended.
func (o owner) EndError() error {
	if err := o.Err(); err != nil {
		return err
	}
	return errors.New("the guest is off")
}

// Kill ends it; that it does not end is told by who waits for that.
func (o owner) Kill() { _ = o.Container.Kill() }

// release ends the container if it still runs, and everything that watched it. A guest that is being kept is waited for.
func (g *guest) release() {
	g.freezing.Lock()
	defer g.freezing.Unlock()
	if g.container == nil {
		return
	}
	g.expected.Store(true)
	if err := g.container.Kill(); err != nil {
		g.ui.Error(fmt.Sprintf("left behind: %v", err))
	}
	g.letGo()
	g.removeFiles()
}

// removeFiles deletes what a container that was killed leaves.
func (g *guest) removeFiles() {
	if err := container.RemoveFiles(g.dir); err != nil {
		g.ui.Error(fmt.Sprintf("left behind: %v", err))
	}
}

// letGo ends what watches the container.
func (g *guest) letGo() {
	if g.monitor != nil {
		g.monitor.Close()
	}
	g.stopWatch()
	g.watchers.Wait()
	g.monitor, g.container = nil, nil
}

// endPhase closes a phase after what the console said in it.
func (g *guest) endPhase(p *machine.Phase, err error) {
	if g.console != nil {
		_ = g.console.Read() // what cannot be read is told by who follows it
	}
	p.End(err)
}

// artifact describes the finished disk.
func (g *guest) artifact() *machine.Artifact {
	all, _ := g.times.Total()
	return &machine.Artifact{Builder: BuilderID, Disk: g.file(machine.DiskFile), Known: map[string]any{
		machine.StateSourceDisk:   g.config.SourceDisk,
		machine.StateSourceFormat: g.config.SourceFormat,
		machine.StateDiskFormat:   "qcow2",
		machine.StateVirtualSize:  g.disk.Size,
		machine.StateBootSeconds:  g.times.Boot.Seconds(),
		machine.StateGuestSeconds: all.Seconds(),
	}}
}
