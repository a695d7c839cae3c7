// Package runcmd is the one door to programs of the host. Arguments are a slice, never a shell line; a failure carries the
// arguments, the exit code and what the program said.
package runcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// killDelay is how long a program gets between SIGTERM and SIGKILL when its context ends. Tests shorten it.
var killDelay = 5 * time.Second

const (
	maxStdout = 16 << 20 // bytes of standard output that a result holds; qemu-img's longest JSON is a hundredth of it
	maxStderr = 4 << 10  // the last bytes of standard error that an error holds
)

// Cmd is one program to run.
type Cmd struct {
	Path   string // name on PATH, or a path
	Args   []string
	Dir    string   // "" is the current folder
	Env    []string // added to the environment
	Stdin  io.Reader
	Stdout io.Writer // gets standard output as it comes; nil: it is the result of Run
}

// Runner runs programs; tests pass a fake.
type Runner interface {
	// Run waits for the program and returns its standard output, unless that goes to c.Stdout. A program that cannot be found
	// gives *MissingError; one that exits non-zero *ExitError; one that prints more than 16 MiB without a c.Stdout
	// *OutputError. A context that ended gives its cause; the program and what it started in its process group are gone then.
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

// OutputError says that a program printed more than a result can hold.
type OutputError struct {
	Program string
	Args    []string
}

func (e *OutputError) Error() string {
	return fmt.Sprintf("%s %s printed more than %d MiB, far more than it should", e.Program, strings.Join(e.Args, " "), maxStdout>>20)
}

// Run implements Runner. A program does not outlive Ingot, however Ingot ends.
func (Host) Run(ctx context.Context, c Cmd) ([]byte, error) {
	path, err := exec.LookPath(c.Path)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{Program: c.Path}
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", c.Path, err)
	}
	cmd := exec.CommandContext(ctx, path, c.Args...)
	cmd.Dir, cmd.Stdin = c.Dir, c.Stdin
	if len(c.Env) > 0 {
		cmd.Env = append(cmd.Environ(), c.Env...)
	}
	// A group of its own, so that Ctrl-C on the terminal reaches Ingot alone and Ingot decides in which order things end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// The kernel sends the death signal when the thread that started the program ends, not when the process does. So the
	// thread is kept for as long as the program runs. Reference: prctl(2), PR_SET_PDEATHSIG.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay

	stdout := &head{limit: maxStdout}
	stderr := &tail{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	err = cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		if cmd.Process != nil {
			// Wait saw the program end; what it started may have ignored SIGTERM. ESRCH: nothing is left of the group.
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		return stdout.buf, cause
	}
	var exit *exec.ExitError
	switch {
	case stdout.full:
		return nil, &OutputError{Program: c.Path, Args: c.Args}
	case errors.As(err, &exit):
		return stdout.buf, &ExitError{Program: c.Path, Args: c.Args, Code: exit.ExitCode(), Stderr: stderr.String()}
	case errors.Is(err, exec.ErrWaitDelay):
		return stdout.buf, fmt.Errorf("%s ended, but something it started still holds its output after %s", c.Path, killDelay)
	case err != nil:
		return stdout.buf, fmt.Errorf("run %s: %w", c.Path, err)
	}
	return stdout.buf, nil
}

// head keeps what is written, up to limit bytes. More is an error, which ends the program by a broken pipe.
type head struct {
	limit int
	buf   []byte
	full  bool
}

func (h *head) Write(p []byte) (int, error) {
	if len(h.buf)+len(p) > h.limit {
		h.full = true
		return 0, io.ErrShortBuffer
	}
	h.buf = append(h.buf, p...)
	return len(p), nil
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
