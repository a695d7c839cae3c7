package pluginhost

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How long a process gets to end after each way of asking.
const (
	leavePatience = 2 * time.Second // after its connection is closed; a plugin has nothing to save then
	killPatience  = 5 * time.Second // after SIGKILL; longer means that it hangs in the kernel
)

// process is a running plugin.
type process struct {
	host      *Host
	id        string // eight hexadecimal digits
	name      string // in its command line, where the ledger finds it
	temp      string // its folder
	tempNoted bool   // the folder is to be noted
	pid       int
	output    *output

	begun  chan struct{} // closed when it has a number, or never will
	done   chan struct{} // closed when it has ended and was waited for, or never began
	result error         // of exec.Cmd.Wait; read it after done

	mu        sync.Mutex
	closer    io.Closer      // its connection; nil: none yet
	strikes   []func() error // of the ledger; nil: not noted, or struck
	forgotten bool           // it is gone, and what was left of it too
	ended     bool           // its number may be another's by now
}

// start runs a plugin with the arguments, in a process group of its own: Ctrl-C on the terminal does not reach it, and
// the host decides when it ends. The kernel kills it when this program dies in whatever way.
func (h *Host) start(path string, args []string, stdout io.Writer, out *output) (*process, error) {
	var id [4]byte
	rand.Read(id[:])
	p := &process{
		host: h, id: hex.EncodeToString(id[:]), output: out,
		begun: make(chan struct{}), done: make(chan struct{}),
	}
	p.name = processPrefix + p.id
	p.temp, p.tempNoted = h.temp(p.id)
	cmd := exec.Command(path, args...)
	cmd.Args[0] = p.name
	cmd.Stdout, cmd.Stderr = stdout, out // never a file: Wait returns when all was read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second // a child that kept the streams must not keep us

	if err := h.enter(p); err != nil {
		return nil, err
	}
	if err := p.provide(); err != nil {
		close(p.begun)
		close(p.done)
		return nil, errors.Join(err, p.gone())
	}
	cmd.Env = h.environ(p, args[0] == "start")
	go p.run(cmd)
	<-p.begun
	if p.pid == 0 {
		<-p.done
		return nil, errors.Join(p.result, p.gone())
	}
	return p, nil
}

// provide makes what a process needs before it starts: the ledger's note, and its folder.
func (p *process) provide() error {
	if err := p.note(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.temp), 0o700); err != nil {
		return fmt.Errorf("make a folder for plugins: %w", err)
	}
	if err := os.Mkdir(p.temp, 0o700); err != nil { // nobody else may connect
		return fmt.Errorf("make a folder for a plugin: %w", err)
	}
	return nil
}

// note has the process and its folder noted, unless they are, or are gone, or nobody takes notes.
func (p *process) note() error {
	p.host.mu.Lock()
	record := p.host.record
	p.host.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if record == nil || p.forgotten || p.strikes != nil {
		return nil
	}
	things := [][2]string{{KindProcess, p.name}}
	if p.tempNoted {
		things = append(things, [2]string{KindDirectory, p.temp})
	}
	for _, thing := range things {
		strike, err := record(thing[0], thing[1])
		if err != nil {
			return fmt.Errorf("note plugin process: %w", err)
		}
		p.strikes = append(p.strikes, strike)
	}
	return nil
}

// run starts the program and stays with it until it has ended. The kernel sends the death signal when the thread that
// forked ends, not the program (https://go.dev/issue/27505), so the goroutine keeps its thread, and the thread ends
// with it.
func (p *process) run(cmd *exec.Cmd) {
	defer close(p.done)
	runtime.LockOSThread()
	p.result = cmd.Start()
	if p.result == nil {
		p.pid = cmd.Process.Pid
	}
	close(p.begun)
	if p.result != nil {
		return
	}
	// The number of the process, and so of its group, is not given to another as long as it is not reaped. So what it
	// started and left behind is killed in between.
	for {
		err := unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	p.signal(true)
	p.result = cmd.Wait()
}

// signal kills the process's group, unless its number may be another's by now. last: and no later call does.
func (p *process) signal(last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	}
	p.ended = p.ended || last
}

// gone removes what is left of a process that is not there any more, and forgets it.
func (p *process) gone() error {
	p.host.leave(p)
	p.mu.Lock()
	strikes := p.strikes
	p.strikes, p.forgotten = nil, true
	p.mu.Unlock()
	errs := []error{os.RemoveAll(p.temp)}
	for _, strike := range strikes {
		errs = append(errs, strike())
	}
	return errors.Join(errs...)
}

// holds gives the process a connection that stop closes.
func (p *process) holds(c io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closer = c
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

// stop ends the process and all that it started, and returns when it is gone. A plugin ends when its connection does;
// one that does not, and one that has none, is killed. Asking by signal is of no use: plugins ignore SIGTERM and
// SIGINT.
func (p *process) stop() error {
	<-p.begun
	p.mu.Lock()
	closer := p.closer
	p.closer = nil
	p.mu.Unlock()
	if closer != nil {
		_ = closer.Close()
		if p.within(leavePatience) {
			return p.gone()
		}
	}
	return p.kill()
}

// kill ends the process and all that it started, at once.
func (p *process) kill() error {
	<-p.begun
	if p.pid != 0 { // 0 is this program's own group to kill(2)
		p.signal(false)
		if !p.within(killPatience) {
			return fmt.Errorf("plugin process %d still runs after SIGKILL; end it by hand: kill -KILL %d", p.pid, p.pid)
		}
	}
	return p.gone()
}
