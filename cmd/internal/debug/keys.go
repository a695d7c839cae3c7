package debug

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
)

// binding is a key with what it does. The table is the help page, too.
type binding struct {
	key  string // as Bubble Tea names it
	name string // as people write it; "": as key
	what string
	do   func(*Model) tea.Cmd
}

// bindings are in the order of the help page.
var bindings []binding

func init() { // not in the declaration: help reads the table
	bindings = []binding{
		{"r", "", "run on: to the next breakpoint, or from the first step that was edited", order(Bench.Continue)},
		{"s", "", "run one step", order(Bench.Step)},
		{"h", "", "run to here: the step at the cursor", here(Bench.RunTo)},
		{"p", "", "pause before the next step", plain(Bench.Pause)},
		{"w", "", "rewind to here: to a machine as it was before the step at the cursor", here(Bench.Rewind)},
		{"a", "", "run the step that failed again, on the machine as it is", plain(Bench.Again)},
		{"x", "", "go on without the step that failed", plain(Bench.Skip)},
		{"e", "", "make the image: run the rest, generalize, validate, distribute", (*Model).finish},
		{"b", "", "breakpoint at the cursor, or none any more", (*Model).toggleBreak},
		{"f", "", "stop at failures, or end the run", func(m *Model) tea.Cmd { m.bench.BreakOnFailure(!m.status.BreakOnFailure); return nil }},
		{"!", "", "shell in the machine", (*Model).shell},
		{"u", "", "upload a file or folder into the machine", (*Model).upload},
		{"g", "", "get a file or folder from the machine", (*Model).fetch},
		{"d", "", "what the step at the cursor changed on the disk", (*Model).diff},
		{"up", "↑ k", "the step above", func(m *Model) tea.Cmd { m.move(-1); return nil }},
		{"down", "↓ j", "the step below", func(m *Model) tea.Cmd { m.move(1); return nil }},
		{".", "", "the step that is under way, and along with it", (*Model).goAlong},
		{"pgup", "PgUp PgDn", "scroll; Home and End, ← and → too", func(m *Model) tea.Cmd { m.scroll(-m.layout().paneHeight); return nil }},
		{"q", "", "leave", (*Model).leave},
		{"?", "", "this page", (*Model).help},
	}
}

// silent are keys that the help page names with others.
var silent = map[string]func(*Model){
	"k":      func(m *Model) { m.move(-1) },
	"j":      func(m *Model) { m.move(1) },
	"pgdown": func(m *Model) { m.scroll(m.layout().paneHeight) },
	"space":  func(m *Model) { m.scroll(m.layout().paneHeight) },
	"home":   func(m *Model) { m.scroll(-1 << 30) },
	"end":    func(m *Model) { m.scroll(1 << 30) },
	"left":   func(m *Model) { m.side = max(0, m.side-8) },
	"right":  func(m *Model) { m.side = min(m.side+8, 4096) },
	"esc":    func(m *Model) { m.page = nil },
}

// key does what a key is for.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if name == "ctrl+c" {
		return m.interrupt()
	}
	m.warned = false
	if m.ask != nil {
		return m.answer(k)
	}
	m.notice = nil
	if do, ok := silent[name]; ok {
		do(m)
		return nil
	}
	for _, b := range bindings {
		if b.key == name {
			return b.do(m)
		}
	}
	m.notice = []string{"? lists the keys"}
	return nil
}

// interrupt asks once.
func (m *Model) interrupt() tea.Cmd {
	if m.ask != nil {
		m.ask = nil
		return nil
	}
	if m.warned {
		m.Outcome = Cancel
		return tea.Quit
	}
	m.warned = true
	m.notice = []string{"press Ctrl-C again to stop, and to remove the machine"}
	return nil
}

// order gives one that takes a while: it reads the template.
func order(do func(Bench, context.Context) error) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.along, m.page = true, nil
		return func() tea.Msg { return doneMsg{do(m.bench, m.ctx)} }
	}
}

// here gives one about the step at the cursor.
func here(do func(Bench, context.Context, int) error) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		step := m.selected()
		if step == nil || step.Index < 0 {
			m.notice = []string{"the cursor is on a stage of Ingot's own: move it to a customizer"}
			return nil
		}
		m.along, m.page = true, nil
		return func() tea.Msg { return doneMsg{do(m.bench, m.ctx, step.Index)} }
	}
}

func plain(do func(Bench) error) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.tell(do(m.bench))
		return nil
	}
}

// selected is the step at the cursor; nil: there is none.
func (m *Model) selected() *workbench.Step {
	if m.cursor >= len(m.status.Steps) {
		return nil
	}
	return &m.status.Steps[m.cursor]
}

func (m *Model) goAlong() tea.Cmd {
	m.along, m.page = true, nil
	m.refresh()
	return nil
}

func (m *Model) toggleBreak() tea.Cmd {
	step := m.selected()
	if step == nil || step.Index < 0 || step.Hidden {
		m.notice = []string{"breakpoints are for customizers; before generalizing it stops by itself"}
		return nil
	}
	breaks := m.bench.Breaks()
	if i := slices.Index(breaks, step.ID); i >= 0 {
		breaks = slices.Delete(breaks, i, i+1)
	} else {
		breaks = append(breaks, step.ID)
	}
	m.bench.SetBreaks(breaks...)
	m.refresh()
	return nil
}

func (m *Model) finish() tea.Cmd {
	if !m.status.Touched {
		return order(func(b Bench, ctx context.Context) error { return b.Finish(ctx, false) })(m)
	}
	m.ask = choose("the machine was changed by hand: make an image of it that nobody can make again? [y]es, [n]o", map[string]func() tea.Cmd{
		"y": func() tea.Cmd {
			return order(func(b Bench, ctx context.Context) error { return b.Finish(ctx, true) })(m)
		},
		"n": nil,
	})
	return nil
}

func (m *Model) leave() tea.Cmd {
	leave := func(keep bool) func() tea.Cmd {
		return func() tea.Cmd {
			m.tell(m.bench.Leave(keep))
			return nil // the session tells when it has ended
		}
	}
	if s := m.status.State; s == workbench.Over {
		return leave(false)()
	}
	m.ask = choose("leave: [r]emove the machine, [k]eep it for a look inside, [s]tay", map[string]func() tea.Cmd{
		"r": leave(false), "k": leave(true), "s": nil,
	})
	return nil
}

// reachable says whether there is a machine to get into.
func (m *Model) reachable() bool {
	if m.status.Way == nil {
		m.notice = []string{"there is no machine that can be reached now"}
	}
	return m.status.Way != nil
}

func (m *Model) shell() tea.Cmd {
	if !m.reachable() {
		return nil
	}
	m.bench.Touch()
	return tea.Exec(m.guest.Shell(*m.status.Way), func(err error) tea.Msg { return doneMsg{err} })
}

func (m *Model) upload() tea.Cmd {
	if !m.reachable() {
		return nil
	}
	way := *m.status.Way
	m.ask = enter("upload from here:", "", func(from string) tea.Cmd {
		m.ask = enter("to, in the machine:", "/tmp/"+path.Base(from), func(to string) tea.Cmd {
			m.bench.Touch()
			m.busy = "uploading"
			return func() tea.Msg {
				n, err := m.guest.Put(m.ctx, way, from, to)
				return copiedMsg{from + " is in the machine: " + to, n, err}
			}
		})
		return nil
	})
	return nil
}

func (m *Model) fetch() tea.Cmd {
	if !m.reachable() {
		return nil
	}
	way := *m.status.Way
	m.ask = enter("get from the machine:", "", func(from string) tea.Cmd {
		m.ask = enter("to, here:", "./"+path.Base(from), func(to string) tea.Cmd {
			m.busy = "getting"
			return func() tea.Msg {
				n, err := m.guest.Get(m.ctx, way, from, to)
				return copiedMsg{from + " is here: " + to, n, err}
			}
		})
		return nil
	})
	return nil
}

// copied says what came of a copy.
func copied(what string, n sshto.Copied) []string {
	files := "1 file"
	if n.Files != 1 {
		files = fmt.Sprintf("%d files", n.Files)
	}
	list := []string{view.Line(fmt.Sprintf("%s (%s, %s)", what, files, humanize.IBytes(uint64(n.Bytes))))}
	if len(n.Skipped) > 0 {
		list = append(list, view.Line("left out, neither files nor folders: "+strings.Join(n.Skipped, ", ")))
	}
	return list
}

func (m *Model) diff() tea.Cmd {
	step := m.selected()
	if step == nil || step.Index < 0 {
		m.notice = []string{"the cursor is on a stage of Ingot's own: move it to a customizer"}
		return nil
	}
	m.busy = "comparing disks"
	return func() tea.Msg {
		r, err := m.bench.Diff(m.ctx, step.Index)
		if err != nil {
			return pageMsg{nil, err}
		}
		var b strings.Builder
		err = view.Diff(&b, m.palette, r, view.DiffOptions{Patch: true})
		return pageMsg{&page{title: "what " + step.Title + " changed", lines: strings.Split(strings.TrimRight(b.String(), "\n"), "\n")}, err}
	}
}

func (m *Model) help() tea.Cmd {
	p := &page{title: "keys"}
	for _, b := range bindings {
		name := b.name
		if name == "" {
			name = b.key
		}
		p.lines = append(p.lines, fmt.Sprintf("%-10s %s", name, b.what))
	}
	p.lines = append(p.lines, "", "Edit the template or its scripts at any time: r begins with the first step that",
		"is another one now. What is done in the machine by hand is in no layer.")
	m.page = p
	return nil
}
