package detach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// step is one command on the guest, through as many sessions as it takes.
type step struct {
	c              *Communicator
	id             string
	cmd            *packersdk.RemoteCmd
	stdout, stderr io.Writer

	mu       sync.Mutex // one session's answer is taken at a time; held while output is handed on
	current  *session   // whose answer counts
	out, err int64      // bytes that have arrived
	boot     string     // the boot in which it was started
	started  bool
	end      *ending // nil while it runs
	output   time.Time
}

// ending is the frame that a command ended with.
type ending struct {
	kind byte // x, g, n or k
	text string
}

func newStep(c *Communicator, cmd *packersdk.RemoteCmd) *step {
	return &step{c: c, id: newID(), cmd: cmd, stdout: or(cmd.Stdout), stderr: or(cmd.Stderr), output: time.Now()}
}

// run starts the command and follows it to its end, which comes early when ctx ends. begun gets one value: nil when the
// command has begun, or why it has not.
func (s *step) run(ctx context.Context, begun chan<- error) {
	told := false
	tell := func(err error) {
		if !told {
			told = true
			begun <- err
		}
	}
	if ctx.Err() != nil {
		tell(context.Cause(ctx))
		s.cmd.SetExited(packersdk.CmdDisconnect)
		return
	}
	var lost time.Time // since when the guest cannot be reached; zero: it can
	bad := 0           // answers that were none
	wait := s.c.times.retry
	for {
		o := order{mode: start, id: s.id, line: s.cmd.Command}
		s.mu.Lock()
		if s.started {
			o = order{mode: follow, id: s.id, out: s.out, err: s.err, boot: s.boot}
		}
		s.mu.Unlock()
		o.old = s.c.takeOld()
		err := s.converseAnd(ctx, o, func() {
			tell(nil)
			if !lost.IsZero() {
				s.c.opts.Note(fmt.Sprintf("connected to the build VM again after %s", time.Since(lost).Round(time.Second/10)))
				lost = time.Time{}
			}
			wait = s.c.times.retry
		})
		if err != nil {
			s.c.giveOld(o.old...) // who knows
		}
		s.mu.Lock()
		end, started := s.end, s.started
		s.mu.Unlock()
		var (
			refused *refusedError
			garbage *garbageError
		)
		if errors.As(err, &garbage) {
			bad++
		}
		switch {
		case end != nil:
			s.finish(*end, tell)
			return
		case bad >= mostBad && started:
			s.finish(ending{'g', "its answers could not be understood: " + err.Error()}, tell)
			return
		case bad >= mostBad:
			tell(err)
			return
		case ctx.Err() != nil:
			s.kill()
			tell(context.Cause(ctx))
			s.cmd.SetExited(packersdk.CmdDisconnect)
			return
		case errors.As(err, &refused) && !started:
			tell(refused)
			return
		}
		switch patience := s.c.opts.Patience; {
		case lost.IsZero():
			lost = time.Now()
			note := "the connection to the build VM was lost while a command was started there (%v); trying again for up to %s"
			if started {
				note = "the connection to the build VM is lost (%v); the command goes on there; trying to connect for up to %s"
			}
			s.c.opts.Note(fmt.Sprintf(note, err, patience))
		case time.Since(lost) >= patience && !started:
			tell(fmt.Errorf("no connection to the build VM for %s: %w", patience, err))
			return
		case time.Since(lost) >= patience:
			s.finish(ending{'g', fmt.Sprintf("it could not be reached for %s (%v)", patience, err)}, tell)
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, s.c.times.retryMost)
	}
}

// mostBad is how many answers of a guest for one command may be no answers.
const mostBad = 5

// reasons are what a guest says of a command that is gone.
var reasons = map[string]string{
	"reboot":  "it rebooted",
	"killed":  "what watched over the command there was killed",
	"removed": "the command's files there were removed, and its exit code with them",
	"start":   "the command was not started there in time",
}

// finish ends the command as the guest said.
func (s *step) finish(end ending, tell func(error)) {
	status := packersdk.CmdDisconnect
	switch end.kind {
	case 'n':
		tell(&refusedError{why: end.text, always: true})
		s.c.giveOld(s.id)
		return
	case 'x':
		status, _ = strconv.Atoi(end.text) // frames looked at it
	default:
		why := end.text
		if known, ok := reasons[why]; ok {
			why = known
		}
		s.c.mu.Lock()
		s.c.lost = why
		s.c.mu.Unlock()
		s.c.opts.Note("the exit code of the command is not known: the build VM was asked, but " + why)
	}
	s.c.giveOld(s.id)
	tell(nil)
	s.cmd.SetExited(status)
}

// kill ends the command on the guest, and removes its files. A guest that cannot be reached is left to itself after a
// while.
func (s *step) kill() {
	if !s.farewell(order{mode: kill, id: s.id}) {
		s.c.mu.Lock()
		s.c.away = true
		s.c.mu.Unlock()
		s.c.opts.Note("the command was cancelled, but the build VM could not be reached to end it there")
	}
}

// farewell has an order carried out that comes after all others, and reports whether it was. It goes on when everything
// is cancelled, for a short while.
func (s *step) farewell(o order) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.c.ctx), s.c.times.farewell)
	defer cancel()
	for wait := s.c.times.retry; ctx.Err() == nil; wait *= 2 {
		if err := s.converse(ctx, o); err == nil {
			return true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return false
}

// converse carries out an order in one session.
func (s *step) converse(ctx context.Context, o order) error { return s.converseAnd(ctx, o, func() {}) }

// converseAnd carries out an order in one session, until the answer is complete, and calls heard when the guest has
// begun to answer. The error says how the session was lost: nil when the answer is complete.
func (s *step) converseAnd(ctx context.Context, o order, heard func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.magic, o.beat = "ingot-"+newID(), s.c.times.beat
	d := s.c.dialect()
	cmd, err := d.command(o)
	if err != nil {
		return err
	}
	a := &session{step: s, over: make(chan struct{}), begun: make(chan struct{}), last: time.Now()}
	a.done = sync.OnceFunc(func() { close(a.over) })
	a.frames = frames{magic: o.magic, base64: d.base64(), output: a.output, tell: a.tell}
	s.mu.Lock()
	s.current, s.end = a, nil
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.current = nil // what still comes has no place
	}()
	said := &tail{}
	cmd.Stdout, cmd.Stderr = a, said
	done := make(chan error, 1)
	go func() {
		err := s.c.startInner(ctx, cmd)
		if err == nil {
			err = &endedError{status: cmd.Wait(), said: said.String()}
		}
		done <- err
	}()
	look := time.NewTicker(s.c.times.look)
	defer look.Stop()
	next := s.c.times.silence
	begun := a.begun
	for {
		select {
		case <-begun:
			heard()
			begun = nil
		case <-a.over:
			select {
			case <-begun: // both came at once
				heard()
			default:
			}
			return s.broken(a, nil)
		case err := <-done:
			return s.broken(a, err)
		case <-look.C:
			silent, quiet, limit, alive := a.idle()
			switch {
			case silent > limit:
				return fmt.Errorf("the build VM has given no sign of life for %s", limit)
			case quiet < s.c.times.silence:
				next = s.c.times.silence
			case quiet >= next && alive:
				s.c.opts.Note(fmt.Sprintf("the command still runs, and has been silent for %s", quiet.Round(s.c.times.silence)))
				next = quiet + min(max(quiet, s.c.times.silence), 10*s.c.times.silence)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// startInner begins a session.
func (c *Communicator) startInner(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	if c.opts.Dialect == Shell {
		c.starts.Lock()
		defer c.starts.Unlock()
	}
	return c.Communicator.Start(ctx, cmd)
}

// broken says what became of a session that ended: nil when the answer was complete before.
func (s *step) broken(a *session, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ended *endedError
	switch {
	case a.frames.over:
		return nil
	case a.err != nil:
		return &garbageError{a.err}
	case errors.As(err, &ended) && !a.frames.begun && ended.status != 0 && ended.status != packersdk.CmdDisconnect:
		// The session ended by itself, in order, and the guest's half did not even begin.
		return &refusedError{why: fmt.Sprintf("its shell ended with %d%s", ended.status, ended.said), always: true}
	}
	return err
}

// garbageError is an answer that nobody's half gives.
type garbageError struct{ err error }

func (e *garbageError) Error() string { return e.err.Error() }

// endedError is how a session ended that the communicator has nothing to say about.
type endedError struct {
	status int
	said   string
}

func (e *endedError) Error() string {
	if e.status == packersdk.CmdDisconnect {
		return "it was closed"
	}
	return fmt.Sprintf("the session ended with %d%s", e.status, e.said)
}

// session takes the answer to one order. It is the standard output of the session's command.
type session struct {
	step   *step
	frames frames
	begun  chan struct{} // closed when the guest's half has told of the command
	over   chan struct{} // closed when the answer is complete, or none
	done   func()        // closes over

	// step.mu guards these.
	heard bool
	alive bool // there was a sign of life
	err   error
	last  time.Time
}

// Write takes a piece of the answer. It takes all of what comes when the answer does not count any more, so that the
// guest's half comes to its end.
func (a *session) Write(p []byte) (int, error) {
	a.step.mu.Lock()
	defer a.step.mu.Unlock()
	if a.step.current == a && a.err == nil {
		a.err = a.frames.take(p)
		a.last = time.Now()
		if a.frames.over || a.err != nil {
			a.done()
		}
	}
	return len(p), nil
}

// output hands on what the command wrote. Whoever does not take it is gone, and the command goes on for the others.
func (a *session) output(stream byte, p []byte) {
	s := a.step
	s.output = time.Now()
	if stream == 'o' {
		_, _ = s.stdout.Write(p)
		s.out += int64(len(p))
		return
	}
	_, _ = s.stderr.Write(p)
	s.err += int64(len(p))
}

func (a *session) tell(kind byte, text string) {
	s := a.step
	switch kind {
	case 's':
		if !s.started {
			s.started, s.boot = true, text
		}
		if !a.heard {
			a.heard = true
			close(a.begun)
		}
	case 'b':
		a.alive = true
	default:
		s.end = &ending{kind, text}
	}
}

// idle tells how long the guest has said nothing, how long the command has, how long the guest may, and whether it
// said in this session that the command lives. While somebody takes their time to take output, that is no silence.
func (a *session) idle() (silent, quiet, limit time.Duration, alive bool) {
	if !a.step.mu.TryLock() {
		return 0, 0, a.step.c.times.dead, true
	}
	defer a.step.mu.Unlock()
	limit = a.step.c.times.slow
	if a.heard {
		limit = a.step.c.times.dead
	}
	return time.Since(a.last), time.Since(a.step.output), limit, a.alive
}

// tail keeps the first line of what a session's shell complains of.
type tail struct {
	mu   sync.Mutex
	text string
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.text) < 200 {
		t.text += string(p[:min(len(p), 200)])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	line, _, _ := strings.Cut(strings.TrimSpace(t.text), "\n")
	if line == "" {
		return ""
	}
	return ": " + strings.TrimSpace(line)
}
