package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	killPatience = 3 * time.Second  // for the supervisor to end by SIGTERM, which takes milliseconds
	startBound   = 2 * time.Minute  // for the guest's init to run; milliseconds, but for a disk that is grown or whose journal is long
	logTail      = 4 << 10          // bytes of container.log in an error
	lastWord     = 5 * time.Second  // for what an ended supervisor has said to be read; it is there already, unless nobody reads
	askPatience  = 30 * time.Second // for an answer about a frozen file system: it waits for what is being written
)

// Container is a guest that Start started. Its methods are safe for concurrent use.
type Container struct {
	spec  Spec
	way   Way
	trial *trial // it is none
	owner *owner // whose what the supervisor makes in Spec.Dir is to be; nil: its own
	cmd   *exec.Cmd
	link  *link
	heard chan struct{} // closed when the supervisor says no more
	done  chan struct{} // closed when the supervisor has ended and what it leaves was removed

	mu      sync.Mutex
	up      chan report // the first Up, or the end before it
	port    int
	notes   []string
	err     error // why it ended; read it after done
	ended   *report
	waiting map[int]chan report
	lastID  int
}

// Start makes the container and returns when its init runs and the port leads in, which says nothing of sshd yet. The error says what is
// lacking and the fix; nothing is left of the container then.
func Start(ctx context.Context, s Spec) (*Container, error) { return startFor(ctx, s, nil) }

func startFor(ctx context.Context, s Spec, o *owner) (_ *Container, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	way, problems := FindWay(ctx)
	if err := lacking(problems); err != nil {
		return nil, err
	}
	c := newContainer(s, way)
	c.owner = o
	if err := c.launch(); err != nil {
		return nil, fmt.Errorf("start container %s: %w", s.Name, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startBound, fmt.Errorf("its init does not run within %s", startBound))
	defer cancel()
	select {
	case r := <-c.up:
		if r.Up {
			return c, nil
		}
		<-c.done
		err = c.Err()
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, errors.Join(fmt.Errorf("start container %s: %w", s.Name, err), c.Kill())
}

func newContainer(s Spec, way Way) *Container {
	return &Container{spec: s, way: way, heard: make(chan struct{}), done: make(chan struct{}), up: make(chan report, 1), waiting: map[int]chan report{}}
}

// launch starts the supervisor and what listens to it.
func (c *Container) launch() error {
	log, err := os.OpenFile(filepath.Join(c.spec.Dir, logFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	own, other, err := newLinks()
	if err != nil {
		return err
	}
	defer other.Close()
	c.link = own
	c.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{supervisorName, c.spec.Name}, Dir: c.spec.Dir,
		Stderr: log, ExtraFiles: []*os.File{other},
		SysProcAttr: &syscall.SysProcAttr{
			Setsid:     true, // Ctrl-C on the terminal does not reach it
			Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
			// SIGTERM, so that it can thaw what is frozen. It also ends when its socket does.
			Pdeathsig: syscall.SIGTERM,
		},
	}
	if c.spec.Stays {
		c.cmd.SysProcAttr.Pdeathsig = 0
	}
	if c.way.Mode == Sudo {
		if err := c.bySudo(other); err != nil {
			c.link.close()
			return err
		}
	}
	var a *apart
	if c.way.FUSE {
		if a, err = newApart(c.spec.Name, c.way.Mode, c.owner); err != nil {
			c.link.close()
			return err
		}
		a.enclose(c.cmd)
	}
	started := make(chan error)
	go func() {
		// The kernel sends the death signal when the thread that forked ends (https://go.dev/issue/27505): this goroutine keeps it.
		runtime.LockOSThread()
		var err error
		if c.way.FUSE && c.way.Mode == Root {
			err = openDevices()
		}
		if err == nil {
			err = c.cmd.Start()
		}
		started <- err
		if err == nil {
			c.wait()
		}
	}()
	if err := <-started; err != nil {
		c.link.close()
		if c.way.Mode == Sudo {
			return err
		}
		return explainStart(err)
	}
	first := order{Spec: c.spec, Inner: inner{Owner: c.owner}}
	if a != nil {
		if err := a.admit(c.spec, c.PID(), c.link, c.note); err != nil {
			go c.listen() // for its end
			return errors.Join(err, c.Kill())
		}
		first.Inner = a.inner
		first.Inner.Try = c.trial
	}
	go c.listen()
	if err := c.link.send(first); err != nil {
		return errors.Join(err, c.Kill())
	}
	return nil
}

// explainStart says what a refusal of new namespaces means.
func explainStart(err error) error {
	if errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("make new mount and PID namespaces: %w\n  why:  this process may not, root or not: an outer container or a security module forbids it\n"+
			"  fix:  run it in a privileged container, or outside of one; see: ingot doctor", err)
	}
	return fmt.Errorf("make new mount and PID namespaces: %w", err)
}

// listen takes the supervisor's reports until its end of the socket closes.
func (c *Container) listen() {
	defer close(c.heard)
	for {
		var r report
		if err := c.link.in.Decode(&r); err != nil {
			// A supervisor that was killed cannot end while what it froze waits. Whether that can be helped is seen by its end.
			_ = thawLeft(c.spec.Name)
			return
		}
		c.mu.Lock()
		switch {
		case r.ID != 0:
			if answer := c.waiting[r.ID]; answer != nil {
				delete(c.waiting, r.ID)
				answer <- r
			}
		case r.Up:
			c.port = r.Port
			c.up <- r
		case r.Ended:
			c.ended = &r
		case r.Note != "":
			c.notes = append(c.notes, r.Note)
		}
		c.mu.Unlock()
	}
}

// wait notices the supervisor's end and removes what it leaves.
func (c *Container) wait() {
	result := c.cmd.Wait()
	select {
	case <-c.heard: // its last word, which says how the guest ended, may still be on its way
	case <-time.After(lastWord):
	}
	left := Remove(c.spec.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended != nil && c.ended.Error != "":
		c.err = errors.New(c.ended.Error)
	case c.ended == nil:
		c.err = c.surprise(result)
	}
	c.err = errors.Join(c.err, left)
	select {
	case c.up <- report{}:
	default:
	}
	close(c.done)
	c.link.close()
}

// surprise explains a supervisor that ended without a word.
func (c *Container) surprise(result error) error {
	text := "the container's supervisor ended"
	if result != nil {
		text += ": " + result.Error()
	}
	if said := tailOf(filepath.Join(c.spec.Dir, logFile)); said != "" {
		text += ": " + said
	}
	return errors.New(text)
}

// tailOf is the end of a log, without blanks around it.
func tailOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, min(info.Size(), logTail))
	n, _ := f.ReadAt(text, info.Size()-int64(len(text)))
	return strings.TrimSpace(strings.ToValidUTF8(string(text[:n]), "?"))
}

// note keeps what the container does without.
func (c *Container) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// Way is how the container is run.
func (c *Container) Way() Way { return c.way }

// PID is the supervisor's process on this host.
func (c *Container) PID() int { return c.cmd.Process.Pid }

// Port is the one of 127.0.0.1 that leads to the guest's port 22, also after the guest rebooted.
func (c *Container) Port() int { return c.port }

// QMP is the path of the storage daemon's control socket, which takes one client at a time. It may be longer than what connect(2) takes.
func (c *Container) QMP() string { return filepath.Join(c.spec.Dir, monitorFile) }

// Console is the path of the file with what the guest says on its console.
func (c *Container) Console() string { return filepath.Join(c.spec.Dir, consoleFile) }

// Notes tells what this host could not give the container, a sentence each: a limit, a partition that is not mounted.
func (c *Container) Notes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.notes)
}

// Done is closed when the guest is gone, in whatever way, and nothing runs any more.
func (c *Container) Done() <-chan struct{} { return c.done }

// Err says why the guest is gone: nil after PowerOff. Before that it is nil too.
func (c *Container) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}
