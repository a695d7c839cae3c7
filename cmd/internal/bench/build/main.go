// Build measures one whole build: where its time goes, step by step, how much of it is Ingot's own and not the guest's, and how
// much memory Ingot itself holds. The bounds are 5 % and 100 MiB.
//
// The guest's time is what passes while the guest works or is waited for: boot, customizers and generalizing, shutdown. Ingot's
// own is everything else: resolving, staging, starting QEMU, writing the disk, publishing it, and cleaning up.
//
// Usage: build INGOT TEMPLATE [FLAG...]
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

const (
	ownBound    = 0.05
	memoryBound = 100 << 20 // bytes
	sampleEvery = 100 * time.Millisecond
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: build INGOT TEMPLATE [FLAG...]")
		os.Exit(2)
	}
	m, err := measure(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	m.print()
}

// step is one step of the run as the event stream tells it.
type step struct {
	name    string
	elapsed time.Duration
	guest   bool
}

type measured struct {
	whole  time.Duration
	steps  []step
	memory int64 // most that the Ingot process held, in bytes
}

// isGuest reports whether the guest takes part in a step.
func isGuest(id string) bool {
	return id != "resolve" && id != "write disk" && !strings.HasPrefix(id, "distribute[")
}

func measure(ingot string, args []string) (measured, error) {
	var m measured
	cmd := exec.Command(ingot, append([]string{"build", "--output", "json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return m, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	over := make(chan struct{})
	peak := make(chan int64)
	go func() { peak <- watchMemory(cmd.Process.Pid, over) }()

	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e events.Event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Step == "" || e.State == nil || e.State.Phase != events.Done {
			continue
		}
		m.steps = append(m.steps, step{name: e.Step, elapsed: e.State.Elapsed, guest: isGuest(e.Step)})
	}
	close(over)
	m.memory = <-peak
	if err := cmd.Wait(); err != nil {
		return m, err
	}
	m.whole = time.Since(start)
	return m, nil
}

// watchMemory returns the high-water mark of a process's resident memory. The kernel keeps it; it has to be read while the process
// lives, and its children, QEMU above all, must not count.
func watchMemory(pid int, over <-chan struct{}) int64 {
	var most int64
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err == nil {
			most = max(most, highWater(string(text)))
		}
		select {
		case <-over:
			return most
		case <-time.After(sampleEvery):
		}
	}
}

func highWater(status string) int64 {
	_, rest, _ := strings.Cut(status, "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

func (m measured) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	var guest time.Duration
	fmt.Fprint(w, "step\ttime\tof the whole\twhose\t\n")
	for _, s := range m.steps {
		whose := "Ingot"
		if s.guest {
			whose, guest = "guest", guest+s.elapsed
		}
		fmt.Fprintf(w, "%s\t%.2f s\t%.1f %%\t%s\t\n", s.name, s.elapsed.Seconds(), percent(s.elapsed, m.whole), whose)
	}
	fmt.Fprintf(w, "whole\t%.2f s\t100 %%\t\t\n", m.whole.Seconds())
	w.Flush()
	own := m.whole - guest
	fmt.Printf("\noutside the guest: %.2f s, %.1f %% of the whole; bound %.0f %%; %.2fx of the bound\n",
		own.Seconds(), percent(own, m.whole), ownBound*100, own.Seconds()/m.whole.Seconds()/ownBound)
	fmt.Printf("memory of Ingot itself: %.1f MiB at most; bound %d MiB; %.2fx of the bound\n",
		float64(m.memory)/(1<<20), memoryBound>>20, float64(m.memory)/memoryBound)
}

func percent(part, whole time.Duration) float64 { return 100 * part.Seconds() / whole.Seconds() }
