package qemu

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// vm is the build VM while it is made, used and taken down. The steps share it; each fills in what the later ones need.
type vm struct {
	config *Config
	ui     packersdk.Ui
	cancel context.CancelCauseFunc // of the whole build

	boot, shutdown phase

	programs hostPrograms // from stepHost
	accel    string
	efi      efiFirmware // zero with BIOS
	dir      string      // from stepFolder; absolute
	size     int64       // from stepDisk; bytes
	tpm      *process    // from stepTPM, until it is cleaned up

	layer *layer                                  // from stepHost; nil without one
	trial atomic.Pointer[context.CancelCauseFunc] // see attempt

	machine   machine  // from stepPowerOn
	console   *console // from stepPowerOn, until it is cleaned up
	process   *process
	monitor   *monitor
	port      int
	poweredOn time.Time
	expected  atomic.Bool    // QEMU's end is no surprise any more
	watchers  sync.WaitGroup // of the process and of the console
	stopWatch context.CancelFunc

	bootTime     time.Duration // from stepReady, or stepReadyWinRM
	steps        meter         // runs while provisioners do
	freezing     sync.Mutex    // held while the guest is kept
	behind       time.Duration // how far its clock is
	node         string        // the disk that it writes to, as QEMU names it
	overlays     int           // disks made for it while it ran
	shutdownTime time.Duration // from stepPowerOff
	finished     bool          // from stepPowerOff: the disk is whole
}

func newVM(c *Config, ui packersdk.Ui, cancel context.CancelCauseFunc) *vm {
	v := &vm{config: c, ui: ui, cancel: cancel}
	v.boot.ui, v.boot.id = ui, "boot"
	v.shutdown.ui, v.shutdown.id = ui, "shutdown"
	return v
}

// file is the absolute path of one of the build's files.
func (v *vm) file(name string) string { return v.dir + string(os.PathSeparator) + name }

// address is where the guest's sshd, or WinRM service, is reached; it stays the same when the guest reboots.
func (v *vm) address() string { return fmt.Sprintf("%s:%d", loopback, v.port) }

// watch notices when QEMU ends before it should, and follows the console, until release.
func (v *vm) watch() {
	ctx, stop := context.WithCancel(context.Background())
	v.stopWatch = stop
	v.watchers.Go(func() {
		<-v.process.done
		v.reportEnd()
	})
	v.watchers.Go(func() {
		if err := v.console.follow(ctx); err != nil {
			v.ui.Error(fmt.Sprintf("the guest's console cannot be shown: %v", err))
		}
	})
}

// watchEvents acts on what QEMU tells by itself, until release.
func (v *vm) watchEvents() {
	v.watchers.Go(func() {
		err := v.monitor.events(func(e qmp.Event) {
			if err := eventError(e); err != nil && !v.expected.Load() {
				v.fail(fmt.Errorf("%w%s", err, v.console.lastLines()))
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
		v.fail(fmt.Errorf("%w%s", v.process.endError(), v.console.lastLines()))
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
		quit = v.monitor.quit
	}
	if !v.process.ended() {
		v.process.stop(quit)
	}
	if v.monitor != nil {
		v.monitor.close()
	}
	v.stopWatch()
	v.watchers.Wait()
	v.monitor = nil
	v.process = nil
}

// progress tells how far the boot is.
func (v *vm) progress(what string, done, total int) {
	v.ui.Machine(messageProgress, v.boot.id, what, strconv.Itoa(done), strconv.Itoa(total), "checks")
}

// endPhase closes a phase after what the console said in it.
func (v *vm) endPhase(p *phase, err error) {
	if v.console != nil {
		_ = v.console.read() // what cannot be read is told by who follows it
	}
	p.end(err)
}

// artifact describes the finished disk.
func (v *vm) artifact() *Artifact {
	guest, _ := v.guestTime()
	return &Artifact{disk: v.file(diskFile), state: map[string]any{
		StateSourceDisk:   v.config.SourceDisk,
		StateSourceFormat: v.config.SourceFormat,
		StateDiskFormat:   "qcow2",
		StateVirtualSize:  v.size,
		StateAccelerator:  v.accel,
		StateBootSeconds:  v.bootTime.Seconds(),
		StateGuestSeconds: guest.Seconds(),
	}}
}
