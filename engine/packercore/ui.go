package packercore

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// The messages that a builder of Ingot's sends through Machine, each with its arguments.
const (
	machineState    = "ingot-state"    // step, phase, detail
	machineProgress = "ingot-progress" // step, what, done, total, unit
	machineConsole  = "ingot-console"  // line
)

// bootStep is the step that console lines belong to before the builder named one: a guest speaks first when it boots.
const bootStep = "boot"

// ui is the Packer Ui of one step, or of the builder: it turns what a component says into events. It is safe for concurrent use.
type ui struct {
	out func(events.Event)
	now func() time.Time
	// mask is only asked where a line can be cut: what it hides is hidden after out.
	mask *events.Mask
	ask  func(question string) (string, error) // nil: there is nobody to ask

	mu    sync.Mutex
	step  string               // of a provisioner: its own; of the builder: the one it said it is in
	since map[string]time.Time // when each of the builder's steps began

	quota quota // of the step; of the builder: of the step it is in

	// guestLines counts lines of the guest's standard output that the SDK has read and not yet said; see guest.
	guestLines atomic.Int64
}

func newUI(out func(events.Event), step string, opts *Options) *ui {
	return &ui{out: out, step: step, now: opts.Now, mask: opts.Mask, since: map[string]time.Time{}}
}

// Say implements packersdk.Ui. The SDK passes on the guest's standard output with it as well, so those lines are told apart by
// their number.
func (u *ui) Say(text string) {
	if u.takeGuestLine() {
		u.output(events.Stdout, text)
		return
	}
	if text != cleanupNotice {
		u.output(events.Say, text)
	}
}

// cleanupNotice is what the SDK's StepProvision says after every failure, whether there is such a provisioner or not. Where there
// is one, it is a step that says so itself.
const cleanupNotice = "Provisioning step had errors: Running the cleanup provisioner, if present..."

// Message implements packersdk.Ui: what older components use for the guest's standard output.
func (u *ui) Message(text string) { u.output(events.Stdout, text) }

// Error implements packersdk.Ui.
func (u *ui) Error(text string) { u.output(events.Stderr, text) }

// Sayf implements packersdk.Ui.
func (u *ui) Sayf(format string, args ...any) { u.Say(fmt.Sprintf(format, args...)) }

// Errorf implements packersdk.Ui.
func (u *ui) Errorf(format string, args ...any) { u.Error(fmt.Sprintf(format, args...)) }

// Ask implements packersdk.Ui. Where nobody can be asked, components take the error for the safe answer.
func (u *ui) Ask(query string) (string, error) {
	if u.ask == nil {
		return "", errors.New("a build asks nobody anything: " + strconv.Quote(query))
	}
	return u.ask(query)
}

// Askf implements packersdk.Ui.
func (u *ui) Askf(format string, args ...any) (string, error) {
	return u.Ask(fmt.Sprintf(format, args...))
}

// Machine implements packersdk.Ui. Messages of other kinds are Packer's own; they say nothing that Say does not.
func (u *ui) Machine(kind string, args ...string) {
	switch {
	case kind == machineState && len(args) == 3:
		u.state(args[0], events.Phase(args[1]), args[2])
	case kind == machineProgress && len(args) == 5:
		done, err1 := strconv.ParseInt(args[2], 10, 64)
		total, err2 := strconv.ParseInt(args[3], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			u.misuse(kind, args)
			return
		}
		u.out(events.Event{Step: args[0], Progress: &events.Progress{
			What: args[1], Done: done, Total: total, Unit: args[4],
		}})
	case kind == machineConsole && len(args) == 1:
		step := u.current()
		if step == "" {
			step = bootStep
		}
		u.lines(step, events.Console, args[0])
	case kind == machineState || kind == machineProgress || kind == machineConsole:
		u.misuse(kind, args)
	}
}

// state tells a phase of one of the builder's steps, and makes it the step that what follows belongs to while it runs.
func (u *ui) state(step string, phase events.Phase, detail string) {
	switch phase {
	case events.Running, events.Done, events.Failed, events.Cancelled:
	default:
		u.misuse(machineState, []string{step, string(phase), detail})
		return
	}
	state := events.State{Phase: phase, Detail: detail}
	u.finish()
	u.mu.Lock()
	if phase == events.Running {
		u.step, u.since[step] = step, u.now()
	} else if began, ok := u.since[step]; ok {
		state.Elapsed = u.now().Sub(began)
	}
	u.mu.Unlock()
	u.out(events.Event{Step: step, State: &state})
	u.mu.Lock()
	if phase != events.Running && u.step == step {
		u.step = ""
	}
	u.mu.Unlock()
}

// misuse shows a message that does not follow the agreed form: it is a fault of the builder, and must not vanish.
func (u *ui) misuse(kind string, args []string) {
	u.output(events.Say, fmt.Sprintf("%s with arguments that have no meaning: %q", kind, args))
}

func (u *ui) current() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.step
}

func (u *ui) output(stream events.Stream, text string) { u.lines(u.current(), stream, text) }

// lines emits one Output for each line of text, and several for a line that is too long; one newline at the end makes no line of
// its own.
func (u *ui) lines(step string, stream events.Stream, text string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		for len(line) > lineLimit {
			n := linePiece(u.mask, line)
			u.line(step, stream, line[:n])
			line = line[n:]
		}
		u.line(step, stream, line)
	}
}

func (u *ui) line(step string, stream events.Stream, text string) {
	if u.quota.take(text) {
		u.out(events.Event{Step: step, Output: &events.Output{Stream: stream, Text: text}})
	} else {
		u.skip(printed{step, stream, text + "\n"})
	}
}

// skip leaves a piece out of the log, unless it turns out to be of the end of the step's output.
func (u *ui) skip(p printed) {
	first, progress := u.quota.skip(p)
	if first {
		u.out(events.Event{Step: p.step, Output: &events.Output{Stream: events.Say, Text: fullNotice()}})
	}
	if progress > 0 {
		u.out(events.Event{Step: p.step, Progress: &events.Progress{What: leftOutWhat, Done: progress, Unit: "bytes"}})
	}
}

// finish is called where a step ends: it emits the end of an output of which the middle is left out.
func (u *ui) finish() {
	tail, before, told := u.quota.drain()
	if len(tail) == 0 {
		return
	}
	step := tail[0].step
	if told > 0 {
		u.out(events.Event{Step: step, Progress: &events.Progress{What: leftOutWhat, Done: told, Total: told, Unit: "bytes"}})
	}
	if before > 0 {
		u.out(events.Event{Step: step, Output: &events.Output{Stream: events.Say, Text: gapNotice(before)}})
	}
	for _, p := range tail {
		u.lines(p.step, p.stream, p.text)
	}
	u.quota.drain()
}

func (u *ui) takeGuestLine() bool {
	for {
		n := u.guestLines.Load()
		if n == 0 {
			return false
		}
		if u.guestLines.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// TrackProgress implements packersdk.Ui. A copy of known size gives at most about a hundred events, and one at its end.
func (u *ui) TrackProgress(src string, current, total int64, stream io.ReadCloser) io.ReadCloser {
	return &tracked{ReadCloser: stream, ui: u, what: "copy " + src, done: current, total: total, told: current}
}

// progressGrain is the least number of bytes between two Progress events, so that a small file gives only the last one.
const progressGrain = 1 << 20

// tracked counts what is read from a stream.
type tracked struct {
	io.ReadCloser
	ui          *ui
	what        string
	done, total int64
	told        int64 // done, at the last event
}

// Read implements io.Reader.
func (t *tracked) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.done += int64(n)
	// A copy that knows the size may stop before it sees io.EOF.
	atEnd := (err == io.EOF || t.done == t.total) && t.told < t.done
	if atEnd || t.done-t.told >= max(progressGrain, t.total/100) {
		t.told = t.done
		t.ui.out(events.Event{Step: t.ui.current(), Progress: &events.Progress{
			What: t.what, Done: t.done, Total: t.total, Unit: "bytes",
		}})
	}
	return n, err
}
