package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supervisorName is the supervisor's argv[0]; argv[1] is Spec.Name.
const supervisorName = "ingot-container"

// linkFD is the supervisor's end of the link.
const linkFD = 3

// endPatience bounds how long one of the programs below gets to end in good order.
const endPatience = 20 * time.Second

// supervisor is the first process of the container's PID namespace, seen from inside.
type supervisor struct {
	spec    Spec
	inner   inner
	link    *link
	storage *storage
	files   fileSystems
	covered []string // what fstab mounts and this host cannot: the guest sees it empty
	network *network

	mu      sync.Mutex
	leader  int  // the guest's init; 0 while there is none
	powerer bool // the guest was told to power off
}

// RunIfSupervisor never returns in a process that Start made. Call it first in main, and in TestMain of packages that call Start.
func RunIfSupervisor() {
	switch {
	case len(os.Args) == 2 && os.Args[0] == supervisorName:
		os.Exit(supervise())
	case len(os.Args) == 3 && os.Args[0] == supervisorName && os.Args[2] == firstStage:
		fmt.Fprintln(os.Stderr, stage(os.Args[1]))
		os.Exit(1)
	case len(os.Args) == 3 && os.Args[1] == supervisorName:
		os.Exit(runDeputy())
	}
}

func supervise() int {
	s := &supervisor{}
	var err error
	if s.link, err = newLink(os.NewFile(linkFD, "maker")); err == nil {
		var first order
		err = s.link.in.Decode(&first)
		s.spec, s.inner = first.Spec, first.Inner
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is started by ingot, not by hand: %v\n", supervisorName, err)
		return 1
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGTERM, unix.SIGINT)
	signal.Ignore(unix.SIGHUP, unix.SIGPIPE)
	go func() {
		<-ended
		s.die()
	}()
	go s.listen()

	result := report{Ended: true}
	life := s.run
	if s.inner.Try != nil {
		life = s.try
	}
	if err := life(context.Background()); err != nil {
		result.Error = err.Error()
	}
	_ = s.link.send(result) // the maker may be gone
	return 0
}

// die ends the supervisor at once, and with it everything below.
func (s *supervisor) die() {
	s.files.thawAll() // or the kernel would keep a frozen file system for ever, and its loop device with it
	os.Exit(1)
}

// listen does what the maker asks for, until it is gone.
func (s *supervisor) listen() {
	for {
		var r request
		if err := s.link.in.Decode(&r); err != nil {
			if !s.spec.Stays {
				s.die()
			}
			s.files.thawAll() // nobody else will
			return
		}
		go func() { // a freeze may take its time, and a thaw has to get in
			answer := report{ID: r.ID}
			if err := s.do(r.Do); err != nil {
				answer.Error = err.Error()
			}
			_ = s.link.send(answer) // the maker may be gone
		}()
	}
}

func (s *supervisor) do(what string) error {
	switch what {
	case doFreeze:
		return s.files.freeze()
	case doThaw:
		return s.files.thaw()
	case doPowerOff:
		return s.powerOff()
	default:
		return fmt.Errorf("the supervisor knows no order %q", what)
	}
}

// note tells the maker what this container does without.
func (s *supervisor) note(format string, args ...any) {
	_ = s.link.send(report{Note: fmt.Sprintf(format, args...)}) // the maker may be gone
}

// run is the life of the container. What it makes dies with this process; in good order, the disk is closed before it returns.
func (s *supervisor) run(ctx context.Context) (err error) {
	groups, err := s.enterGroups()
	if err != nil {
		return err
	}
	if err := privateMounts(s.inner.User); err != nil {
		return err
	}
	if s.storage, err = s.startStorage(ctx); err != nil {
		return err
	}
	disk, err := s.storage.export(ctx)
	if err != nil {
		return err
	}
	if err := privateRun(); err != nil { // the storage daemon goes on seeing this host's: its disks may lie there
		return err
	}
	if err := os.Symlink(s.storage.raw(), diskMount); err != nil {
		return err
	}
	err = s.mountAll(ctx, disk)
	if err = errors.Join(err, disk.Close()); err != nil {
		return err
	}
	if err := s.prepareSeed(); err != nil {
		return err
	}
	if s.network, err = listenNetwork(s.spec); err != nil {
		return err
	}
	err = s.runGuest(ctx, groups)
	s.network.close()
	return errors.Join(err, s.closeDisk(ctx))
}

// closeDisk unmounts what is mounted and has the storage daemon write what it holds back.
func (s *supervisor) closeDisk(ctx context.Context) error {
	if err := s.files.unmount(); err != nil {
		return err
	}
	return s.storage.quit(ctx)
}

// child is a program below the supervisor.
type child struct {
	name   string
	pid    int
	done   chan struct{}
	result error // of exec.Cmd.Wait; read it after done
}

// start starts cmd; its messages go where the supervisor's go. first, unless nil, runs before in the thread that forks, whose cgroups and
// namespaces the program gets; the thread does nothing else.
func start(name string, cmd *exec.Cmd, first func() error) (*child, error) {
	c := &child{name: name, done: make(chan struct{})}
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	cmd.WaitDelay = time.Second
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // and it ends with this goroutine
		var err error
		if first != nil {
			err = first()
		}
		if err == nil {
			err = cmd.Start()
		}
		if err == nil {
			c.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			c.result = cmd.Wait()
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

// within waits at most limit for the end and tells whether it came.
func (c *child) within(limit time.Duration) bool {
	select {
	case <-c.done:
		return true
	case <-time.After(limit):
		return false
	}
}

// stop kills the program and waits for its end.
func (c *child) stop() {
	select {
	case <-c.done: // else the number may be another's by now
	default:
		_ = unix.Kill(c.pid, syscall.SIGKILL)
		<-c.done
	}
}

// endError says how the program ended, with what it said last.
func (c *child) endError() error {
	how := "by itself"
	if c.result != nil {
		how = "with " + c.result.Error()
	}
	if said := tailOf(logFile); said != "" { // the supervisor stands in Spec.Dir
		how += ": " + said
	}
	return fmt.Errorf("%s ended %s", c.name, how)
}
