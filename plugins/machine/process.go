package machine

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How long a process gets to end after each way of asking.
const (
	quitPatience = 5 * time.Second // after QMP's quit QEMU closes its disks
	termPatience = 3 * time.Second // after SIGTERM it does the same
)

// Process is a program that this one started, such as QEMU.
type Process struct {
	PID int

	name   string // in messages
	stderr *tail
	done   chan struct{} // closed when it has ended and was waited for
	result error         // of exec.Cmd.Wait, once done is closed
}

// Bound says what becomes of a process when this program dies in whatever way.
type Bound bool

const (
	ToUs    Bound = true  // the kernel kills it
	ToNoOne Bound = false // it stays: somebody may want to look inside
)

// BoundBy is what on-error of Packer asks for: a machine that may have to be kept does not die with this program.
func BoundBy(onError string) Bound { return Bound(onError == "" || onError == "cleanup") }

// Start starts program in dir, in a process group of its own: Ctrl-C on the terminal does not reach it, and the
// build decides when it ends. name is for messages; env adds to the environment.
func Start(b Bound, name, program, dir string, args []string, env ...string) (*Process, error) {
	p := &Process{name: name, stderr: &tail{limit: 4 << 10}, done: make(chan struct{})}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stderr = dir, p.stderr
	cmd.Env = append(cmd.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal's end reaches it either
	if b == ToUs {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	}
	cmd.WaitDelay = time.Second // a child that kept its stderr must not keep us

	started := make(chan error)
	go func() {
		// The kernel sends the death signal when the thread that forked ends, not the program
		// (https://go.dev/issue/27505). So this goroutine keeps its thread for as long as that runs; the thread ends
		// with it.
		runtime.LockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.PID = cmd.Process.Pid
		started <- nil
		p.result = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Result is that of exec.Cmd.Wait. Call it when the process has ended.
func (p *Process) Result() error { return p.result }

// Said is the end of what the process wrote to its standard error.
func (p *Process) Said() string { return p.stderr.String() }

// Ended tells whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Within waits at most limit for the end and tells whether it came.
func (p *Process) Within(limit time.Duration) bool { return within(p.done, limit) }

func within(done <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// Stop ends the process, the harder the longer it takes, and returns when it is gone. quit asks it by QMP; nil where there is
// no QMP.
func (p *Process) Stop(quit func() error) {
	if quit != nil && !p.Ended() {
		go quit() // its answer does not matter, and one that never comes ends with the process
		if p.Within(quitPatience) {
			return
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if p.Signal(sig); p.Within(termPatience) {
			return
		}
	}
	<-p.done // SIGKILL works; a process in uninterruptible I/O takes until that returns
}

// Kill ends the process and all it started at once.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }

// Signal sends sig to the process and all it started.
func (p *Process) Signal(sig syscall.Signal) {
	if !p.Ended() { // else the number may be another group's by now
		_ = syscall.Kill(-p.PID, sig)
	}
}

// EndError says how the process ended. Call it when that is so.
func (p *Process) EndError() error {
	how, hint := "by itself, with exit code 0", "the guest powered itself off, or something told it to quit"
	var exit *exec.ExitError
	if errors.As(p.result, &exit) {
		how, hint = fmt.Sprintf("with exit code %d", exit.ExitCode()), ""
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			how = fmt.Sprintf("by signal %d (%s)", int(ws.Signal()), ws.Signal())
			if ws.Signal() == syscall.SIGKILL {
				hint = "something killed it; when memory runs out the kernel does: see dmesg"
			}
		}
	} else if p.result != nil && !errors.Is(p.result, exec.ErrWaitDelay) {
		how, hint = p.result.Error(), ""
	}
	text := p.name + " ended " + how
	if said := p.stderr.String(); said != "" {
		text += ": " + said
	}
	if hint != "" {
		text += "\n  why:  " + hint
	}
	return errors.New(text)
}

// tail keeps the last limit bytes written to it. It is safe for concurrent use.
type tail struct {
	limit int
	mu    sync.Mutex
	buf   []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = bytes.Clone(t.buf[over:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}
