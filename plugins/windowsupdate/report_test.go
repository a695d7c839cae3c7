package windowsupdate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/provtest"
)

func TestReport(t *testing.T) {
	ui := &provtest.UI{}
	r := newReport(ui, time.Hour)
	for _, text := range []string{
		"Searching for updates: IsInstalled=0",
		"Left out by the filters: Preview of KB1",
		"Left out, since it would ask questions: Camera driver",
		"Downloading (1 of 3): KB2", "The download did not succeed: 0x8024402C",
		"Installing (1 of 2): KB3\r", "Installed: KB3",
		"Installing (2 of 2): KB4 (x64): 2026-11", "The installation did not succeed: 0x80070643",
		"Installed 1 of 3 updates.",
		// the next pass
		"Downloading (1 of 2): KB2", "Installing (1 of 2): KB2", "Installed: KB2",
		"Installing (2 of 2): KB4 (x64): 2026-11", "The installation did not succeed: Exception from HRESULT: 0x800f0922",
	} {
		r.Say(text)
	}
	want := []string{
		"Windows Update: 2 passes, 2 updates installed, 1 not, 2 left out",
		"installed: KB2",
		"installed: KB3",
		"not installed: KB4 (x64): 2026-11: installation: Exception from HRESULT: 0x800f0922: an installer inside of the update " +
			"failed, often for want of room in the system partition",
		"left out since it would ask questions: Camera driver",
		"left out by the filters: Preview of KB1",
	}
	if diff := cmp.Diff(want, r.sum(2)); diff != "" {
		t.Error(diff)
	}
	if len(ui.Said()) != 15 {
		t.Errorf("shown: %q", ui.Said())
	}
}

// Drivers of several devices may have one title, and are installed in one pass.
func TestSameTitle(t *testing.T) {
	r := newReport(&provtest.UI{}, time.Hour)
	for pass := range most {
		if title := r.again(); title != "" {
			t.Errorf("after %d passes, %q counts as offered for ever", pass, title)
		}
		r.begin()
		for range most {
			r.Say("Installing (1 of 3): Intel - System - 10.1")
			r.Say("Installed: Intel - System - 10.1")
		}
	}
	if r.again() == "" {
		t.Errorf("an update that %d passes installed does not count as offered for ever", most)
	}
}

// Every line that update.ps1 writes of an update is one that the report reads.
func TestReportKnowsTheScript(t *testing.T) {
	known := 0
	for l := range strings.Lines(written(t)) {
		_, text, ok := strings.Cut(strings.TrimSpace(l), "Write-Output ")
		if !ok || !strings.Contains(text, "$update.Title") && !strings.Contains(text, "did not succeed") {
			continue
		}
		text = strings.NewReplacer("$($update.Title)", "KB5", "$($i + 1)", "1", "$($wanted.Count)", "2", "$($ready.Count)", "2", "$_", "no").
			Replace(strings.Trim(text, `"'()`))
		switch {
		case strings.HasPrefix(text, "The search"), strings.HasPrefix(text, "A filter"), strings.HasPrefix(text, "Left for after"):
		case line.MatchString(text):
			known++
		default:
			t.Errorf("the report does not know %q", text)
		}
	}
	if known != 9 {
		t.Errorf("%d lines are read, want 9", known)
	}
}

// An update that is offered for ever ends the build, with the filter that leaves it out.
func TestOfferedAgain(t *testing.T) {
	t.Parallel()
	g, ui := &provtest.Guest{}, &provtest.UI{}
	for range most {
		g.Rules = append(g.Rules, provtest.Rule{Contains: pass, Times: 1, Exit: exitInstalled,
			Stdout: "Installing (1 of 1): Bob's driver\nInstalled: Bob's driver\n"})
	}
	g.Rules = append(g.Rules, provtest.Rule{Contains: "-EncodedCommand", Stdout: "BUILDVM restarted.\n"})
	p := New()
	if err := p.Prepare(provtest.Decode(t, p, "")); err != nil {
		t.Fatal(err)
	}
	err := p.Provision(t.Context(), ui, g, nil)
	want := `windows-update: "Bob's driver" was installed 3 times and is offered again: leave it out by a filter, such as ` +
		`exclude:$_.Title -eq 'Bob''s driver'`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if said := strings.Join(ui.Said(), "\n"); !strings.Contains(said, "Windows Update: 3 passes, 1 updates installed") {
		t.Errorf("the report is missing:\n%s", said)
	}
}

// An update that says nothing any more ends the pass, and the restart ends the update.
func TestSilentUpdate(t *testing.T) {
	t.Parallel()
	g, ui := &provtest.Guest{}, &provtest.UI{}
	t.Cleanup(g.Close)
	g.Rules = []provtest.Rule{
		{Contains: pass, Times: 1, Stdout: "Installing (1 of 1): KB6\n", Hang: true},
		{Contains: pass, Times: 1, Exit: exitNothingLeft},
		{Contains: "-EncodedCommand", Stdout: "BUILDVM restarted.\n"},
	}
	p := &provisioner{patience: 200 * time.Millisecond}
	if err := p.Prepare(provtest.Decode(t, p, "")); err != nil {
		t.Fatal(err)
	}
	if err := p.Provision(t.Context(), ui, g, nil); err != nil {
		t.Fatal(err)
	}
	if got := did(g); got != "pass restart pass" {
		t.Errorf("it did %q", got)
	}
	if said := strings.Join(ui.Said(), "\n"); !strings.Contains(said, "not installed: KB6: it said nothing for 200ms") {
		t.Errorf("the report does not say it:\n%s", said)
	}
}
