package here

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// What a build VM gets when the user says nothing. Two CPUs let services start beside a script; more than four gained nothing
// in software emulation, where guest CPUs compete with QEMU's own threads.
const (
	maxCPUs      = 4
	minMemoryMiB = 1024
	maxMemoryMiB = 4096

	bootTimeout = 20 * time.Minute // as the service waits for SSH; a busy host under TCG can need five

	// Windows Server wants 2048 to be installed, and updates need more.
	minWindowsMiB      = 4096
	maxWindowsMiB      = 8192
	windowsBootTimeout = time.Hour // its first boot takes minutes, and ten times that under TCG
)

// host is what adapt needs to know of this machine.
type host struct {
	cpus         int
	availableMiB int // memory that can be had without swapping; 0 when unknown
}

func readHost() host {
	h := host{cpus: runtime.NumCPU()}
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		h.availableMiB = memAvailable(f)
	}
	return h
}

// memAvailable reads MemAvailable, in MiB, from the text of /proc/meminfo; 0 when it is not there.
func memAvailable(r io.Reader) int {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:")
		if !ok {
			continue
		}
		kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
		if err != nil {
			return 0
		}
		return kib / 1024
	}
	return 0
}

// adapt fills in what the user left open: a quarter of the free memory within bounds, the host's CPUs up to four, and the firmware
// that the disk wants, or BIOS.
func adapt(m target.Machine, h host, os plan.OS, disk guest.Profile) target.Machine {
	least, most, patience := minMemoryMiB, maxMemoryMiB, bootTimeout
	if os == plan.Windows {
		least, most, patience = minWindowsMiB, maxWindowsMiB, windowsBootTimeout
	}
	if m.CPUs == 0 {
		m.CPUs = max(1, min(h.cpus, maxCPUs))
	}
	if m.MemoryMiB == 0 {
		// A multiple of 256 keeps the figure the same from run to run on a machine whose free memory wavers.
		m.MemoryMiB = min(max(h.availableMiB/4/256*256, least), most)
	}
	if m.Firmware == "" || m.Firmware == "auto" {
		m.Firmware = cmp.Or(disk.Firmware, guest.BIOS)
	}
	if m.BootTimeout == 0 {
		m.BootTimeout = patience
	}
	return m
}
