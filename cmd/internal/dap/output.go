package dap

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
)

// say shows a text in the debug console. A line end is added where there is none.
func (a *adapter) say(category, text string) { a.output(category, text, "", diag.Range{}) }

func (a *adapter) output(category, text, group string, at diag.Range) {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	e := &dap.OutputEvent{Event: dap.Event{Event: "output"}, Body: dap.OutputEventBody{
		Category: category, Output: a.mask(bounded(text)), Group: group,
	}}
	if at.Start.Line > 0 {
		e.Body.Source = source(at.File)
		e.Body.Line, e.Body.Column = a.client.lineOut(at.Start.Line), a.client.columnOut(at.Start.Column)
	}
	a.send(e)
}

// event tells what happens in the run.
func (a *adapter) event(e events.Event) {
	switch {
	case e.Output != nil:
		a.output(category(e.Output.Stream), e.Output.Text, "", a.placeOf(e.Step))
	case e.State != nil && e.Step != "":
		a.stepState(e.Step, *e.State)
	case e.Progress != nil:
		a.progress(e.Step, *e.Progress)
	case e.Problem != nil:
		a.output("important", "error: "+e.Problem.What+"\n"+indent(parts(*e.Problem)), "", diag.Range{})
	case e.Mark != nil:
		a.output("important", "warning: "+e.Step+": "+e.Mark.String(), "", a.placeOf(e.Step))
	case e.RunOutput != nil:
		a.say("console", fmt.Sprintf("%s %q: %s", e.RunOutput.Type, e.RunOutput.Name, e.RunOutput.Path))
	}
}

func indent(text string) string {
	if text == "" {
		return ""
	}
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}

// category is how the debug console shows a line: what the guest's commands print is the debuggee's, the rest is the adapter's.
func category(s events.Stream) string {
	switch s {
	case events.Stdout:
		return "stdout"
	case events.Stderr:
		return "stderr"
	default:
		return "console"
	}
}

// placeOf is where a step was written; the zero Range for one that nobody wrote.
func (a *adapter) placeOf(id string) diag.Range {
	a.mu.Lock()
	t := a.target
	a.mu.Unlock()
	if t == nil {
		return diag.Range{}
	}
	for _, s := range t.Plan().Steps {
		if s.ID == id && !s.Hidden {
			return s.Origin.Range
		}
	}
	return diag.Range{}
}

// stepState shows that a step began or ended; its output stands in a group between. What takes long and is none of the customizers has a
// bar as well: booting, restoring, writing the disk.
func (a *adapter) stepState(id string, s events.State) {
	title := s.Title
	if title == "" {
		title = id
	}
	if s.Detail != "" {
		title += " (" + s.Detail + ")"
	}
	at := a.placeOf(id)
	switch {
	case s.Phase == events.Pending:
	case s.Phase == events.Running:
		a.output("console", title, "start", at)
		if s.Provisioner == "" {
			a.bar(id, s.Title)
		}
	case s.Reused:
		a.output("console", title+": reused", "", at)
	default:
		a.endBar(id, string(s.Phase))
		a.output("console", fmt.Sprintf("%s: %s after %s", title, s.Phase, s.Elapsed.Round(10*time.Millisecond)), "end", at)
	}
}

// bar begins to show progress.
func (a *adapter) bar(id, title string) {
	a.mu.Lock()
	show := a.client.progress && !a.bars[id]
	a.bars[id] = a.bars[id] || show
	a.mu.Unlock()
	if show {
		a.send(&dap.ProgressStartEvent{Event: dap.Event{Event: "progressStart"}, Body: dap.ProgressStartEventBody{ProgressId: id, Title: title}})
	}
}

// progress moves a bar.
func (a *adapter) progress(id string, p events.Progress) {
	a.mu.Lock()
	shown := a.bars[id]
	a.mu.Unlock()
	if !shown {
		return
	}
	e := &dap.ProgressUpdateEvent{Event: dap.Event{Event: "progressUpdate"}}
	e.Body = dap.ProgressUpdateEventBody{ProgressId: id, Message: p.What}
	if p.Total > 0 {
		e.Body.Percentage = int(min(100, max(0, p.Done)*100/p.Total))
	}
	a.send(e)
}

func (a *adapter) endBar(id, message string) {
	a.mu.Lock()
	shown := a.bars[id]
	delete(a.bars, id)
	a.mu.Unlock()
	if shown {
		a.send(&dap.ProgressEndEvent{Event: dap.Event{Event: "progressEnd"}, Body: dap.ProgressEndEventBody{ProgressId: id, Message: message}})
	}
}

// findings shows what is wrong with an image template, each at its place.
func (a *adapter) findings(list diag.List) {
	for _, d := range list {
		text := d.String()
		for _, part := range []struct{ name, text string }{{"why", d.Why}, {"fix", d.Fix}} {
			if part.text != "" {
				text += "\n  " + part.name + ":  " + part.text
			}
		}
		category := "console"
		if d.Severity == diag.Error {
			category = "important"
		}
		a.output(category, text, "", d.Subject)
	}
}
