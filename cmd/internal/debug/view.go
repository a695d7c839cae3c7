package debug

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/events"
)

// layout is how the rows and columns of the screen are shared out.
type layout struct {
	beside                bool // steps and output stand side by side
	stepsWidth, paneWidth int
	stepsHeight           int
	paneHeight            int // rows of output, below its title
	notices               int // rows above the status line
}

// narrow is what a screen needs for two columns.
const narrow = 72

func (m *Model) layout() layout {
	l := layout{notices: min(len(m.notices()), max(1, m.height/4))}
	room := max(2, m.height-3-l.notices) // title, status and keys take a row each
	if m.page != nil {
		l.paneWidth, l.paneHeight = m.width, room-1
		return l
	}
	if l.beside = m.width >= narrow; l.beside {
		l.stepsWidth = min(46, m.width*2/5)
		l.paneWidth = m.width - l.stepsWidth - 3
		l.stepsHeight, l.paneHeight = room, room-1
		return l
	}
	l.stepsWidth, l.paneWidth = m.width, m.width
	l.stepsHeight = min(len(m.status.Steps), max(1, room/3))
	l.paneHeight = max(1, room-l.stepsHeight-1)
	return l
}

// View implements tea.Model.
func (m *Model) View() tea.View {
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeNone // so that text can be marked and copied
	v.WindowTitle = "ingot debug " + view.Line(m.name)
	return v
}

// screen is all rows: as many as the screen has, none wider than it.
func (m *Model) screen() []string {
	if m.width < 20 || m.height < 6 {
		return []string{ansi.Truncate("the window is too small", max(0, m.width), "")}
	}
	l := m.layout()
	rows := []string{m.head()}
	steps, pane := m.stepRows(l), m.paneRows(l)
	if l.beside {
		for i := range l.stepsHeight {
			rows = append(rows, fit(at(steps, i), l.stepsWidth)+m.palette.Faint(" │ ")+ansi.Truncate(at(pane, i), l.paneWidth, ""))
		}
	} else {
		rows = append(append(rows, steps...), pane...)
	}
	for len(rows) < m.height-2-l.notices {
		rows = append(rows, "")
	}
	notices := m.notices()
	for i := range l.notices {
		text := notices[i]
		if i == l.notices-1 && len(notices) > l.notices {
			text += " …"
		}
		rows = append(rows, m.palette.Warn(text))
	}
	rows = append(rows, m.statusRow(), m.keysRow())
	for i, row := range rows {
		rows[i] = ansi.Truncate(row, m.width, "")
	}
	return rows[:m.height]
}

// notices are the rows above the status: what the last key came to, or why the template cannot be built.
func (m *Model) notices() []string {
	if len(m.notice) > 0 || m.status.LoadErr == nil {
		return m.notice
	}
	return append([]string{"the image template cannot be built as it is now:"}, m.words(m.status.LoadErr)...)
}

func at(rows []string, i int) string {
	if i < len(rows) {
		return rows[i]
	}
	return ""
}

// fit makes text as wide as a column.
func fit(text string, width int) string {
	text = ansi.Truncate(text, width, "…")
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

func (m *Model) head() string {
	text := m.palette.Bold("ingot debug") + " " + view.Line(m.name)
	if m.status.Run != "" {
		text += m.palette.Faint("  run " + m.status.Run)
	}
	if !m.status.BreakOnFailure {
		text += m.palette.Faint("  ends at failures")
	}
	if m.status.Touched {
		text += "  " + m.palette.Warn("changed by hand")
	}
	return text
}

// stepRows are the steps, scrolled so that the cursor is among them.
func (m *Model) stepRows(l layout) []string {
	from := max(0, min(m.cursor-l.stepsHeight/2, len(m.status.Steps)-l.stepsHeight))
	var rows []string
	for i := from; i < len(m.status.Steps) && len(rows) < l.stepsHeight; i++ {
		rows = append(rows, m.stepRow(i, l.stepsWidth))
	}
	return rows
}

// stepRow is one step: breakpoint, where the machine stands, phase, title; its time and where it came from at the right.
func (m *Model) stepRow(i, width int) string {
	p, step := m.palette, m.status.Steps[i]
	mark, right := m.phase(step)
	where := " "
	if m.stands() && step.Index == m.status.At {
		where = p.Warn("→")
	}
	point := " "
	if step.Break {
		point = p.Bad("●")
	}
	title := view.Line(step.Title)
	switch {
	case i == m.cursor && !p.Color:
		title = "[" + title + "]"
	case i == m.cursor:
		title = ansi.NewStyle().Reverse(true).Styled(title)
	case step.Index < 0 || step.Hidden:
		title = p.Faint(title)
	}
	if step.Changed {
		right = p.Warn("edited")
	}
	const before = 4 // columns of the marks
	room := width - before - ansi.StringWidth(right) - 1
	return point + where + mark + " " + fit(title, max(1, room)) + " " + right
}

func (m *Model) stands() bool {
	return m.status.State == workbench.Standing || m.status.State == workbench.Failed
}

// phase gives the mark of a step, and what is said at its right.
func (m *Model) phase(step workbench.Step) (mark, right string) {
	p := m.palette
	switch step.Phase {
	case events.Running:
		return p.Busy("▸"), clock(m.now().Sub(step.Started))
	case events.Done:
		if step.Reused {
			return p.Good("✓"), p.Faint("layer")
		}
		return p.Good("✓"), clock(step.Elapsed)
	case events.Failed:
		return p.Bad("✗"), clock(step.Elapsed)
	case events.Cancelled:
		return p.Warn("■"), clock(step.Elapsed)
	default:
		return p.Faint("·"), ""
	}
}

// clock is short: 4.2s, 3:07, 1:02:03.
func clock(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
}

// paneRows are what is read: a page, or the output of the step at the cursor.
func (m *Model) paneRows(l layout) []string {
	if m.page != nil {
		end := min(len(m.page.lines), m.page.top+l.paneHeight)
		rows := []string{m.paneHead(l, view.Line(m.page.title), m.page.top, end, len(m.page.lines), "  Esc closes")}
		for _, line := range m.page.lines[m.page.top:end] {
			rows = append(rows, ansi.Cut(line, m.side, m.side+l.paneWidth))
		}
		return rows
	}
	step := m.selected()
	if step == nil {
		return nil
	}
	title := view.Line(step.Title)
	if step.Detail != "" {
		title += "  " + m.palette.Faint(view.Line(step.Detail))
	}
	rows := []string{m.paneHead(l, title, m.top-m.first, m.top-m.first+len(m.lines), m.end-m.first, "")}
	for _, line := range m.lines {
		text := view.Line(line.Text)
		switch line.Stream {
		case events.Say:
			text = m.palette.Faint("> " + text)
		case events.Stderr:
			text = m.palette.Warn("! ") + text
		case events.Console:
			text = m.palette.Faint(text)
		}
		rows = append(rows, ansi.Cut(text, m.side, m.side+l.paneWidth))
	}
	return rows
}

// paneHead is the row above what is read. Where not all is on the screen, it says what is.
func (m *Model) paneHead(l layout, title string, from, to, of int, more string) string {
	if to-from < of {
		more = fmt.Sprintf("  %d-%d of %d", from+1, to, of) + more
	}
	return ansi.Truncate(m.palette.Bold(title), max(0, l.paneWidth-len(more)), "…") + m.palette.Faint(more)
}
