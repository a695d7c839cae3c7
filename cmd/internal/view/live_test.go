package view

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/ingot-build/ingot/engine/events"
)

// terminal understands what Live writes: text, newline, carriage return, cursor up and erase below. It keeps all rows that ever
// were, so a test sees what scrolled away too.
type terminal struct {
	width int
	rows  []string
	row   int
}

func (s *terminal) Write(p []byte) (int, error) {
	text := string(p)
	text = strings.NewReplacer(ansi.SetModeSynchronizedOutput, "", ansi.ResetModeSynchronizedOutput, "").Replace(text)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b[J"):
			s.rows, text = s.rows[:min(s.row, len(s.rows))], text[3:]
		case strings.HasPrefix(text, "\x1b["):
			number, rest, _ := strings.Cut(text[2:], "A")
			n, err := strconv.Atoi(cmp.Or(number, "1"))
			if err != nil {
				panic(fmt.Sprintf("unknown sequence in %q", text)) // Live drops errors of its screen
			}
			s.row, text = max(0, s.row-n), rest
		case text[0] == '\r':
			text = text[1:]
		default:
			line, rest, ok := strings.Cut(text, "\n")
			if !ok {
				panic(fmt.Sprintf("%q does not end its line", line))
			}
			s.put(strings.TrimSuffix(line, "\r"))
			text = rest
		}
	}
	return len(p), nil
}

// put writes one line at the cursor, wrapped at the width, and moves below it.
func (s *terminal) put(line string) {
	for first := true; first || line != ""; first = false {
		part := ansi.Truncate(line, s.width, "")
		line = line[len(part):]
		s.rows = append(s.rows[:s.row], part)
		s.row++
	}
}

// resize wraps what is on the screen anew, as terminals do.
func (s *terminal) resize(width int) {
	rows := s.rows
	s.rows, s.row, s.width = nil, 0, width
	for _, r := range rows {
		s.put(r)
	}
}

func (s *terminal) text() string { return strings.Join(s.rows, "\n") + "\n" }

// newStillLive is a Live without its ticker, so that a test decides when it paints.
func newStillLive(s *terminal, clock *time.Time) *Live {
	l := &Live{
		screen: Screen{Writer: s, Size: func() (int, int) { return s.width, 30 }}, out: s,
		now: func() time.Time { return *clock }, printed: map[*step]bool{},
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	close(l.done)
	return l
}

// TestResizeLeavesNothingBehind: when the window becomes narrower, the old frame wraps; the next repaint must cover all of it.
func TestResizeLeavesNothingBehind(t *testing.T) {
	for _, width := range []int{100, 50, 20, 7} {
		screen := &terminal{width: 100}
		clock := t0
		l := newStillLive(screen, &clock)
		all := webRun(false)
		for i, e := range all {
			if i == len(all)/2 {
				screen.resize(width)
			}
			clock = e.Time
			l.Event(e)
			l.Notice("cleaning up; press Ctrl-C again to stop at once")
		}
		if err := l.End(Ending{Run: "3f2a9c1e", Name: "linux-web", State: "Succeeded"}); err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{markPending + "   ", markRunning, "cleaning up"} {
			if strings.Contains(screen.text(), mark) {
				t.Errorf("width %d: %q is still on the screen\n%s", width, mark, screen.text())
			}
		}
		if n := strings.Count(screen.text(), markDone); n != 9 {
			t.Errorf("width %d: %d steps are shown as done, want 9\n%s", width, n, screen.text())
		}
	}
}

func TestInterruptedStepIsShownAsCancelled(t *testing.T) {
	screen := &terminal{width: 80}
	clock := t0
	l := newStillLive(screen, &clock)
	for _, e := range webRun(false)[:14] {
		clock = e.Time
		l.Event(e)
	}
	if err := l.End(Ending{Run: "3f2a9c1e", Name: "linux-web", State: "Canceled", ExitCode: 130}); err != nil {
		t.Fatal(err)
	}
	if got := screen.text(); !strings.Contains(got, markCancelled) || !strings.Contains(got, "cancelled after 0.0s, run 3f2a9c1e") {
		t.Errorf("got\n%s", got)
	}
}

// TestLiveFromManyGoroutines is for the race detector.
func TestLiveFromManyGoroutines(t *testing.T) {
	var screen strings.Builder
	l := NewLive(Screen{Writer: &screen, Size: func() (int, int) { return 80, 24 }}, &strings.Builder{}, Palette{}, time.Now)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			l.Notice("hello")
		}
	}()
	var s script
	s.state(0, "boot", events.Running, "boot", "")
	for i := range 200 {
		s.output(i, "boot", events.Stdout, "line")
	}
	for _, e := range s.list {
		l.Event(e)
	}
	<-done
	if err := l.End(Ending{Run: "x", State: "Succeeded"}); err != nil {
		t.Fatal(err)
	}
}
