package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/procmem"
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
			own, qemu := procmem.Of("qemu-system", cmd.Process.Pid)
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
