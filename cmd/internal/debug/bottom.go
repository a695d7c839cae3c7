package debug

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
)

// statusRow says what is awaited, and by whom; or it is a question.
func (m *Model) statusRow() string {
	if m.ask != nil {
		text := m.ask.text()
		if room := m.width - 2; ansi.StringWidth(text) > room { // the end is what is typed
			text = "…" + ansi.TruncateLeft(text, ansi.StringWidth(text)-room+1, "")
		}
		if m.ask.keys == nil {
			text += "█"
		}
		return m.palette.Bold(text)
	}
	text := m.doing()
	switch {
	case m.busy != "":
		text = m.busy + " … " + text
	case m.status.Pausing:
		text += ", and pauses after it"
	}
	if step := m.status.Step(m.status.Edited); step != nil {
		text += m.palette.Warn("  edited: r goes on from " + step.ID)
	} else if m.status.Edited >= 0 {
		text += m.palette.Warn("  edited: r goes on with it")
	}
	return text
}

// reasons are why a machine stands, for people.
var reasons = map[workbench.Reason]string{
	workbench.AtEntry:      "the first step that is run",
	workbench.AtBreakpoint: "breakpoint",
	workbench.AtGoal:       "as asked",
	workbench.AfterStep:    "one step was run",
	workbench.AtPause:      "paused",
	workbench.NotTaken:     "the edited template was turned down",
}

// doing says what the session does.
func (m *Model) doing() string {
	p, st := m.palette, m.status
	title := ""
	if step := st.Step(st.At); step != nil {
		title = step.ID // short, so that what happened to it is on the screen too
	}
	switch st.State {
	case workbench.Starting:
		return p.Busy("making a machine ready")
	case workbench.Running:
		return p.Busy(title + " runs")
	case workbench.Standing:
		if st.Reason == workbench.AllDone {
			return p.Good("all customizers are done") + ": e makes the image"
		}
		return p.Bold("stands before "+title) + p.Faint(" ("+reasons[st.Reason]+")")
	case workbench.Failed:
		how := "failed"
		if f := st.Failure; f != nil && f.ExitCode >= 0 {
			how = fmt.Sprintf("exited with %d", f.ExitCode)
		}
		if st.Edited >= 0 {
			return p.Bad(title + " " + how)
		}
		return p.Bad(title+" "+how) + ": edit it and r, or a, x, w, !"
	case workbench.Finishing:
		return p.Busy("making the image")
	case workbench.Over:
		return m.ended()
	default:
		return "the session is over"
	}
}

// ended says what came of a run.
func (m *Model) ended() string {
	if err := m.status.Err; err != nil {
		lines := m.words(err)
		return m.palette.Bad("the run failed: ") + strings.Join(lines[:min(1, len(lines))], "") + "; r begins another"
	}
	var made []string
	for _, out := range m.status.Result.Outputs {
		made = append(made, view.Line(out.Name))
	}
	if len(made) == 0 {
		return "the run is over, without an image; r begins another"
	}
	return m.palette.Good("the image is made: ") + strings.Join(made, ", ")
}

// keysRow names the keys that make sense now, the most likely first.
func (m *Model) keysRow() string {
	var keys string
	switch st := m.status; {
	case m.ask != nil && m.ask.keys == nil:
		keys = "Enter takes it, Esc does not"
	case m.ask != nil:
		keys = "Esc stays"
	case st.State == workbench.Failed:
		keys = "r run  a again  x skip  w rewind  ! shell  d diff  u/g files  b break  q leave  ? help"
	case st.State == workbench.Standing && st.Reason == workbench.AllDone:
		keys = "e image  r run  w rewind  ! shell  d diff  u/g files  b break  q leave  ? help"
	case st.State == workbench.Standing:
		keys = "r run  s step  h to here  w rewind  b break  ! shell  d diff  u/g files  e image  q leave  ? help"
	case st.State == workbench.Over:
		keys = "r run again  w rewind  e image  b break  d diff  q leave  ? help"
	default:
		keys = "p pause  w rewind  b break  f failures  ↑↓ steps  q leave  ? help"
	}
	return m.palette.Faint(keys)
}
