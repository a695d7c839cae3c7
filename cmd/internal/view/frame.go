package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/events"
)

// The marks of the phases, each one column wide.
const (
	markPending   = "·"
	markRunning   = "▸"
	markDone      = "✓"
	markFailed    = "✗"
	markCancelled = "■"
	markReused    = "↺"
)

// stepLine is the one line of a step: mark, time, title, detail. The time has a column of its own in front, so that nothing
// moves when a title is long or the window is narrow.
func stepLine(p Palette, s *step, now time.Time) string {
	title := Line(s.title)
	if s.detail != "" {
		title += "  " + p.Faint(Line(s.detail))
	}
	if note := markNote(s.marks); note != "" && !s.reused {
		title += "  " + p.Warn(Line(note))
	}
	switch s.phase {
	case events.Running:
		return fmt.Sprintf(" %s %8s  %s", p.Busy(markRunning), clock(now.Sub(s.started)), title)
	case events.Done:
		if s.reused {
			return fmt.Sprintf(" %s %8s  %s", p.Good(markReused), "reused", title)
		}
		return fmt.Sprintf(" %s %8s  %s", p.Good(markDone), clock(s.elapsed), title)
	case events.Failed:
		return fmt.Sprintf(" %s %8s  %s", p.Bad(markFailed), clock(s.elapsed), title)
	case events.Cancelled:
		return fmt.Sprintf(" %s %8s  %s", p.Warn(markCancelled), clock(s.elapsed), title)
	default:
		return p.Faint(fmt.Sprintf(" %s %8s  %s", markPending, "", Line(s.title)))
	}
}

// guestLine is one line of output below its step.
func guestLine(p Palette, o events.Output) string {
	bar := "│ "
	if o.Stream == events.Say { // Ingot and Packer speaking, not the guest
		bar = "│ > "
	}
	return strings.Repeat(" ", 13) + p.Faint(bar+Line(o.Text))
}

// meterLine shows a progress: a bar where the total is known, else the amount alone.
func meterLine(p Palette, m meter, width int) string {
	indent := strings.Repeat(" ", 13)
	what := p.Faint(Line(m.What))
	if m.Total <= 0 {
		return indent + quantity(m.Done, m.Unit) + "  " + what
	}
	done := min(max(0, m.Done), m.Total)
	share := float64(done) / float64(m.Total)
	cells := min(24, max(4, width-60))
	filled := int(share * float64(cells))
	bar := p.Busy(strings.Repeat("█", filled)) + p.Faint(strings.Repeat("░", cells-filled))
	amount := fmt.Sprintf("%s of %s", humanize.Comma(done), quantity(m.Total, m.Unit))
	if m.Unit == "bytes" {
		amount = fmt.Sprintf("%s of %s", quantity(done, m.Unit), quantity(m.Total, m.Unit))
		if rate := m.rate(); rate > 0 {
			amount += fmt.Sprintf(", %s/s", quantity(int64(rate), m.Unit))
		}
	}
	if m.Unit == "percent" {
		return fmt.Sprintf("%s%s %3.0f%%  %s", indent, bar, share*100, what)
	}
	return fmt.Sprintf("%s%s %3.0f%%  %s  %s", indent, bar, share*100, amount, what)
}

// quantity gives "512 MiB", or "4 checks".
func quantity(n int64, unit string) string {
	if unit == "bytes" {
		return humanize.IBytes(uint64(max(0, n)))
	}
	return strings.TrimRight(humanize.Comma(n)+" "+unit, " ")
}

// rate is in units a second since the meter was first seen; 0 in its first half second, when it would only jump about.
func (m meter) rate() float64 {
	seconds := m.at.Sub(m.since).Seconds()
	if seconds < 0.5 {
		return 0
	}
	return float64(m.Done-m.from) / seconds
}

// frame gives the lines that the live view repaints: what runs, with its progress and its last guest lines, and what is still to
// come. Finished steps are not in it; they are printed once. No line is wider than width-1, since some terminals wrap on the
// last column, and there are at most height-1 lines, since a terminal cannot repaint what has scrolled away.
func (b *board) frame(p Palette, now time.Time, width, height int) []string {
	room := max(1, height-1)
	running, pending := b.byPhase(events.Running), b.byPhase(events.Pending)

	// Guest lines give way first, then the steps to come, then meters.
	tail := room
	for _, s := range running {
		tail -= 1 + len(s.busy())
	}
	tail = min(tailLines, max(0, tail/max(1, len(running))))

	var lines []string
	for _, s := range running {
		lines = append(lines, stepLine(p, s, now))
		for _, m := range s.busy() {
			lines = append(lines, meterLine(p, m, width))
		}
		for _, o := range s.lines[max(0, len(s.lines)-tail):] {
			lines = append(lines, guestLine(p, o))
		}
	}
	lines = lines[:min(room, len(lines))]
	lines = append(lines, comingLines(p, pending, room-len(lines))...)
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, max(1, width-1), "…")
	}
	return lines
}

// comingLines lists pending steps in at most room lines; the last one counts those that found no room.
func comingLines(p Palette, pending []*step, room int) []string {
	var lines []string
	for i, s := range pending {
		if left := len(pending) - i; len(lines) == room-1 && left > 1 {
			return append(lines, p.Faint(fmt.Sprintf("%13s… %d more steps", "", left)))
		}
		if len(lines) >= room {
			break
		}
		lines = append(lines, stepLine(p, s, time.Time{}))
	}
	return lines
}

func (b *board) byPhase(phase events.Phase) []*step {
	var list []*step
	for _, s := range b.steps {
		if s.phase == phase {
			list = append(list, s)
		}
	}
	return list
}

// finished gives the lines that stay on the screen for a step that is over: its own, and what it printed last if it failed.
func finished(p Palette, s *step) []string {
	lines := []string{stepLine(p, s, s.started)}
	if s.phase == events.Failed {
		for _, o := range s.lines {
			lines = append(lines, guestLine(p, o))
		}
	}
	return lines
}

// clock gives a duration as a person reads it: 4.2s, 1m 05s, 2h 03m.
func clock(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute-50*time.Millisecond: // above that, tenths would round up to "60.0s"
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm %02ds", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%dh %02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
}
