// Package debug is the terminal workbench: the steps of an image template on one side, what they said on the other, and a key for each
// order of a workbench.Session. Model is pure but for what it asks its Bench; Run puts it on a terminal.
package debug

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/service"
)

// Bench is what is worked on: a *workbench.Session.
type Bench interface {
	Status() workbench.Status
	Output(id string, from, n int) (list []workbench.Line, first, end int)
	Continue(context.Context) error
	Step(context.Context) error
	RunTo(ctx context.Context, i int) error
	Rewind(ctx context.Context, i int) error
	Finish(ctx context.Context, anyway bool) error
	Again() error
	Skip() error
	Pause() error
	Leave(keep bool) error
	Breaks() []string
	SetBreaks(ids ...string)
	BreakOnFailure(bool)
	Touch()
	Diff(ctx context.Context, i int) (*diskdiff.Report, error)
}

// Guest is what a person does in a machine besides the steps.
type Guest interface {
	// Shell gives the terminal to a shell in the machine, until that ends.
	Shell(way service.Way) tea.ExecCommand
	Put(ctx context.Context, way service.Way, from, to string) (sshto.Copied, error)
	Get(ctx context.Context, way service.Way, from, to string) (sshto.Copied, error)
}

// Words puts an error into lines for people, each without control characters.
type Words func(error) []string

// Model is a screen.
type Model struct {
	ctx     context.Context
	bench   Bench
	guest   Guest
	words   Words
	palette view.Palette
	name    string // of the image template
	now     func() time.Time

	width, height int
	status        workbench.Status

	cursor int  // row of status.Steps
	along  bool // the cursor goes along with what is run

	lines  []workbench.Line // of the step at the cursor: those on the screen
	top    int              // number of the first of them
	first  int              // the oldest that is there
	end    int              // the one that comes next
	side   int              // columns that are scrolled away to the left
	follow bool             // the last lines are shown

	page    *page   // in the place of the output; nil: none
	ask     *asking // a question at the bottom; nil: none
	notice  []string
	busy    string // what is under way besides the run: "copying a file"
	warned  bool   // Ctrl-C was pressed once
	Outcome Outcome
}

// Outcome is how the screen was left.
type Outcome int

// The outcomes.
const (
	Left     Outcome = iota // by an order, or because the session ended
	Cancel                  // by Ctrl-C, twice
	Detached                // the terminal is gone
)

// page is text in the place of the output.
type page struct {
	title string
	lines []string // fit to print; may be coloured
	top   int
}

// NewModel makes a screen of no size yet.
func NewModel(ctx context.Context, b Bench, g Guest, words Words, p view.Palette, name string, now func() time.Time) *Model {
	return &Model{ctx: ctx, bench: b, guest: g, words: words, palette: p, name: name, now: now, along: true, follow: true}
}

// Messages of our own.
type (
	changedMsg struct{}            // the session has news
	tickMsg    struct{}            // time has passed
	doneMsg    struct{ err error } // an order was taken, or not
	pageMsg    struct {            // something to read is there
		page *page
		err  error
	}
	copiedMsg struct {
		what string
		n    sshto.Copied
		err  error
	}
)

// tick moves the clocks.
func tick() tea.Cmd {
	return tea.Tick(500*time.Millisecond, func(time.Time) tea.Msg { return tickMsg{} })
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	m.refresh()
	return tick()
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.refresh()
	case changedMsg:
		m.refresh()
		if m.status.State == workbench.Ended {
			return m, tea.Quit
		}
	case tickMsg:
		return m, tick()
	case doneMsg:
		m.busy = ""
		m.tell(msg.err)
		m.refresh()
	case pageMsg:
		m.busy = ""
		if m.tell(msg.err); msg.err == nil {
			m.page = msg.page
		}
	case copiedMsg:
		m.busy = ""
		if m.tell(msg.err); msg.err == nil {
			m.notice = copied(msg.what, msg.n)
		}
	case tea.PasteMsg:
		if m.ask != nil {
			m.ask.type_(msg.Content)
		}
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.MouseWheelMsg:
		switch msg.Button {
		case tea.MouseWheelUp:
			m.scroll(-3)
		case tea.MouseWheelDown:
			m.scroll(3)
		}
	}
	return m, nil
}

// tell shows an error until the next key; nil shows none.
func (m *Model) tell(err error) {
	m.notice = nil
	if err != nil {
		m.notice = m.words(err)
	}
}

// refresh takes over how things are.
func (m *Model) refresh() {
	var at string // the step at the cursor, whose row may be another one now
	if m.cursor < len(m.status.Steps) {
		at = m.status.Steps[m.cursor].ID
	}
	m.status = m.bench.Status()
	current := m.current()
	for i, step := range m.status.Steps {
		if m.along && i == current || !m.along && step.ID == at {
			m.cursor = i
		}
	}
	m.cursor = max(0, min(m.cursor, len(m.status.Steps)-1))
	m.read()
}

// current is the row of what is under way.
func (m *Model) current() int {
	row := 0
	for i, step := range m.status.Steps {
		switch {
		case step.Phase == "running", step.Phase == "failed":
			return i
		case step.Index >= 0 && step.Index == m.status.At:
			row = i
		case step.Phase == "done" && m.status.State != workbench.Standing && m.status.State != workbench.Failed:
			row = i
		}
	}
	return row
}

// read takes the lines that are on the screen.
func (m *Model) read() {
	if len(m.status.Steps) == 0 {
		return
	}
	id, room := m.status.Steps[m.cursor].ID, m.layout().paneHeight
	_, m.first, m.end = m.bench.Output(id, 0, 0)
	if m.follow {
		m.top = m.end - room
	}
	m.top = max(m.first, min(m.top, m.end-1))
	m.lines, _, _ = m.bench.Output(id, m.top, room)
}

// scroll moves what is read.
func (m *Model) scroll(by int) {
	room := m.layout().paneHeight
	if m.page != nil {
		m.page.top = max(0, min(m.page.top+by, len(m.page.lines)-room))
		return
	}
	m.top = max(m.first, min(m.top+by, m.end-room))
	m.follow = m.top >= m.end-room
	m.read()
}

// move moves the cursor.
func (m *Model) move(by int) {
	m.cursor = max(0, min(m.cursor+by, len(m.status.Steps)-1))
	m.along = m.cursor == m.current()
	m.follow, m.side, m.page = true, 0, nil
	m.read()
}
