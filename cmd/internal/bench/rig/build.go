package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/procmem"
	"github.com/ingot-build/ingot/engine/events"
)

// Seen is what one build showed, each time since its start.
type Seen struct {
	Line    time.Duration // the first line that has the mark; 0: there was none
	Began   map[string]time.Duration
	Ended   map[string]time.Duration
	Details map[string]string // of steps that are done
	Said    []string          // by Ingot and its plugins
	Printed []string          // by the steps
	Run     string
	Took
}

// Took is what a program took.
type Took struct {
	Whole time.Duration // from its start to its end
	Most  Memory        // at the worst moment of each
}

// Memory is what a program holds with all that it started, in bytes.
type Memory struct {
	Own   int64 // what is no guest, storage daemons included
	QEMU  int64 // of virtual machines, and of qemu-img
	Guest int64 // of the processes in containers
}

// Build runs ingot build. With a mark it is stopped once a line of output is that.
func (r *Rig) Build(mark string, args ...string) (*Seen, error) {
	args = append([]string{"build", "--output", "json", "--memory", MemoryMiB, "--fidelity", "off"}, args...)
	s := &Seen{Began: map[string]time.Duration{}, Ended: map[string]time.Duration{}, Details: map[string]string{}}
	err := r.Follow(exec.Command(r.Ingot, args...), func(line []byte, at time.Duration) (enough bool) {
		var e struct {
			events.Event
			Run    string
			Result *struct{ Run string }
		}
		if json.Unmarshal(line, &e) != nil {
			return false
		}
		if e.Result != nil {
			s.Run = e.Result.Run
		}
		s.take(e.Event, mark, at)
		return mark != "" && s.Line > 0
	}, &s.Took)
	if mark != "" && s.Line == 0 && err == nil {
		err = fmt.Errorf("ingot build %s never said %q: %s", strings.Join(args, " "), mark, strings.Join(s.Said, "; "))
	}
	return s, err
}

func (s *Seen) take(e events.Event, mark string, at time.Duration) {
	switch {
	case e.State != nil && e.State.Phase == events.Running:
		s.Began[e.Step] = at
	case e.State != nil && e.State.Phase == events.Done:
		s.Ended[e.Step], s.Details[e.Step] = at, e.State.Detail
	case e.Output != nil && e.Output.Stream == events.Say:
		s.Said = append(s.Said, e.Output.Text)
	case e.Output != nil && e.Output.Stream != events.Console:
		text := strings.TrimSpace(e.Output.Text)
		s.Printed = append(s.Printed, text)
		if mark != "" && text == mark && s.Line == 0 {
			s.Line = at
		}
	}
}

// Follow runs a program, hands the lines that it prints on with the time since its start, and stops it in good order once that was enough.
func (r *Rig) Follow(cmd *exec.Cmd, line func([]byte, time.Duration) (enough bool), took *Took) error {
	cmd.Env = r.Env
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
	over, sampled := make(chan struct{}), make(chan Memory, 1)
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
	took.Whole = time.Since(start)
	close(over)
	took.Most = <-sampled
	if cmd.Path == r.Ingot {
		r.Memory = max(r.Memory, took.Most.Own)
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

// sample is the most memory that a program holds, with all that it started.
func sample(pid int, over <-chan struct{}) (most Memory) {
	for every := time.NewTicker(100 * time.Millisecond); ; {
		sums := procmem.By(kind, pid)
		most = Memory{max(most.Own, sums[""]+sums["nspawn"]), max(most.QEMU, sums["qemu"]), max(most.Guest, sums["guest"])}
		select {
		case <-over:
			every.Stop()
			return most
		case <-every.C:
		}
	}
}

// kind tells machines and containers from what runs them.
func kind(name, parent string) string {
	switch {
	case parent == "guest", parent == "nspawn":
		return "guest"
	case name == "systemd-nspawn":
		return "nspawn"
	case strings.HasPrefix(name, "qemu") && !strings.HasPrefix(name, "qemu-storage"):
		return "qemu"
	}
	return ""
}
