package qemu

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// vm is the build VM while it is made, used and taken down. The steps share it; each fills in what the later ones need.
type vm struct {
	config *Config
	ui     packersdk.Ui
	cancel context.CancelCauseFunc // of the whole build

	boot, shutdown machine.Phase

	programs hostPrograms // from stepHost
	accel    string
	efi      efiFirmware      // zero with BIOS
	dir      string           // from stepFolder; absolute
	tpm      *machine.Process // from stepTPM, until it is cleaned up

	layer *layer                                  // from stepHost; nil without one
	trial atomic.Pointer[context.CancelCauseFunc] // see attempt

	hardware  hardware // from stepPowerOn
	console   *console // from stepPowerOn, until it is cleaned up
	process   *machine.Process
	monitor   *monitor
	port      int
	poweredOn time.Time
	expected  atomic.Bool    // QEMU's end is no surprise any more
	watchers  sync.WaitGroup // of the process and of the console
	stopWatch context.CancelFunc

	times    machine.Times // from stepReady or stepReadyWinRM, and stepPowerOff
	freezing sync.Mutex    // held while the guest is kept
	behind   time.Duration // how far its clock is
	disk     machine.Disk  // from stepDisk
	finished bool          // from stepPowerOff: the disk is whole
}

func newVM(c *Config, ui packersdk.Ui, cancel context.CancelCauseFunc) *vm {
	v := &vm{config: c, ui: ui, cancel: cancel}
	v.boot.UI, v.boot.ID = ui, "boot"
	v.shutdown.UI, v.shutdown.ID = ui, "shutdown"
	return v
}

// file is the absolute path of one of the build's files.
func (v *vm) file(name string) string { return v.dir + string(os.PathSeparator) + name }

// address is where the guest's sshd, or WinRM service, is reached; it stays the same when the guest reboots.
func (v *vm) address() string { return fmt.Sprintf("%s:%d", machine.Loopback, v.port) }

// watch notices when QEMU ends before it should, and follows the console, until release.
func (v *vm) watch() {
	ctx, stop := context.WithCancel(context.Background())
	v.stopWatch = stop
	v.watchers.Go(func() {
		<-v.process.Done()
		v.reportEnd()
	})
	v.watchers.Go(func() {
		if err := v.console.Follow(ctx); err != nil {
			v.ui.Error(fmt.Sprintf("the guest's console cannot be shown: %v", err))
		}
	})
}

// watchEvents acts on what QEMU tells by itself, until release.
func (v *vm) watchEvents() {
	v.watchers.Go(func() {
		err := v.monitor.Events(func(e qmp.Event) {
			if err := eventError(e); err != nil && !v.expected.Load() {
				v.fail(fmt.Errorf("%w%s", err, v.console.LastLines()))
			}
		})
		if err != nil {
			v.ui.Error(err.Error())
		}
	})
}

// reportEnd cancels the build for QEMU's end, unless that was to be.
func (v *vm) reportEnd() {
	if !v.expected.Load() {
		v.fail(fmt.Errorf("%w%s", v.process.EndError(), v.console.LastLines()))
	}
}

// release ends QEMU if it still runs, and everything that watched it. A guest that is being kept is waited for: whoever keeps it talks to
// QEMU, and gives up soon after its context has ended.
func (v *vm) release() {
	v.freezing.Lock()
	defer v.freezing.Unlock()
	if v.process == nil {
		return
	}
	v.expected.Store(true)
	var quit func() error
	if v.monitor != nil {
		quit = v.monitor.Quit
	}
	if !v.process.Ended() {
		v.process.Stop(quit)
	}
	if v.monitor != nil {
		v.monitor.Close()
	}
	v.stopWatch()
	v.watchers.Wait()
	v.monitor = nil
	v.process = nil
}

// progress tells how far the boot is.
func (v *vm) progress(what string, done, total int) {
	v.boot.Progress(what, done, total)
}

// endPhase closes a phase after what the console said in it.
func (v *vm) endPhase(p *machine.Phase, err error) {
	if v.console != nil {
		_ = v.console.Read() // what cannot be read is told by who follows it
	}
	p.End(err)
}

// artifact describes the finished disk.
func (v *vm) artifact() *machine.Artifact {
	guest, _ := v.times.Total()
	return &machine.Artifact{Builder: BuilderID, Disk: v.file(machine.DiskFile), Known: map[string]any{
		machine.StateSourceDisk:   v.config.SourceDisk,
		machine.StateSourceFormat: v.config.SourceFormat,
		machine.StateDiskFormat:   "qcow2",
		machine.StateVirtualSize:  v.disk.Size,
		machine.StateAccelerator:  v.accel,
		machine.StateBootSeconds:  v.times.Boot.Seconds(),
		machine.StateGuestSeconds: guest.Seconds(),
	}}
}
