package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const sampleEvery = 100 * time.Millisecond

// guestTook is what the builder says when the guest is off.
var guestTook = regexp.MustCompile(`The guest took (\d+\.\d+) s`)

// measure runs a build to its end, and looks at the memory of its processes meanwhile.
func measure(cmd *exec.Cmd) (m measured, err error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	over, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		for {
			own, qemu := memory(cmd.Process.Pid)
			m.memory, m.qemu = max(m.memory, own), max(m.qemu, qemu)
			select {
			case <-over:
				return
			case <-time.After(sampleEvery):
			}
		}
	}()
	err = cmd.Wait()
	m.wall = time.Since(start)
	close(over)
	<-sampled
	if err != nil {
		return m, fmt.Errorf("%s: %w\n%s", cmd, err, out.Bytes()[max(0, out.Len()-3000):])
	}
	took := guestTook.FindSubmatch(out.Bytes())
	if took == nil {
		return m, fmt.Errorf("%s: the builder does not say how long the guest took", cmd)
	}
	seconds, err := strconv.ParseFloat(string(took[1]), 64)
	m.guest = time.Duration(seconds * float64(time.Second))
	return m, err
}

// memory adds up what a process and all below it hold, QEMU apart: the proportional share of each, so that what several processes
// share counts once. A process that has ended meanwhile holds nothing.
func memory(root int) (own, qemu int64) {
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		pid := todo[0]
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if strings.HasPrefix(string(name), "qemu-system") {
			qemu += share(pid)
		} else {
			own += share(pid)
		}
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // those that each thread started
		for _, list := range lists {
			text, _ := os.ReadFile(list)
			for _, field := range strings.Fields(string(text)) {
				if child, err := strconv.Atoi(field); err == nil {
					todo = append(todo, child)
				}
			}
		}
	}
	return own, qemu
}

// share is the proportional set size of a process, in bytes; 0 once it has ended.
func share(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nPss:")
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
