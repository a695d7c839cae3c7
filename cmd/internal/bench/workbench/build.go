package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/procmem"
	"github.com/ingot-build/ingot/engine/events"
)

// seen is what one build showed, each time since its start.
type seen struct {
	line    time.Duration // the first line that has the mark; 0: there was none
	whole   time.Duration // its end
	began   map[string]time.Duration
	ended   map[string]time.Duration
	details map[string]string // of steps that are done
	said    []string
	run     string
}

// ingotBuild runs ingot build. With a mark it is stopped once a line of output is that.
func (b *bench) ingotBuild(mark string, args ...string) (*seen, error) {
	args = append([]string{"build", "--output", "json", "--memory", memoryMiB, "--fidelity", "off"}, args...)
	s := &seen{began: map[string]time.Duration{}, ended: map[string]time.Duration{}, details: map[string]string{}}
	err := b.follow(exec.Command(b.ingot, args...), func(line []byte, at time.Duration) (enough bool) {
		var e struct {
			events.Event
			Run    string
			Result *struct{ Run string }
		}
		if json.Unmarshal(line, &e) != nil {
			return false
		}
		if e.Result != nil {
			s.run = e.Result.Run
		}
		s.take(e.Event, mark, at)
		return mark != "" && s.line > 0
	}, &s.whole)
	if mark != "" && s.line == 0 && err == nil {
		err = fmt.Errorf("ingot build %s never said %q: %s", strings.Join(args, " "), mark, strings.Join(s.said, "; "))
	}
	return s, err
}

func (s *seen) take(e events.Event, mark string, at time.Duration) {
	switch {
	case e.State != nil && e.State.Phase == events.Running:
		s.began[e.Step] = at
	case e.State != nil && e.State.Phase == events.Done:
		s.ended[e.Step], s.details[e.Step] = at, e.State.Detail
	case e.Output != nil && e.Output.Stream == events.Say:
		s.said = append(s.said, e.Output.Text)
	case e.Output != nil && mark != "" && strings.TrimSpace(e.Output.Text) == mark && s.line == 0:
		s.line = at
	}
}

// guestTook is what the builder says of a guest that was restored.
var guestTook = regexp.MustCompile(`of which the guest took (\d+\.\d+) s`)

// own is all but the guest's own work until its first line: that is letting somebody in and setting its clock and random numbers,
// and taking and starting the script.
func (s *seen) own(step string) (time.Duration, error) {
	found := guestTook.FindStringSubmatch(s.details["boot"])
	if found == nil {
		return 0, fmt.Errorf("the build VM was not restored: %q, %s", s.details["boot"], strings.Join(s.said, "; "))
	}
	guest, err := strconv.ParseFloat(found[1], 64)
	return s.began[step] - time.Duration(guest*float64(time.Second)), err
}

// follow runs a program, hands the lines that it prints on with the time since its start, and stops it in good order once that was enough. The
// memory of the program, without that of QEMU, counts for Ingot's if it is that.
func (b *bench) follow(cmd *exec.Cmd, line func([]byte, time.Duration) (enough bool), whole *time.Duration) error {
	cmd.Env = b.env
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = in, in
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGINT) })()
	start := time.Now()
	err = cmd.Start()
	in.Close()
	if err != nil {
		return err
	}
	over, sampled := make(chan struct{}), make(chan int64, 1)
	go func() { sampled <- sample(cmd.Process.Pid, over) }()
	stopped := false
	var last []string
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		last = append(last[max(0, len(last)-20):], lines.Text())
		if line(lines.Bytes(), time.Since(start)) && !stopped {
			stopped = true
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	*whole = time.Since(start)
	close(over)
	if memory := <-sampled; cmd.Path == b.ingot {
		b.memory = max(b.memory, memory)
	}
	var exit *exec.ExitError
	if stopped && errors.As(err, &exit) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, strings.Join(last, "\n"))
	}
	return nil
}

// sample is the most memory that a program holds, in bytes, with all that it started but QEMU.
func sample(pid int, over <-chan struct{}) (most int64) {
	for every := time.NewTicker(100 * time.Millisecond); ; {
		own, _ := procmem.Of("qemu", pid)
		most = max(most, own)
		select {
		case <-over:
			every.Stop()
			return most
		case <-every.C:
		}
	}
}
