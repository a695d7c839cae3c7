package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var updateRecordings = flag.Bool("update-recordings", false, "rewrite the recorded sessions in docs")

// screen is a terminal of tmux's with a shell in it. What happens on it is recorded.
type screen struct {
	t      *testing.T
	h      *home
	socket string
	start  time.Time
	record strings.Builder
}

// newScreen makes one of a size, with the environment of a home, in a folder.
func (h *home) newScreen(folder string, width, height int) *screen {
	h.t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		h.t.Skipf("the test needs a terminal: %v\n  fix:  apt-get install tmux", err)
	}
	s := &screen{t: h.t, h: h, socket: filepath.Join(h.t.TempDir(), "tmux"), start: time.Now()}
	cmd := exec.Command("tmux", "-S", s.socket, "-f", "/dev/null", "new-session", "-d",
		"-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "PS1='$ ' sh")
	cmd.Dir = folder
	cmd.Env = append(h.env[:len(h.env):len(h.env)], "INGOT_LAYERS=on", "NO_COLOR=1", "LC_ALL=C.UTF-8", "TERM=screen-256color",
		"PATH="+filepath.Dir(h.bin)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("start tmux: %v\n%s", err, out)
	}
	h.t.Cleanup(s.close)
	s.tmux("set-option", "-g", "status", "off")
	s.until(`^\$`) // what is typed before the prompt is there stands before it
	return s
}

// close closes the window. Whoever is still at work in it cleans up, and is given the time.
func (s *screen) close() {
	_ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() // an error says that it is closed already
	for end := time.Now().Add(runBudget); len(s.h.leftovers()) > 0 && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// now is what is on the screen, without spaces at the ends of lines.
func (s *screen) now() string {
	var rows []string
	for _, row := range strings.Split(s.tmux("capture-pane", "-p"), "\n") {
		rows = append(rows, strings.TrimRight(row, " "))
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

// until waits for something on the screen.
func (s *screen) until(pattern string) string {
	s.t.Helper()
	want := regexp.MustCompile("(?m)" + pattern)
	for end := time.Now().Add(runBudget); ; time.Sleep(100 * time.Millisecond) {
		got := s.now()
		if want.MatchString(got) {
			return got
		}
		if time.Now().After(end) {
			s.t.Fatalf("%q did not appear on the screen within %s:\n%s", pattern, runBudget, got)
		}
	}
}

// keys types them, as tmux names them.
func (s *screen) keys(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// does types keys, waits for what comes of them, and records the screen.
func (s *screen) does(what, pattern string, keys ...string) string {
	s.t.Helper()
	if len(keys) > 0 {
		s.keys(keys...)
	}
	s.until(pattern)
	time.Sleep(300 * time.Millisecond) // the rest of a repaint
	got := s.until(pattern)
	fmt.Fprintf(&s.record, "[%6.1fs] %s\n%s\n\n", time.Since(s.start).Seconds(), what, indent(got))
	return got
}

// indent sets a screen apart, without rows that say nothing.
func indent(text string) string {
	var rows []string
	for _, row := range strings.Split(text, "\n") {
		if strings.Trim(row, " │") != "" {
			rows = append(rows, "    "+row)
		}
	}
	return strings.Join(rows, "\n")
}

// unsteady is what two recordings of one session may differ in: ids, times and sizes, and how wide these make a column.
var unsteady = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`(?m)^\[ *[0-9.]+s\]`), "[T]"},
	{regexp.MustCompile(`\b([0-9a-f]{8}|[0-9a-f]{32})\b`), "ID"}, // of runs; of machines
	{regexp.MustCompile(`(?m)^    \S+:[0-9]+\n`), ""},            // what listens, in whatever order
	{regexp.MustCompile(`(Active|Main PID|Tasks|Memory|CPU): .*`), "$1"},
	{regexp.MustCompile(`└─[0-9]+`), "└─"},
	{regexp.MustCompile(`[0-9]+ added, [0-9]+ changed, [0-9]+ removed`), "N"}, // services write files of their own
	{regexp.MustCompile(`[0-9]+-[0-9]+ of [0-9]+`), "N"},
	{regexp.MustCompile(`(Linux ingot-build|BusyBox) .*`), "$1"}, // their versions
	{regexp.MustCompile(`/tmp/\S*`), "PATH"},
	{regexp.MustCompile(` --on fast\b`), ""}, // what is on the screen is the same, and so is what is typed but for it
	{regexp.MustCompile(`(?m)> Layer taken.*$`), "> Layer taken"},
	{regexp.MustCompile(`(?m)(│ > Provisioning with shell script: ).*$`), "$1"},
	{regexp.MustCompile(`\b[0-9]+(:[0-9]{2})+\b|\b[0-9]+\.[0-9]+s\b`), "T"},
	{regexp.MustCompile(`\b[0-9]+(\.[0-9]+)? (B|KiB|MiB|GiB)\b`), "SIZE"},
	{regexp.MustCompile(`\b(pid=|script_|PID: |\[)[0-9]+\b`), "${1}N"},
	{regexp.MustCompile(` +`), " "},
}

func steady(text string) string {
	for _, v := range unsteady {
		text = v.what.ReplaceAllString(text, v.by)
	}
	return text
}

// isRecorded compares a session with its recording, or makes it.
func (s *screen) isRecorded(file, head string) {
	s.t.Helper()
	got := head + "\n\n" + strings.TrimRight(s.record.String(), "\n") + "\n"
	if *updateRecordings {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(steady(string(want)), steady(got)); diff != "" {
		s.t.Errorf("run again with -update-recordings if this is wanted (-want +got):\n%s", diff)
	}
}

// wasWritten holds the screens that a page shows to those of a session. Each block of the page that begins with "[" is a part of it.
func (s *screen) wasWritten(page string) {
	s.t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		s.t.Fatal(err)
	}
	if *updateRecordings {
		if err := os.WriteFile(filepath.Join(os.TempDir(), filepath.Base(page)+".session"), []byte(s.record.String()), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	session, n := steady(s.record.String()), 0
	for i, block := range strings.Split(string(text), "```") {
		if block = strings.TrimPrefix(block, "text\n"); i%2 == 0 || !strings.HasPrefix(block, "[") {
			continue
		}
		n++
		if !strings.Contains(session, strings.TrimRight(steady(block), " \n")) {
			s.t.Errorf("%s shows what was not on the screen:\n%s\nThe session was:\n%s", page, block, s.record.String())
		}
	}
	if n == 0 {
		s.t.Errorf("%s shows no screen", page)
	}
}
