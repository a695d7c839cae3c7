// Startup measures commands that a person waits for, as whole processes: the time from start to exit, the processor time in it,
// and the most memory they held. Ingot's bound for validate and translate is 50 ms. On a machine that is busy with other things
// the minimum and the processor time tell more than the median.
//
// Usage: startup INGOT TEMPLATE
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

const (
	runs  = 20
	bound = 50 * time.Millisecond
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: startup INGOT TEMPLATE")
		os.Exit(2)
	}
	ingot, template := os.Args[1], os.Args[2]
	commands := [][]string{
		{"true"}, // what starting any process costs here
		{ingot, "version"},
		{ingot, "validate", template},
		{ingot, "translate", template},
		{ingot, "translate", template, "--print", "plan"},
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "median of %d\tmin\tprocessor\tmedian to the %d ms bound\tpeak memory\tcommand\n", runs, bound.Milliseconds())
	for _, argv := range commands {
		m, err := measure(argv)
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		fmt.Fprintf(w, "%.1f ms\t%.1f ms\t%.1f ms\t%.2fx\t%.1f MiB\t%s\n",
			ms(m.median), ms(m.min), ms(m.cpu), float64(m.median)/float64(bound), float64(m.peak)/(1<<20), strings.Join(argv, " "))
	}
	w.Flush()
}

// figures are the times of several runs of one command.
type figures struct {
	min, median time.Duration
	cpu         time.Duration // the mean of user and system time
	peak        int64         // the largest, in bytes
}

func measure(argv []string) (figures, error) {
	var f figures
	times := make([]time.Duration, runs)
	for i := range runs {
		cmd := exec.Command(argv[0], argv[1:]...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return f, fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, stderr.String())
		}
		times[i] = time.Since(start)
		f.cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()) / runs
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			f.peak = max(f.peak, usage.Maxrss<<10) // Linux counts KiB
		}
	}
	slices.Sort(times)
	f.min, f.median = times[0], times[runs/2]
	return f, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
