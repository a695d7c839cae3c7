package qemu

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

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

// adapt fills in what the user left open: a quarter of the free memory within bounds, the host's CPUs up to four, BIOS.
func adapt(m target.Machine, h host) target.Machine {
	if m.CPUs == 0 {
		m.CPUs = max(1, min(h.cpus, maxCPUs))
	}
	if m.MemoryMiB == 0 {
		// A multiple of 256 keeps the figure the same from run to run on a machine whose free memory wavers.
		m.MemoryMiB = min(max(h.availableMiB/4/256*256, minMemoryMiB), maxMemoryMiB)
	}
	if m.Firmware == "" {
		m.Firmware = "bios"
	}
	if m.BootTimeout == 0 {
		m.BootTimeout = bootTimeout
	}
	return m
}

// programs are what the builder and the disk writer call, with the Debian package each comes from.
var programs = []struct{ name, pkg string }{
	{"qemu-system-x86_64", "qemu-system-x86"},
	{"qemu-img", "qemu-utils"},
}

// Check implements target.Target.
func (t *Target) Check(_ context.Context, p *plan.Plan) []target.Problem {
	var problems []target.Problem
	for _, prog := range programs {
		if _, err := exec.LookPath(prog.name); err != nil {
			problems = append(problems, target.Problem{
				What: fmt.Sprintf("program %q is not installed", prog.name),
				Why:  "build VMs on this machine run in QEMU",
				Fix:  fmt.Sprintf("apt-get install %s; then check with: ingot doctor", prog.pkg),
			})
		}
	}
	if p.OS != plan.Linux {
		problems = append(problems, target.Problem{
			What: fmt.Sprintf("the qemu target cannot build %s images yet", p.OS),
			Why:  "it connects over SSH and generalizes with waagent",
			Fix:  "use a Linux source",
		})
	}
	return problems
}
