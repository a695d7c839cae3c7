// Package dap is the debug adapter: an editor's ordinary buttons drive a build. A customizer is to it what a line is to others: a
// breakpoint on one stops the build VM before it, stepping runs one, and restarting a frame rewinds the VM to before it.
//
// It speaks the Debug Adapter Protocol over a pair of streams, one session for each. What is debugged is the caller's: see Session.
//
// Reference: https://microsoft.github.io/debug-adapter-protocol/
package dap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/translate/diag"
)

// Options say what an adapter debugs. Launch is needed.
type Options struct {
	// Launch reads the image template and prepares a session, in which nothing runs yet. An error may have the findings in it, as a
	// *FindingsError.
	Launch func(ctx context.Context, l Launch, watch Watch) (*Target, error)
	// Terminal is the command that opens a terminal in the build VM of a run, whose id comes after it.
	Terminal []string
	// ExitCode is what a program would end with that built the image and met err.
	ExitCode func(err error) int
	Log      *slog.Logger // nil for none; no values are logged, since they may be secret
}

// FindingsError is an image template that cannot be built.
type FindingsError struct{ List diag.List }

func (e *FindingsError) Error() string {
	for _, d := range e.List {
		if d.Severity == diag.Error {
			return d.String()
		}
	}
	return "the image template has errors"
}

// ErrNoDisconnect says that the editor went away without the request that should come before.
var ErrNoDisconnect = errors.New("the editor ended the session without a disconnect request")

// Serve talks to an editor until that disconnects or closes in, or ctx ends. It returns when the run has ended and all is cleaned up;
// after an orderly end the error is nil. A read of in may still be waiting then, which nothing can stop.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &adapter{
		Options: o, ctx: ctx, codec: codec(), out: newWriter(out), bye: make(chan struct{}), wake: make(chan struct{}, 1),
		breaks: breakpoints{files: map[string][]wanted{}}, asked: map[int]chan dap.Message{}, working: map[int]context.CancelFunc{},
	}
	read := make(chan error, 1)
	go func() { read <- a.read(newReader(in)) }()
	var err error
	select {
	case <-ctx.Done():
		err = context.Cause(ctx)
		a.out.drop()
	case <-a.bye:
	case err = <-read:
		if err != nil {
			a.out.drop()
		}
	}
	a.leave(false) // the build VM goes, where nobody has said otherwise
	cancel()
	a.wait.Wait()
	a.out.end()
	if errors.Is(err, io.EOF) {
		return ErrNoDisconnect
	}
	return err
}

// adapter is one conversation.
type adapter struct {
	Options
	ctx   context.Context // ends with the conversation: not with the run, which is cleaned up after it
	codec *dap.Codec
	out   *writer
	bye   chan struct{} // closed when the editor has disconnected
	wake  chan struct{} // holds one when the session has changed
	wait  sync.WaitGroup

	mu       sync.Mutex // guards what follows; never held while something is sent, or the session is asked
	stage    stage
	client   client
	launch   Launch
	target   *Target
	stop     context.CancelFunc // of the run
	ended    chan struct{}      // closed when the run has ended; nil before it began
	left     bool               // the end of the run was asked for
	intent   string             // why the build VM will stand, as the protocol has it; "": by what the session says
	breaks   breakpoints
	asked    map[int]chan dap.Message   // our requests that the editor has not answered, by number
	working  map[int]context.CancelFunc // the editor's requests that take their time, by number
	vars     environment
	bars     map[string]bool // progress that is shown, by step
	news     news
	ordering int  // orders that the session is being given
	orders   int  // that were given, all in all
	keep     bool // the build VM is to stay, as soon as it stands
}

// stage is how far a conversation is.
type stage int

const (
	connected   stage = iota
	initialized       // the editor said who it is
	launched          // the image template was read: breakpoints can be set
	running           // the run began
	disconnected
)

// client is what the editor said of itself.
type client struct {
	name              string
	line0, column0    bool // its lines and columns start at 0
	terminal          bool // it opens terminals
	progress, refetch bool // it shows progress; it reads again what is said to be out of date
}

// read takes messages until there are no more.
func (a *adapter) read(in *reader) error {
	for {
		content, err := in.next()
		if err != nil {
			return err
		}
		a.take(content)
		select {
		case <-a.bye:
			return nil
		default:
		}
	}
}

// take takes one message. Whatever it is, the next one can come.
func (a *adapter) take(content []byte) {
	m, err := a.codec.DecodeMessage(content)
	if err != nil {
		h, is := headOf(content)
		a.Log.Warn("a message was not understood", "command", h.Command, "seq", h.Seq, "error", err)
		var unknown *dap.DecodeProtocolMessageFieldError
		switch {
		case !is: // a response nobody waits for, or no message at all: there is no one to answer
		case errors.As(err, &unknown):
			a.refuse(h, fmt.Errorf("this adapter has no request %q", h.Command))
		default:
			a.refuse(h, fmt.Errorf("the arguments of %q are not as the protocol has them: %w", h.Command, err))
		}
		return
	}
	switch m := m.(type) {
	case dap.RequestMessage:
		a.request(m, content)
	case dap.ResponseMessage:
		a.answered(m.GetResponse().RequestSeq, m)
	}
}

// request carries out one request. Those that take their time get a goroutine of their own.
func (a *adapter) request(m dap.RequestMessage, content []byte) {
	r := m.GetRequest()
	h := head{Seq: r.Seq, Command: r.Command}
	do, known := requests[r.Command]
	a.mu.Lock()
	now := a.stage
	a.mu.Unlock()
	switch {
	case !known:
		a.refuse(h, fmt.Errorf("this adapter has no request %q", r.Command))
	case now < do.from:
		a.refuse(h, fmt.Errorf("%q came before %s", r.Command, [...]string{"", "initialize", "launch", "configurationDone", ""}[do.from]))
	case now > do.to:
		a.refuse(h, fmt.Errorf("%q came too late", r.Command))
	case do.slow:
		ctx, cancel, err := a.begin(r.Seq)
		if err != nil {
			a.refuse(h, err)
			return
		}
		a.wait.Go(func() {
			defer a.finish(r.Seq, cancel)
			a.carryOut(ctx, do, h, m, content)
		})
	default:
		a.carryOut(a.ctx, do, h, m, content)
	}
}

// atOnce bounds the requests that are worked on at a time.
const atOnce = 16

func (a *adapter) begin(seq int) (context.Context, context.CancelFunc, error) {
	ctx, cancel := context.WithCancel(a.ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, twice := a.working[seq]; twice || len(a.working) >= atOnce {
		cancel()
		return nil, nil, errors.New("too many requests are worked on already")
	}
	a.working[seq] = cancel
	return ctx, cancel, nil
}

func (a *adapter) finish(seq int, cancel context.CancelFunc) {
	cancel()
	a.mu.Lock()
	delete(a.working, seq)
	a.mu.Unlock()
}

// carryOut calls a handler and sends its answer. A panic is kept to the request that it happened in.
func (a *adapter) carryOut(ctx context.Context, do request, h head, m dap.RequestMessage, content []byte) {
	defer func() {
		if v := recover(); v != nil {
			a.Log.Error("a request ended in a panic", "command", h.Command, "panic", v, "stack", string(debug.Stack()))
			a.refuse(h, fmt.Errorf("there is a fault in ingot: %v", v))
		}
	}()
	reply, then, err := do.handle(a, ctx, m, content)
	if err == nil && ctx.Err() != nil && do.slow {
		err = errCancelled
	}
	if err != nil {
		a.refuse(h, err)
		return
	}
	r := reply.GetResponse()
	r.Command, r.RequestSeq, r.Success = h.Command, h.Seq, true
	a.send(reply)
	a.Log.Debug("request", "command", h.Command, "seq", h.Seq)
	if then != nil {
		then()
	}
}

// errCancelled answers a request that the editor gave up; the protocol has the word.
var errCancelled = errors.New("cancelled")

// refuse answers a request with an error.
func (a *adapter) refuse(h head, err error) {
	text := a.mask(bounded(worded(err).Error()))
	a.Log.Info("a request was refused", "command", h.Command, "seq", h.Seq)
	m := &dap.ErrorResponse{}
	m.Command, m.RequestSeq, m.Message = h.Command, h.Seq, text
	if errors.Is(err, errCancelled) || errors.Is(err, context.Canceled) {
		m.Message = errCancelled.Error()
	}
	// The text is a value of a variable: braces in it would else be taken for the name of one.
	m.Body.Error = &dap.ErrorMessage{Id: 1, Format: "{text}", Variables: map[string]string{"text": text}, ShowUser: true}
	a.send(m)
}

// send sends an event or a response.
func (a *adapter) send(m dap.Message) { a.out.send(m) }

// mask takes secrets out of a text.
func (a *adapter) mask(text string) string {
	a.mu.Lock()
	t := a.target
	a.mu.Unlock()
	if t == nil || t.Mask == nil {
		return text
	}
	return t.Mask(text)
}
