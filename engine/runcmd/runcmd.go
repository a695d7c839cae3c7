// Package runcmd is the one door to programs of the host. Arguments are a slice, never a shell line; a failure carries the
// arguments, the exit code and what the program said.
package runcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// killDelay is how long a program gets between SIGTERM and SIGKILL when its context ends.
const killDelay = 5 * time.Second

// Cmd is one program to run.
type Cmd struct {
	Path   string // name on PATH, or a path
	Args   []string
	Dir    string   // "" is the current folder
	Env    []string // added to the environment
	Stdin  io.Reader
	Stdout io.Writer // also kept in the result; nil: only kept
}

// Runner runs programs; tests pass a fake.
type Runner interface {
	// Run waits for the program and returns its standard output. A program that cannot be found gives *MissingError; one that
	// exits non-zero gives *ExitError; a context that ended gives its cause.
	Run(ctx context.Context, c Cmd) ([]byte, error)
}

// Host runs programs on this machine.
type Host struct{}

// MissingError says that a program is not on PATH.
type MissingError struct{ Program string }

func (e *MissingError) Error() string { return fmt.Sprintf("program %q is not installed", e.Program) }

// ExitError says that a program ended with a non-zero exit code, or by a signal (Code is -1).
type ExitError struct {
	Program string
	Args    []string
	Code    int
	Stderr  string // the last 4 KiB
}

func (e *ExitError) Error() string {
	how := fmt.Sprintf("exited with %d", e.Code)
	if e.Code < 0 {
		how = "was killed"
	}
	text := strings.TrimSpace(e.Stderr)
	if text == "" {
		text = "it said nothing"
	}
	return fmt.Sprintf("%s %s %s: %s", e.Program, strings.Join(e.Args, " "), how, text)
}

// Run implements Runner.
func (Host) Run(ctx context.Context, c Cmd) ([]byte, error) {
	path, err := exec.LookPath(c.Path)
	if err != nil {
		return nil, &MissingError{Program: c.Path}
	}
	cmd := exec.CommandContext(ctx, path, c.Args...)
	cmd.Dir, cmd.Stdin = c.Dir, c.Stdin
	if len(c.Env) > 0 {
		cmd.Env = append(cmd.Environ(), c.Env...)
	}
	// A group of its own, so that Ctrl-C on the terminal reaches Ingot alone and Ingot decides in which order things end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay

	var stdout bytes.Buffer
	stderr := &tail{limit: 4 << 10}
	cmd.Stdout, cmd.Stderr = &stdout, stderr
	if c.Stdout != nil {
		cmd.Stdout = io.MultiWriter(&stdout, c.Stdout)
	}
	err = cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return stdout.Bytes(), cause
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return stdout.Bytes(), &ExitError{Program: c.Path, Args: c.Args, Code: exit.ExitCode(), Stderr: stderr.String()}
	}
	if err != nil {
		return stdout.Bytes(), fmt.Errorf("start %s: %w", c.Path, err)
	}
	return stdout.Bytes(), nil
}

// tail keeps the last limit bytes written.
type tail struct {
	limit int
	buf   []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = t.buf[over:]
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.buf) }
