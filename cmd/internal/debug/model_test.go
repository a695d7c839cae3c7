package debug

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// bench is a session that does nothing but note its orders.
type bench struct {
	status workbench.Status
	output map[string][]workbench.Line
	breaks []string
	log    []string
	err    error // of the next order
}

func (b *bench) note(format string, args ...any) error {
	b.log = append(b.log, fmt.Sprintf(format, args...))
	return b.err
}

func (b *bench) Status() workbench.Status {
	st := b.status
	st.Steps = slices.Clone(st.Steps)
	for i := range st.Steps {
		st.Steps[i].Break = slices.Contains(b.breaks, st.Steps[i].ID)
	}
	return st
}

func (b *bench) Output(id string, from, n int) ([]workbench.Line, int, int) {
	list := b.output[id]
	from = max(0, min(from, len(list)))
	return list[from:min(len(list), from+n)], 0, len(list)
}

func (b *bench) Continue(context.Context) error              { return b.note("continue") }
func (b *bench) Step(context.Context) error                  { return b.note("step") }
func (b *bench) RunTo(_ context.Context, i int) error        { return b.note("run to %d", i) }
func (b *bench) Rewind(_ context.Context, i int) error       { return b.note("rewind to %d", i) }
func (b *bench) Finish(_ context.Context, anyway bool) error { return b.note("finish %v", anyway) }
func (b *bench) Again() error                                { return b.note("again") }
func (b *bench) Skip() error                                 { return b.note("skip") }
func (b *bench) Pause() error                                { return b.note("pause") }
func (b *bench) Leave(keep bool) error                       { return b.note("leave %v", keep) }
func (b *bench) Breaks() []string                            { return slices.Clone(b.breaks) }
func (b *bench) SetBreaks(ids ...string)                     { b.breaks = ids }
func (b *bench) BreakOnFailure(on bool)                      { b.status.BreakOnFailure = on }
func (b *bench) Touch()                                      { b.status.Touched = true }
func (b *bench) Diff(_ context.Context, i int) (*diskdiff.Report, error) {
	return &diskdiff.Report{Bytes: 4096}, b.note("diff %d", i)
}

// guest notes what is done in the machine.
type guest struct{ *bench }

type noShell struct{}

func (noShell) Run() error          { return nil }
func (noShell) SetStdin(io.Reader)  {}
func (noShell) SetStdout(io.Writer) {}
func (noShell) SetStderr(io.Writer) {}

func (g guest) Shell(service.Way) tea.ExecCommand { _ = g.note("shell"); return noShell{} }
func (g guest) Put(_ context.Context, _ service.Way, from, to string) (sshto.Copied, error) {
	return sshto.Copied{Files: 1, Bytes: 42}, g.note("put %s %s", from, to)
}
func (g guest) Get(_ context.Context, _ service.Way, from, to string) (sshto.Copied, error) {
	return sshto.Copied{Files: 2, Bytes: 42, Skipped: []string{"a\x1b[31m/link"}}, g.note("get %s %s", from, to)
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// five is a session of five customizers, of which the fourth failed.
func five() *bench {
	took := func(d time.Duration) workbench.Step { return workbench.Step{Index: -1, Phase: events.Done, Elapsed: d} }
	step := func(s workbench.Step, index int, id, name string) workbench.Step {
		s.Index, s.ID, s.Name, s.Title = index, id, name, strings.TrimSpace(id+" "+name)
		return s
	}
	reused := workbench.Step{Phase: events.Done, Reused: true}
	prepare := step(reused, 0, "prepare", "")
	prepare.Hidden = true
	generalize := step(workbench.Step{Phase: events.Pending, Hidden: true}, 6, "generalize", "")
	failed := workbench.Step{Phase: events.Failed, Elapsed: 3120 * time.Millisecond}
	b := &bench{breaks: []string{"customize[1]"}, output: map[string][]workbench.Line{}, status: workbench.Status{
		State: workbench.Failed, At: 4, Reason: workbench.AtFailure, Run: "3f2a9c1e", BreakOnFailure: true, Edited: -1,
		Way:     &service.Way{Host: "127.0.0.1", Port: 2222, User: "packer"},
		Failure: &service.ProvisionError{Index: 4, ExitCode: 127},
		Steps: []workbench.Step{
			step(took(340*time.Millisecond), -1, "resolve", ""), step(took(2*time.Second), -1, "boot", ""), prepare,
			step(reused, 1, "customize[0]", "packages"), step(reused, 2, "customize[1]", "site"),
			step(workbench.Step{Phase: events.Done, Elapsed: 83 * time.Second}, 3, "customize[2]", "設定ファイルを置く"),
			step(failed, 4, "customize[3]", "a name that is longer than its column has room for"),
			step(workbench.Step{Phase: events.Pending}, 5, "customize[4]", ""),
			generalize, step(workbench.Step{Phase: events.Pending}, -1, "distribute[0]", "VHD out"),
		},
	}}
	for i := range 30 {
		line := workbench.Line{Stream: events.Stdout, Text: fmt.Sprintf("line %d of what it said", i)}
		b.output["customize[3]"] = append(b.output["customize[3]"], line)
	}
	b.output["customize[3]"] = append(b.output["customize[3]"],
		workbench.Line{Stream: events.Stdout, Text: "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[0m and\ttabs\x9b31m\x00"},
		workbench.Line{Stream: events.Stdout, Text: strings.Repeat("広い文字", 40)},
		workbench.Line{Stream: events.Stderr, Text: "sh: 4: ngnix: not found"},
		workbench.Line{Stream: events.Say, Text: "Script exited with non-zero exit status: 127"})
	return b
}

func newScreen(t *testing.T, b *bench, width, height int) *Model {
	t.Helper()
	words := func(err error) []string { return strings.Split(err.Error(), "\n") }
	m := NewModel(t.Context(), b, guest{b}, words, view.Palette{}, "five", func() time.Time { return noon })
	m.Init()
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

// press types keys: names of several letters in <>. What a key sets going is carried out.
func press(m *Model, keys string) {
	for len(keys) > 0 {
		name, rest := keys[:1], keys[1:]
		if name == "<" {
			name, rest, _ = strings.Cut(rest, ">")
		}
		keys = rest
		k := tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
		switch special, ctrl := map[string]rune{
			"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome,
			"end": tea.KeyEnd, "right": tea.KeyRight, "backspace": tea.KeyBackspace,
		}[name], strings.HasPrefix(name, "ctrl+"); {
		case special != 0:
			k = tea.KeyPressMsg{Code: special}
		case ctrl:
			k = tea.KeyPressMsg{Code: rune(name[len(name)-1]), Mod: tea.ModCtrl}
		}
		_, cmd := m.Update(k)
		if cmd == nil {
			continue
		}
		m.Update(cmd())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("run again with -update if this is wanted (-want +got):\n%s", diff)
	}
}

// show gives a screen as a file has it, and holds it to its size.
func show(t *testing.T, m *Model) string {
	t.Helper()
	rows := m.screen()
	if len(rows) != m.height && m.height >= 6 && m.width >= 20 {
		t.Errorf("%d rows on a screen of %d", len(rows), m.height)
	}
	for i, row := range rows {
		if w := ansi.StringWidth(row); w > m.width {
			t.Errorf("row %d has %d columns of %d: %q", i, w, m.width, row)
		}
		if !m.palette.Color && strings.ContainsFunc(row, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
			t.Errorf("row %d has control characters: %q", i, row)
		}
		rows[i] = strings.TrimRight(row, " ")
	}
	return strings.Join(rows, "\n") + "\n"
}

func TestScreens(t *testing.T) {
	standing := func(b *bench) {
		b.status.State, b.status.At, b.status.Reason, b.status.Failure = workbench.Standing, 5, workbench.AtBreakpoint, nil
		b.status.Steps[6].Phase = events.Done
		b.status.Edited, b.status.Steps[4].Changed, b.status.Touched = 2, true, true
	}
	for name, tt := range map[string]struct {
		width, height int
		change        func(*bench)
		keys          string
	}{
		"failed-80x24":      {width: 80, height: 24},
		"failed-120x30":     {width: 120, height: 30},
		"failed-50x16":      {width: 50, height: 16},
		"failed-20x6":       {width: 20, height: 6},
		"too-small":         {width: 12, height: 4},
		"scrolled-80x24":    {width: 80, height: 24, keys: "<pgup><right>"},
		"standing-100x24":   {width: 100, height: 24, change: standing},
		"help-80x24":        {width: 80, height: 24, keys: "?"},
		"leave-80x24":       {width: 80, height: 24, change: standing, keys: "q"},
		"upload-80x24":      {width: 80, height: 24, keys: "usite/日本.html<enter><ctrl+w>x"},
		"long-answer-40x12": {width: 40, height: 12, keys: "u/a/very/long/path/that/does/not/fit/the/row<backspace>"},
		"diff-80x24":        {width: 80, height: 24, keys: "d"},
		"other-step-80x24":  {width: 80, height: 24, keys: "kk"},
		"all-done-80x24": {width: 80, height: 24, change: func(b *bench) {
			b.status.State, b.status.At, b.status.Reason = workbench.Standing, 6, workbench.AllDone
		}},
		"over-80x24": {width: 80, height: 24, change: func(b *bench) {
			b.status.State, b.status.Way = workbench.Over, nil
			b.status.Result.Outputs = []events.RunOutput{{Name: "out", Type: "VHD"}}
		}},
		"broken-80x24": {width: 80, height: 24, change: func(b *bench) {
			standing(b)
			b.status.LoadErr = errors.New("web.json:4:17: a comma is missing\nand more")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := five()
			if tt.change != nil {
				tt.change(b)
			}
			m := newScreen(t, b, tt.width, tt.height)
			press(m, tt.keys)
			golden(t, name+".txt", show(t, m))
		})
	}
}

// TestEverySize paints all sizes, in colour too: none may be wider or higher than the window.
func TestEverySize(t *testing.T) {
	b := five()
	for _, keys := range []string{"", "?", "q", "u", "d", "b"} {
		for width := range 130 {
			for _, height := range []int{0, 1, 5, 6, 7, 9, 14, 24, 60} {
				m := newScreen(t, b, width, height)
				press(m, keys)
				m.notice = []string{"one", "two", "three", "four", "five"}
				show(t, m)
				m.palette.Color = true
				show(t, m)
			}
		}
	}
}

func TestKeysGiveOrders(t *testing.T) {
	for name, tt := range map[string]struct {
		keys string
		want []string
	}{
		"run, step, again":    {"rsax", []string{"continue", "step", "again", "skip"}},
		"at the cursor":       {"kkhkw", []string{"run to 2", "rewind to 3"}}, // an order takes the cursor back to what is under way
		"stages are no steps": {"<up><up><up><up><up>wh", nil},
		"pause and end":       {"pe", []string{"pause", "finish false"}},
		"leave":               {"qr", []string{"leave false"}},
		"keep":                {"qk", []string{"leave true"}},
		"stay":                {"qsqxq<esc>", nil},
		"upload":              {"ua.txt<enter><enter>", []string{"put a.txt /tmp/a.txt"}},
		"fetch":               {"g/etc/motd<enter><ctrl+u>/x<enter>", []string{"get /etc/motd /x"}},
		"no answer":           {"u<enter>g<esc>", nil},
		"diff":                {"kd", []string{"diff 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := five()
			press(newScreen(t, b, 80, 24), tt.keys)
			if diff := cmp.Diff(tt.want, b.log); diff != "" {
				t.Errorf("orders (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnImageOfWhatWasChangedByHandIsAskedFor(t *testing.T) {
	b := five()
	m := newScreen(t, b, 80, 24)
	press(m, "!") // the program does the rest
	if !b.status.Touched || !slices.Contains(b.log, "shell") {
		t.Fatalf("no shell: %v", b.log)
	}
	m.Update(doneMsg{})
	b.log = nil
	press(m, "eney")
	if diff := cmp.Diff([]string{"finish true"}, b.log); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
}

func TestBreakpointsAndFailures(t *testing.T) {
	b := five()
	m := newScreen(t, b, 80, 24)
	press(m, "bkkb")
	if diff := cmp.Diff([]string{"customize[3]"}, b.breaks); diff != "" {
		t.Errorf("breakpoints (-want +got):\n%s", diff)
	}
	press(m, "f")
	if b.status.BreakOnFailure {
		t.Error("still stops at failures")
	}
	press(m, "<down><down><down><down>b") // generalize
	if len(b.breaks) != 1 || len(m.notice) == 0 {
		t.Errorf("a breakpoint where it stops anyway: %v", b.breaks)
	}
}

func TestWhatIsRefusedIsSaid(t *testing.T) {
	b := five()
	b.err = errors.New("not now")
	m := newScreen(t, b, 80, 24)
	press(m, "r")
	if !strings.Contains(show(t, m), "\nnot now\n") {
		t.Errorf("not said:\n%s", show(t, m))
	}
	press(m, "j")
	if strings.Contains(show(t, m), "not now") {
		t.Error("said for ever")
	}
	b.status.Way = nil
	m.Update(changedMsg{})
	for _, key := range []string{"!", "u", "g"} {
		if press(m, key); len(m.notice) == 0 || m.ask != nil {
			t.Errorf("%s without a machine", key)
		}
	}
}

func TestInterrupt(t *testing.T) {
	m := newScreen(t, five(), 80, 24)
	press(m, "<ctrl+c>")
	if m.Outcome == Cancel {
		t.Error("cancelled at once")
	}
	press(m, "j<ctrl+c>")
	if m.Outcome == Cancel {
		t.Error("a key in between was no second thought")
	}
	press(m, "<ctrl+c>")
	if m.Outcome != Cancel {
		t.Error("not cancelled")
	}
}

func TestTheCursorGoesAlongUntilItIsMoved(t *testing.T) {
	b := five()
	b.status.State, b.status.At = workbench.Running, 5
	b.status.Steps[6].Phase, b.status.Steps[7].Phase, b.status.Steps[7].Started = events.Done, events.Running, noon.Add(-75*time.Second)
	m := newScreen(t, b, 80, 24)
	if m.selected().Index != 5 {
		t.Fatalf("the cursor is on %s", m.selected().ID)
	}
	press(m, "k")
	m.Update(changedMsg{})
	if m.selected().Index != 4 {
		t.Errorf("the cursor moved by itself to %s", m.selected().ID)
	}
	press(m, ".")
	if m.selected().Index != 5 || !strings.Contains(show(t, m), "1:15") {
		t.Errorf("not along again:\n%s", show(t, m))
	}
}

func TestEndsWithTheSession(t *testing.T) {
	b := five()
	m := newScreen(t, b, 80, 24)
	b.status.State = workbench.Ended
	_, cmd := m.Update(changedMsg{})
	if cmd == nil {
		t.Fatal("goes on")
	}
	if _, quits := cmd().(tea.QuitMsg); !quits {
		t.Error("does not quit")
	}
}

func TestPastedTextIsALine(t *testing.T) {
	m := newScreen(t, five(), 80, 24)
	press(m, "u")
	m.Update(tea.PasteMsg{Content: "a\nb\x1b[31m"})
	if got := string(m.ask.line); got != "ab[31m" {
		t.Errorf("%q", got)
	}
	var b bytes.Buffer
	b.WriteString(m.ask.text())
	if strings.ContainsRune(b.String(), '\x1b') {
		t.Error("an escape is shown")
	}
}
