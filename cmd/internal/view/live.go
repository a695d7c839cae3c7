package view

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/ingot-build/ingot/engine/events"
)

// repaintEvery is how often the clock of a running step moves on the screen.
const repaintEvery = 200 * time.Millisecond

// Screen is a terminal that Live paints on.
type Screen struct {
	io.Writer
	Size func() (width, height int) // asked before every repaint, so that a resize needs no signal
	Palette
}

// Live shows a run on a terminal: finished steps scroll up as ordinary lines, and below them a few lines are repainted in place.
//
// It paints by itself instead of with Bubble Tea. That library asks the terminal for its modes at the start; with nobody reading
// input, the answer would land in the user's shell. And it hides the cursor, which a second Ctrl-C would leave hidden. Live
// changes no state of the terminal and reads nothing, so there is nothing to restore, however the process ends.
type Live struct {
	screen Screen
	out    io.Writer // the summary goes here: the result, which may be redirected
	outPal Palette
	now    func() time.Time

	mu      sync.Mutex
	board   board
	printed map[*step]bool // finished steps that are on the screen for good
	marks   int            // how many are on the screen
	notice  string
	painted []int // widths of the lines that are painted now, top to bottom

	stop chan struct{}
	done chan struct{}
}

// NewLive starts a live view on screen; End stops it.
func NewLive(screen Screen, out io.Writer, outPalette Palette, now func() time.Time) *Live {
	l := &Live{
		screen: screen, out: out, outPal: outPalette, now: now,
		printed: map[*step]bool{}, stop: make(chan struct{}), done: make(chan struct{}),
	}
	go l.loop()
	return l
}

func (l *Live) loop() {
	defer close(l.done)
	clock := time.NewTicker(repaintEvery)
	defer clock.Stop()
	for {
		select {
		case <-clock.C:
			l.mu.Lock()
			l.paint()
			l.mu.Unlock()
		case <-l.stop:
			return
		}
	}
}

// Event implements Run. A change of state is painted at once; output waits for the next tick, so that a guest that prints a
// thousand lines a second costs no more than one that prints one.
func (l *Live) Event(e events.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.board.apply(e)
	if e.State != nil && e.State.Phase != events.Pending {
		l.paint()
	}
}

// Notice implements Run.
func (l *Live) Notice(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notice = text
	l.paint()
}

// End implements Run: the frame goes, the steps that never ran with it, and the result is printed.
func (l *Live) End(e Ending) error {
	close(l.stop)
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notice = ""
	for _, s := range l.board.steps {
		if s.phase == events.Running { // its end was never told: the run was stopped under it
			s.phase, s.elapsed = events.Cancelled, l.now().Sub(s.started)
		}
	}
	l.board.steps = keepOver(l.board.steps)
	l.paint()
	return conclude(l.out, l.screen, l.outPal, l.screen.Palette, &l.board, e)
}

func keepOver(steps []*step) []*step {
	var over []*step
	for _, s := range steps {
		if s.over() {
			over = append(over, s)
		}
	}
	return over
}

// paint replaces the painted lines by finished steps and a new frame, in one write. A screen that is gone is no reason to stop
// a build, so errors are dropped; the summary meets them again.
func (l *Live) paint() {
	width, height := l.screen.Size()
	var lasting []string
	for _, m := range l.board.told[l.marks:] {
		for _, line := range markLines(l.screen.Palette, m.step, m.Mark) {
			lasting = append(lasting, "    "+line)
		}
	}
	l.marks = len(l.board.told)
	for _, s := range l.board.steps {
		if s.over() && !l.printed[s] {
			l.printed[s] = true
			lasting = append(lasting, finished(l.screen.Palette, s)...)
		}
	}
	if l.notice != "" {
		height--
	}
	frame := l.board.frame(l.screen.Palette, l.now(), width, height)
	if l.notice != "" {
		frame = append(frame, ansi.Truncate(l.screen.Warn(Line(l.notice)), max(1, width-1), "…"))
	}
	_, _ = l.screen.Write(repaint(l.painted, lasting, frame, width))
	l.painted = l.painted[:0]
	for _, line := range frame {
		l.painted = append(l.painted, ansi.StringWidth(line))
	}
}

// repaint gives the bytes that turn a screen with lines of the given widths above the cursor into one with lasting and frame.
// A window that became narrower has wrapped the old lines: each takes as many rows as its width needs now.
func repaint(painted []int, lasting, frame []string, width int) []byte {
	rows := 0
	for _, w := range painted {
		rows += max(1, (w+width-1)/max(1, width))
	}
	var b bytes.Buffer
	b.WriteString(ansi.SetModeSynchronizedOutput) // terminals that know it show the whole repaint at once; others ignore it
	b.WriteByte('\r')                             // a typed ^C is echoed where the cursor rests
	if rows > 0 {
		b.WriteString(ansi.CursorUp(rows))
	}
	b.WriteString(ansi.EraseScreenBelow)
	for _, line := range lasting {
		b.WriteString(line + "\r\n")
	}
	for _, line := range frame {
		b.WriteString(line + "\r\n")
	}
	b.WriteString(ansi.ResetModeSynchronizedOutput)
	return b.Bytes()
}
