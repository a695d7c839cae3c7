package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Process is Ingot at work. Its own process group keeps signals for it from everybody else.
type Process struct {
	PID    int
	Done   chan struct{} // closed when it has ended
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr bytes.Buffer

	mu    sync.Mutex
	steps []string // that began, in order
	began chan struct{}
	ended Outcome
}

// An Outcome is how one ended.
type Outcome struct {
	Code           int // -1: by a signal
	Stdout, Stderr string
	Took           time.Duration
	Steps          []string
	Result         Result
	Problems       []Problem
}

// Result is the last line of a build that prints JSON lines.
type Result struct {
	Run     string `json:"run"`
	State   string `json:"state"`
	Outputs []struct {
		Name       string `json:"name"`
		ArtifactID string `json:"artifactId"`
		URI        string `json:"artifactUri"`
	} `json:"outputs"`
	Problems []Problem `json:"problems"`
}

// Problem is a failure as it is told.
type Problem struct {
	What  string `json:"what"`
	Where string `json:"where"`
	Why   string `json:"why"`
	Fix   string `json:"fix"`
}

// Run runs Ingot to its end.
func (r *Rig) Run(ctx context.Context, args ...string) (Outcome, error) {
	p, err := r.Start(args...)
	if err != nil {
		return Outcome{}, err
	}
	select {
	case <-p.Done:
	case <-ctx.Done():
		p.Signal(syscall.SIGKILL)
		<-p.Done
		return p.Outcome(), context.Cause(ctx)
	}
	return p.Outcome(), nil
}

// Start starts Ingot. With "--output json" among the arguments, the steps are followed.
func (r *Rig) Start(args ...string) (*Process, error) {
	cmd := exec.Command(r.opts.Ingot, args...)
	cmd.Env, cmd.Dir = r.env, r.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := &Process{Done: make(chan struct{}), cmd: cmd, began: make(chan struct{}, 1)}
	cmd.Stderr = &p.stderr
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = in
	begun := time.Now()
	err = errors.Join(cmd.Start(), in.Close())
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p.PID = cmd.Process.Pid
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(bufio.NewReader(out))
	}()
	go func() {
		_ = cmd.Wait() // its code is read below
		select {
		case <-read:
		case <-time.After(5 * time.Second): // a plugin that outlives Ingot may hold the pipe
		}
		_ = out.Close()
		<-read
		p.finish(cmd.ProcessState.ExitCode(), time.Since(begun))
		close(p.Done)
	}()
	return p, nil
}

func (p *Process) read(from *bufio.Reader) {
	for {
		line, err := from.ReadBytes('\n')
		p.note(line)
		if err != nil {
			return
		}
	}
}

// note takes a line of output.
func (p *Process) note(line []byte) {
	var event struct {
		Step    string                  `json:"step"`
		State   *struct{ Phase string } `json:"state"`
		Problem *Problem                `json:"problem"`
		Result  *Result                 `json:"result"`
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stdout.Write(line)
	if json.Unmarshal(line, &event) != nil {
		return
	}
	if event.State != nil && event.State.Phase == "running" {
		p.steps = append(p.steps, event.Step)
		select {
		case p.began <- struct{}{}:
		default:
		}
	}
	if event.Problem != nil {
		p.ended.Problems = append(p.ended.Problems, *event.Problem)
	}
	if event.Result != nil {
		p.ended.Result = *event.Result
		p.ended.Problems = append(p.ended.Problems, event.Result.Problems...)
	}
}

func (p *Process) finish(code int, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended.Code, p.ended.Took, p.ended.Steps = code, took, p.steps
	p.ended.Stdout, p.ended.Stderr = p.stdout.String(), p.stderr.String()
}

// Outcome is how it ended, after Done.
func (p *Process) Outcome() Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// Until waits for a step to begin, and reports whether it did before the process ended.
func (p *Process) Until(step string) bool {
	for {
		p.mu.Lock()
		for _, s := range p.steps {
			if s == step {
				p.mu.Unlock()
				return true
			}
		}
		p.mu.Unlock()
		select {
		case <-p.began:
		case <-p.Done:
			return false
		}
	}
}

// Signal sends a signal to the process alone.
func (p *Process) Signal(sig syscall.Signal) { _ = syscall.Kill(p.PID, sig) } // it may have ended

// Text is all that was said.
func (o *Outcome) Text() string { return o.Stdout + o.Stderr }

// Explanation is what was said of a failure, on one line.
func (o *Outcome) Explanation() string {
	var parts []string
	for _, p := range o.Problems {
		for _, s := range []string{p.What, p.Why, p.Fix} {
			if s != "" {
				parts = append(parts, s)
			}
		}
	}
	if len(parts) == 0 {
		parts = append(parts, strings.TrimSpace(o.Stderr))
	}
	return strings.Join(strings.Fields(strings.Join(parts, "; ")), " ")
}
