package detach

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// Dialect is what a guest understands.
type Dialect int

// The dialects.
const (
	Shell   Dialect = iota + 1 // a POSIX shell, behind SSH
	Windows                    // cmd.exe and Windows PowerShell, behind WinRM
)

// DefaultPatience is how long a guest that cannot be reached is tried for.
const DefaultPatience = 10 * time.Minute

// Options say how commands are detached.
type Options struct {
	Dialect  Dialect
	Patience time.Duration // see DefaultPatience, which is what 0 means
	// Note tells a person what happens beside the output: a connection that was lost, a command that is silent. It may
	// be called from anywhere. Nil: nobody wants to know.
	Note func(text string)
}

// Communicator starts commands that outlive its connection. Everything but Start is the inner communicator's.
type Communicator struct {
	packersdk.Communicator
	opts   Options
	times  times
	ctx    context.Context
	cancel context.CancelFunc
	steps  sync.WaitGroup
	// starts lets one session begin at a time over SSH: Packer's communicator connects again without a look at who else
	// does, and each closes the connection of the other.
	starts sync.Mutex

	mu    sync.Mutex
	old   []string // ids of commands whose files are still on the guest
	plain bool     // the guest cannot detach commands
	lost  string   // why the exit code of the last lost command is not known
	away  bool     // the guest could not be reached to kill a command
}

// times are the clocks of a Communicator; tests have faster ones.
type times struct {
	retry, retryMost time.Duration // between two attempts to connect: the first, and the longest
	beat             time.Duration // between two signs of life of the guest
	dead             time.Duration // without one, a session is taken for lost
	slow             time.Duration // the same, before the guest has said anything: its shell may take long to start
	look             time.Duration // how often that is looked at
	silence          time.Duration // of a command, before it is said for the first time
	farewell         time.Duration // for killing a command, and for removing files
}

var usual = times{
	retry: 100 * time.Millisecond, retryMost: 5 * time.Second,
	beat: 5 * time.Second, dead: 30 * time.Second, slow: 5 * time.Minute, look: time.Second,
	silence: time.Minute, farewell: 5 * time.Second,
}

// New wraps a communicator for as long as ctx lasts. When ctx ends, commands that run are killed on the guest. The
// caller calls Close.
func New(ctx context.Context, inner packersdk.Communicator, opts Options) *Communicator {
	if opts.Patience == 0 {
		opts.Patience = DefaultPatience
	}
	if opts.Note == nil {
		opts.Note = func(string) {}
	}
	c := &Communicator{Communicator: inner, opts: opts, times: usual}
	c.ctx, c.cancel = context.WithCancel(ctx)
	return c
}

// Start implements packersdk.Communicator. It returns when the guest says that the command has begun; until then, it
// tries to reach the guest for as long as Options.Patience says.
func (c *Communicator) Start(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	if cmd.Stdin != nil || c.plainly(cmd.Command) {
		return c.Communicator.Start(ctx, cmd)
	}
	s := newStep(c, cmd)
	life, stop := context.WithCancel(c.ctx)
	begun := make(chan error, 1)
	c.steps.Go(func() {
		defer stop()
		s.run(life, begun)
	})
	var err error
	select {
	case err = <-begun:
	case <-ctx.Done():
		stop()
		return ctx.Err()
	}
	var refused *refusedError
	if !errors.As(err, &refused) {
		return err
	}
	if refused.always {
		c.mu.Lock()
		c.plain = true
		c.mu.Unlock()
	}
	c.opts.Note("commands run in the session itself, and end with it: the build VM cannot detach them: " + refused.why)
	return c.Communicator.Start(ctx, cmd)
}

// plainly reports whether a command is run as it is. On Windows these are the ones that only have to do with the
// machine going down: while it does, nothing else can be started, and their exit codes tell how far it is.
func (c *Communicator) plainly(line string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	name = strings.TrimSuffix(strings.ToLower(name), ".exe")
	return c.plain || c.opts.Dialect == Windows && name == "shutdown"
}

// Lost says why the exit code of a command is not known, as the end of a sentence about the build VM: "it rebooted". ""
// when that did not happen.
func (c *Communicator) Lost() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// Close kills the commands that still run, and removes what is left of the others on the guest.
func (c *Communicator) Close() {
	c.cancel()
	c.steps.Wait()
	old := c.takeOld()
	if len(old) == 0 {
		return
	}
	c.mu.Lock()
	away := c.away
	c.mu.Unlock()
	if away || !newStep(c, &packersdk.RemoteCmd{}).farewell(order{mode: forget, old: old}) {
		c.opts.Note("files of commands are left behind on the build VM, which could not be reached to remove them: " +
			c.dialect().place(old))
	}
}

// takeOld gives the ids of the commands whose files can go. Whoever takes them removes them.
func (c *Communicator) takeOld() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.old
	c.old = nil
	return old
}

func (c *Communicator) giveOld(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if !slices.Contains(c.old, id) {
			c.old = append(c.old, id)
		}
	}
}

// The modes of an order.
const (
	start  = "start"
	follow = "follow"
	kill   = "kill"
	forget = "forget"
)

// order is what the guest's half is asked to do.
type order struct {
	mode     string
	id       string   // of the command
	old      []string // commands whose files are to be removed
	line     string   // the command, for start
	out, err int64    // bytes that have arrived
	boot     string   // the boot in which the command was started
	magic    string   // what the answer begins with
	beat     time.Duration
}

// dialect is how a guest is spoken to.
type dialect interface {
	// command is what makes a session carry out an order. It fails with a *refusedError for a command that it cannot
	// start.
	command(o order) (*packersdk.RemoteCmd, error)
	base64() bool              // whether the bytes of the answer's chunks are encoded
	place(ids []string) string // where files are, for people
}

func (c *Communicator) dialect() dialect {
	if c.opts.Dialect == Windows {
		return windows{}
	}
	return posix{}
}

// refusedError says that a command was not started, since it cannot be detached.
type refusedError struct {
	why    string
	always bool // no other command could be either
}

func (e *refusedError) Error() string { return "cannot be detached: " + e.why }

// newID names a command, so that nobody can guess the name.
func newID() string { return strings.ToLower(rand.Text()) }

// or gives the writer, or one that throws everything away.
func or(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
