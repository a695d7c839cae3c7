package events

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// packerTime is the time at the head of a line in Packer's own log.
const packerTime = "2006/01/02 15:04:05"

// CustomizationLog writes a run as the service writes customization.log, so that people and programs who know that log find
// their way: the lines of Packer's log, each after "[<run>] PACKER ", with the builder's name where the service has azure-arm.
// The guest's standard output is indented by four spaces, its standard error and what Packer says follow "==>". Ingot's own
// stages, the guest's console and the outputs, which the service keeps elsewhere, are lines of the same shape.
//
// Each line is one call of w.Write. After the first error nothing more is written: a log that ends early is plain to see.
func CustomizationLog(w io.Writer, runID, builder string) Sink {
	l := &packerLog{w: w, prefix: "[" + runID + "] PACKER ", builder: builder}
	return l.take
}

type packerLog struct {
	w         io.Writer
	prefix    string
	builder   string
	cancelled bool // the line about it was written
	err       error
}

func (l *packerLog) take(e Event) {
	switch {
	case e.Output != nil:
		l.output(e.Time, e.Output)
	case e.State != nil && e.Step == "":
		l.run(e.Time, e.State)
	case e.State != nil:
		l.step(e.Time, e.State)
	case e.Problem != nil:
		l.problem(e.Time, e.Problem)
	case e.Progress != nil:
		l.progress(e.Time, e.Progress)
	case e.Mark != nil:
		l.say(e.Time, fmt.Sprintf("warning: %s: %s", join(e.Mark.At, e.Step), e.Mark))
	case e.RunOutput != nil:
		o := e.RunOutput
		l.line(e.Time, "ui: --> %s: %s %q: %s%s at %s", l.builder, o.Type, o.Name, o.ArtifactID, o.ArtifactURI, o.Path)
	}
}

func (l *packerLog) output(at time.Time, o *Output) {
	switch o.Stream {
	case Stdout:
		l.line(at, "ui:     %s: %s", l.builder, o.Text)
	case Console:
		l.line(at, "[DEBUG] serial console: %s", o.Text)
	default:
		l.say(at, o.Text)
	}
}

func (l *packerLog) say(at time.Time, text string) { l.line(at, "ui: ==> %s: %s", l.builder, text) }

// step marks where a provisioner begins and ends, with the words the service's readers search for; other stages are said.
func (l *packerLog) step(at time.Time, s *State) {
	title := s.Title
	if s.Detail != "" {
		title += " (" + s.Detail + ")"
	}
	if s.Phase == Cancelled {
		l.cancel(at)
	}
	switch {
	case s.Phase == Pending:
	case s.Reused:
		l.say(at, title+": reused, and not run")
	case s.Provisioner != "" && s.Phase == Running:
		l.line(at, "[INFO] (telemetry) Starting provisioner %s", s.Provisioner)
		l.say(at, title)
	case s.Provisioner != "":
		if s.Phase != Done {
			l.line(at, "ui error: ==> %s: %s %s after %s", l.builder, title, s.Phase, round(s.Elapsed))
		}
		l.line(at, "[INFO] (telemetry) ending %s", s.Provisioner)
	case s.Phase == Running:
		l.say(at, title)
	case s.Phase == Done:
		l.say(at, fmt.Sprintf("%s done after %s", title, round(s.Elapsed)))
	default:
		l.line(at, "ui error: ==> %s: %s %s after %s", l.builder, title, s.Phase, round(s.Elapsed))
	}
}

// run writes the last lines, in the order in which the service has them.
func (l *packerLog) run(at time.Time, s *State) {
	switch s.Phase {
	case Done:
		l.line(at, "ui: Build '%s' finished after %s.", l.builder, round(s.Elapsed))
	case Failed:
		l.line(at, "ui error: Build '%s' errored after %s.", l.builder, round(s.Elapsed))
	case Cancelled:
		l.cancel(at)
		l.line(at, "ui error: Build '%s' was cancelled after %s.", l.builder, round(s.Elapsed))
	default:
		return
	}
	l.line(at, "[INFO] (telemetry) Finalizing.")
	l.line(at, "Done exporting Packer logs to this file.") // the service's ends with "to Azure Storage."
}

func (l *packerLog) cancel(at time.Time) {
	if !l.cancelled {
		l.cancelled = true
		l.line(at, "ui: Cancelling build after receiving a request to stop")
	}
}

// problem is the first part on an error line and the others on lines that go on with it: those have no time.
func (l *packerLog) problem(at time.Time, p *Problem) {
	l.line(at, "ui error: ==> %s: %s", l.builder, p.What)
	for _, part := range []struct{ name, text string }{{"at", p.Where}, {"why", p.Why}, {"fix", p.Fix}} {
		if part.text != "" {
			l.write(fmt.Sprintf("==> %s: %s: %s", l.builder, part.name, part.text))
		}
	}
	for _, f := range p.Findings {
		l.write(fmt.Sprintf("==> %s: found: %s", l.builder, f.What))
		for _, part := range []struct{ name, text string }{{"why", f.Why}, {"log", strings.Join(f.Lines, "\n")}, {"fix", f.Fix}} {
			if part.text != "" {
				l.write(fmt.Sprintf("==> %s:   %s: %s", l.builder, part.name, part.text))
			}
		}
	}
}

// progress writes only the end of each piece of work: a bar makes no sense in a file.
func (l *packerLog) progress(at time.Time, p *Progress) {
	if p.Total == 0 || p.Done < p.Total {
		return
	}
	unit := " " + p.Unit
	if p.Unit == "bytes" {
		unit = " B"
	}
	l.line(at, "ui:     %s: %s %d%s / %d%s 100.00%%", l.builder, p.What, p.Done, unit, p.Total, unit)
}

// join puts a place before a step, where there is one.
func join(at, step string) string {
	if at == "" {
		return step
	}
	return at + ": " + step
}

func (l *packerLog) line(at time.Time, format string, args ...any) {
	l.write(at.UTC().Format(packerTime) + " " + fmt.Sprintf(format, args...))
}

// write writes one line; a newline in the text begins a line of its own, which has the prefix as well.
func (l *packerLog) write(text string) {
	if l.err != nil {
		return
	}
	text = strings.ReplaceAll(strings.TrimRight(text, "\r\n "), "\n", "\n"+l.prefix)
	_, l.err = io.WriteString(l.w, l.prefix+printable(text)+"\n")
}

// printable shows the control characters of a guest's output by the pictures that Unicode has for them: the log is printed to terminals,
// and some of those characters are commands there.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case r < ' ':
			return '\u2400' + r
		case r == 0x7f:
			return '\u2421'
		case r > 0x7f && r < 0xa0:
			return unicode.ReplacementChar
		default:
			return r
		}
	}, text) // which also makes one U+FFFD of each byte that is no UTF-8
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
