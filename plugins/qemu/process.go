package qemu

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

// How long QEMU gets to end after each way of asking.
const (
	quitPatience = 5 * time.Second // after QMP's quit it closes its disks
	termPatience = 3 * time.Second // after SIGTERM it does the same
)

// process is a running QEMU, or another program that serves it.
type process struct {
	name   string // in messages
	pid    int
	stderr *tail
	done   chan struct{} // closed when it has ended and was waited for
	result error         // of exec.Cmd.Wait; read it after done
}

// bound says what becomes of a process when this program dies in whatever way.
type bound bool

const (
	toUs    bound = true  // the kernel kills it
	toNoOne bound = false // it stays: somebody may want to look inside
)

// startProcess starts program in dir, in a process group of its own: Ctrl-C on the terminal does not reach it, and the
// build decides when it ends. env adds to the environment.
func startProcess(b bound, name, program, dir string, args []string, env ...string) (*process, error) {
	p := &process{name: name, stderr: &tail{limit: 4 << 10}, done: make(chan struct{})}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stderr = dir, p.stderr
	cmd.Env = append(cmd.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal's end reaches it either
	if b == toUs {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	}
	cmd.WaitDelay = time.Second // a child of QEMU that kept its stderr must not keep us

	started := make(chan error)
	go func() {
		// The kernel sends the death signal when the thread that forked ends, not the program
		// (https://go.dev/issue/27505). So this goroutine keeps its thread for as long as QEMU runs; the thread ends
		// with it.
		runtime.LockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.result = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

// ended tells whether QEMU has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// within waits at most limit for the end and tells whether it came.
func (p *process) within(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}

// stop ends QEMU, the harder the longer it takes, and returns when it is gone. quit asks it by QMP; nil where there is
// no QMP.
func (p *process) stop(quit func() error) {
	if quit != nil && !p.ended() {
		go quit() // its answer does not matter, and one that never comes ends with the process
		if p.within(quitPatience) {
			return
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if p.signal(sig); p.within(termPatience) {
			return
		}
	}
	<-p.done // SIGKILL works; a process in uninterruptible I/O takes until that returns
}

// signal sends sig to QEMU and all it started.
func (p *process) signal(sig syscall.Signal) {
	if !p.ended() { // else the number may be another group's by now
		_ = syscall.Kill(-p.pid, sig)
	}
}

// endError says how QEMU ended. Call it after done was closed.
func (p *process) endError() error {
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
