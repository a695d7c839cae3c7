package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const sudoProgram = "sudo"

// doKill ends a container whose processes belong to somebody else.
const doKill = "kill"

// bySudo has cmd be this program as root, which makes the container as root would and hands on what is said. All of that goes by standard
// input and output: sudo closes other files, and lets no death signal through, but an end of its input. Nothing but the container's name
// is in its arguments.
func (c *Container) bySudo(connection *os.File) error {
	sudo, err := exec.LookPath(sudoProgram)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c.cmd = &exec.Cmd{Path: sudo, Args: []string{sudoProgram, "-n", "--", self, supervisorName, c.spec.Name}, Dir: c.spec.Dir,
		Stdin: connection, Stdout: connection, Stderr: c.cmd.Stderr, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	return nil
}

// killBySudo is Kill for a container whose processes this one may not signal.
func (c *Container) killBySudo() error {
	_ = c.link.send(request{Do: doKill}) // or it has ended
	select {
	case <-c.done:
		return nil
	case <-time.After(2 * killPatience):
	}
	c.link.close()
	select {
	case <-c.done:
		return nil
	case <-time.After(killPatience):
		return fmt.Errorf("container %s, which runs by sudo as process %d, does not end", c.spec.Name, c.PID())
	}
}

// deputy is what runs as root for a Container of somebody else.
type deputy struct {
	*Container
	in    *json.Decoder
	mu    sync.Mutex
	out   *json.Encoder
	stays bool
}

// runDeputy makes the container that its standard input tells, and gives what it makes in the folder to whom that belongs.
func runDeputy() int {
	d := &deputy{in: json.NewDecoder(os.Stdin), out: json.NewEncoder(os.Stdout)}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	defer stop()
	signal.Ignore(unix.SIGHUP, unix.SIGPIPE)
	result := report{Ended: true}
	if err := d.run(ctx); err != nil {
		result.Error = err.Error()
	}
	d.send(result)
	return 0
}

func (d *deputy) run(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s runs programs as uid %d\n  fix:  have it run them as root", sudoProgram, os.Geteuid())
	}
	var first order
	if err := d.in.Decode(&first); err != nil {
		return fmt.Errorf("%s is started by ingot, not by hand: %w", supervisorName, err)
	}
	d.stays = first.Stays
	var dir unix.Stat_t
	if err := unix.Stat(first.Dir, &dir); err != nil {
		return fmt.Errorf("folder %s: %w", first.Dir, err)
	}
	starting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	started := make(chan struct{})
	go d.listen(started, cancel)
	var err error
	d.Container, err = startFor(starting, first.Spec, &owner{int(dir.Uid), int(dir.Gid)})
	if err != nil {
		return errors.Join(err, context.Cause(starting))
	}
	close(started)
	for _, note := range d.Notes() {
		d.send(report{Note: note})
	}
	d.send(report{Up: true, Port: d.Port()})
	select {
	case <-d.Done():
		return d.Err()
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), d.Kill())
	}
}

var errMakerGone = errors.New("who made the container is gone")

// listen does what is asked for. While there is no container yet, an end of it is the end.
func (d *deputy) listen(started chan struct{}, cancel context.CancelCauseFunc) {
	for {
		var r request
		if err := d.in.Decode(&r); err != nil {
			if d.stays {
				return
			}
			cancel(errMakerGone)
			<-started
			_ = d.Kill()
			return
		}
		if r.Do == doKill {
			cancel(errMakerGone)
		}
		<-started
		go func() {
			answer := report{ID: r.ID}
			if err := d.do(r.Do); err != nil {
				answer.Error = err.Error()
			}
			if r.ID != 0 {
				d.send(answer)
			}
		}()
	}
}

func (d *deputy) do(what string) error {
	if what == doKill {
		return d.Kill()
	}
	return d.ask(context.Background(), what)
}

func (d *deputy) send(r report) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.out.Encode(r) // the maker may be gone
}
