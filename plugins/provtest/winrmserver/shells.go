package winrmserver

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/uuid"
)

// shells are the open shells of one boot.
type shells struct {
	server *Server

	mu      sync.Mutex
	leaving bool // no new shells
	open    map[string]*shell
}

type shell struct {
	id, user, dir string
	env           map[string]string
	commands      map[string]*command
	idle          *time.Timer
}

func newShells(s *Server) *shells { return &shells{server: s, open: map[string]*shell{}} }

func newID() string { return strings.ToUpper(uuid.TimeOrderedUUID()) }

func (s *shells) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

func (s *shells) create(user, dir string, env map[string]string) (string, *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving {
		return "", errLeaving
	}
	if len(s.open) >= s.server.opts.MaxShells {
		return "", faultQuota
	}
	sh := &shell{id: newID(), user: user, dir: dir, env: env, commands: map[string]*command{}}
	sh.idle = time.AfterFunc(s.server.opts.IdleTimeout, func() { _ = s.remove(sh.id) })
	s.open[sh.id] = sh
	return sh.id, nil
}

func (s *shells) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = true
}

// get finds a shell and notes that somebody asked for it. The lock is held.
func (s *shells) get(id string) (*shell, *fault) {
	sh, ok := s.open[id]
	if !ok {
		return nil, faultNoShell
	}
	sh.idle.Reset(s.server.opts.IdleTimeout)
	return sh, nil
}

// remove closes a shell and ends what it runs.
func (s *shells) remove(id string) *fault {
	s.mu.Lock()
	sh, f := s.get(id)
	delete(s.open, id)
	s.mu.Unlock()
	if f == nil {
		sh.close()
	}
	return f
}

func (s *shells) closeAll() {
	s.mu.Lock()
	all := s.open
	s.open, s.leaving = map[string]*shell{}, true
	s.mu.Unlock()
	for _, sh := range all {
		sh.close()
	}
}

func (sh *shell) close() {
	sh.idle.Stop()
	for _, c := range sh.commands {
		c.terminate()
	}
}

// command starts a command line.
func (s *shells) command(shellID, line string) (string, *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh, f := s.get(shellID)
	if f != nil {
		return "", f
	}
	ctx, cancel := context.WithCancel(context.Background())
	in, out := io.Pipe()
	c := &command{cancel: cancel, stdin: out, feed: make(chan struct{}, 1), changed: make(chan struct{})}
	id := newID()
	sh.commands[id] = c
	go c.pump(ctx)
	context.AfterFunc(ctx, func() { _ = in.CloseWithError(io.EOF) })
	go func() {
		exit := s.server.machine.Run(ctx, Process{
			User: sh.user, Line: line, Dir: sh.dir, Env: sh.env, Stdin: in,
			Stdout: writer{c, ctx, stdout}, Stderr: writer{c, ctx, stderr},
		})
		c.end(exit)
		cancel()
	}()
	return id, nil
}

func (s *shells) find(shellID, id string) (*command, *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh, f := s.get(shellID)
	if f != nil {
		return nil, f
	}
	c, ok := sh.commands[id]
	if !ok {
		return nil, faultNoCommand
	}
	return c, nil
}

// The names of the streams on the wire.
const (
	stdout = "stdout"
	stderr = "stderr"
)

// command is a command line under way, or ended and not yet forgotten.
type command struct {
	cancel context.CancelFunc
	stdin  *io.PipeWriter
	feed   chan struct{} // there is more for stdin

	mu         sync.Mutex
	changed    chan struct{} // closed when anything below changes
	pending    []chunk
	done       bool
	exit       int
	terminated bool
	queue      []byte // for stdin
	eof        bool
}

type chunk struct {
	stream string
	data   []byte
}

// output is what one Receive takes away.
type output struct {
	chunks []chunk
	done   bool
	exit   int
}

// change calls f and wakes who waits.
func (c *command) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *command) end(exit int) { c.change(func() { c.done, c.exit = true, exit }) }

// terminate ends the command. One that has ended by itself keeps its exit code.
func (c *command) terminate() {
	c.change(func() { c.terminated = true })
	c.cancel()
}

func (c *command) input(data []byte, eof bool) {
	c.mu.Lock()
	c.queue = append(c.queue, data...)
	c.eof = c.eof || eof
	c.mu.Unlock()
	select {
	case c.feed <- struct{}{}:
	default:
	}
}

// pump brings input to the command, so that a Send does not wait for a command that does not read.
func (c *command) pump(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.feed:
		}
		c.mu.Lock()
		data, eof := c.queue, c.eof
		c.queue = nil
		c.mu.Unlock()
		if _, err := c.stdin.Write(data); err != nil {
			return // the command has ended
		}
		if eof {
			_ = c.stdin.Close()
			return
		}
	}
}

// receive waits until there is output, or the end, and takes at most size bytes.
func (c *command) receive(ctx context.Context, timeout <-chan time.Time, size int) (output, *fault) {
	for {
		c.mu.Lock()
		out := c.take(size)
		terminated, changed := c.terminated, c.changed
		c.mu.Unlock()
		switch {
		case len(out.chunks) > 0 || out.done:
			return out, nil
		case terminated:
			return output{}, faultAborted
		}
		select {
		case <-changed:
		case <-timeout:
			return output{}, faultTimeout
		case <-ctx.Done(): // the client is gone, or the machine down
			return output{}, faultAborted
		}
	}
}

// take takes away output. The lock is held.
func (c *command) take(size int) output {
	var out output
	for len(c.pending) > 0 && size > 0 {
		first := &c.pending[0]
		n := min(size, len(first.data))
		out.chunks = append(out.chunks, chunk{first.stream, first.data[:n]})
		size -= n
		if first.data = first.data[n:]; len(first.data) == 0 {
			c.pending = c.pending[1:]
		}
	}
	out.done, out.exit = c.done && len(c.pending) == 0, c.exit
	if len(out.chunks) > 0 { // room for more
		close(c.changed)
		c.changed = make(chan struct{})
	}
	return out
}

// backlog is how many bytes of output wait for the client before the command does.
const backlog = 1 << 20

// waiting is how many bytes of output wait. The lock is held.
func (c *command) waiting() int {
	n := 0
	for _, p := range c.pending {
		n += len(p.data)
	}
	return n
}

// writer takes the output of a command. It blocks while the client does not come for what is there.
type writer struct {
	c      *command
	ctx    context.Context
	stream string
}

func (w writer) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		w.c.mu.Lock()
		full, changed := w.c.waiting() >= backlog, w.c.changed
		w.c.mu.Unlock()
		if !full {
			break
		}
		select {
		case <-changed:
		case <-w.ctx.Done():
			return len(p), nil // nobody will read it
		}
	}
	w.c.change(func() {
		data := append([]byte{}, p...)
		if n := len(w.c.pending); n > 0 && w.c.pending[n-1].stream == w.stream {
			w.c.pending[n-1].data = append(w.c.pending[n-1].data, data...)
			return
		}
		w.c.pending = append(w.c.pending, chunk{w.stream, data})
	})
	return len(p), nil
}
