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

const sampleEvery = 50 * time.Millisecond

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
// share counts once.
func memory(root int) (own, qemu int64) {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	names := map[int]string{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid: the name may hold anything, a parenthesis too.
		open, closed := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
		fields := strings.Fields(string(text[closed+1:]))
		pid, err1 := strconv.Atoi(strings.TrimSpace(string(text[:open])))
		parent, err2 := strconv.Atoi(fields[1])
		if err1 == nil && err2 == nil {
			children[parent] = append(children[parent], pid)
			names[pid] = string(text[open+1 : closed])
		}
	}
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		pid := todo[0]
		todo = append(todo, children[pid]...)
		if strings.HasPrefix(names[pid], "qemu-system") {
			qemu += share(pid)
		} else {
			own += share(pid)
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
