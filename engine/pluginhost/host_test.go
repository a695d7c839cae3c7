package pluginhost

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
)

// harness is a host whose doings are watched.
type harness struct {
	*Host
	t *testing.T

	mu       sync.Mutex
	lines    []string
	recorded map[string]bool // name of a process or folder -> struck
}

// newHarness makes a host that ends with the test. Then no process of it may be left, and nothing in the temporary
// folder.
func newHarness(t *testing.T, mode string, change ...func(*Options)) *harness {
	t.Helper()
	h := &harness{t: t, recorded: map[string]bool{}}
	temp, err := os.MkdirTemp("", "pluginhost") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	mask := new(events.Mask)
	mask.Add(secret)
	opts := Options{
		Mask: mask, TempDir: temp,
		Log: func(l Line) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.lines = append(h.lines, l.Plugin+"/"+l.Component+": "+l.Text)
		},
		Environ: func() []string { return append(os.Environ(), modeVariable+"="+mode) },
	}
	for _, c := range change {
		c(&opts)
	}
	h.Host = New(t.Context(), opts)
	if err := h.Record(h.record); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		h.nothingLeft()
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("left in the temporary folder: %v", left)
		}
		os.RemoveAll(temp)
	})
	return h
}

func (h *harness) record(_, name string) (func() error, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recorded[name] = false
	return func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.recorded[name] = true
		return nil
	}, nil
}

// nothingLeft fails the test if a process is there that the host started, or a note of one.
func (h *harness) nothingLeft() {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, struck := range h.recorded {
		if !struck {
			h.t.Errorf("process %s was not struck", name)
		}
		for _, pid := range bearers(name) {
			h.t.Errorf("process %d (%s) was left behind", pid, name)
		}
	}
	for _, line := range h.lines {
		if strings.Contains(line, secret) {
			h.t.Errorf("a secret in the log: %s", line)
		}
	}
}

// bearers lists the processes whose command line begins with a name.
func bearers(name string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if line, _ := os.ReadFile(file); strings.HasPrefix(string(line), name+"\x00") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens the test binary as a plugin.
func (h *harness) open() *Plugin {
	h.t.Helper()
	p, err := h.Open("test", self(h.t))
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// within runs a function that must come back soon, whatever a plugin does.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("still waiting after %s", limit)
	}
}

// testUI notes what a component says.
type testUI struct {
	*packersdk.MockUi
	mu   sync.Mutex
	said []string
}

func newTestUI() *testUI { return &testUI{MockUi: &packersdk.MockUi{}} }

func (u *testUI) Say(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said = append(u.said, text)
}

func (u *testUI) has(text string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return strings.Contains(strings.Join(u.said, "\n"), text)
}

// hookFunc is a hook.
type hookFunc func(context.Context, packersdk.Ui, packersdk.Communicator, any) error

func (f hookFunc) Run(ctx context.Context, _ string, ui packersdk.Ui, comm packersdk.Communicator, data any) error {
	return f(ctx, ui, comm, data)
}

// TestMisbehaving goes through what plugins do wrong. Each must end in an error that says so, soon, with no process
// left and no secret told.
func TestMisbehaving(t *testing.T) {
	describe := func(h *harness) error { _, err := h.Open("test", self(h.t)); return err }
	start := func(h *harness) error { return h.open().Components().Builders["test"]().(Starter).Start() }
	prepare := func(h *harness) error {
		_, _, err := h.open().Components().Builders["test"]().Prepare(map[string]string{})
		return err
	}
	run := func(h *harness) error {
		_, err := h.open().Components().Builders["test"]().Run(h.t.Context(), newTestUI(), &packersdk.DispatchHook{})
		return err
	}
	// Only the limit that a test is about is short: on a busy machine, everything else may take its time.
	short := map[string]Limits{
		"describes itself never":     {Describe: time.Second},
		"describes itself endlessly": {Describe: time.Second},
		"silent":                     {Handshake: time.Second},
		"mute on the socket":         {Handshake: 5 * time.Second},
		"hangs in ConfigSpec":        {Answer: time.Second},
		"hangs in Prepare":           {Prepare: time.Second},
	}
	for _, tt := range []struct {
		mode string
		do   func(*harness) error
		want string // in the error
	}{
		{"describes itself never", describe, `plugin "test" did not answer "describe" within 1s`},
		{"describes itself as garbage", describe, `plugin "test" described itself as "usage: ***\n", which is not JSON`},
		{"describes itself endlessly", describe, `plugin "test" did not answer "describe" within 1s`},
		{"describes itself without a version", describe, `plugin "test" described itself without a version; is it a Packer plugin?`},
		{"cannot describe itself", describe, "exited with 2 when it was asked to describe itself\n  why:  it last printed: no such command; ***"},

		{"garbage", start, `plugin "test" (builder) printed "Hello, I am a plugin. ***" where it must say where it listens`},
		{"garbage before the handshake", start, `printed "[INFO] starting" where it must say where it listens`},
		{"one endless line", start, `printed "xxxxx`},
		{"silent", start, "did not say where it listens within 1s"},
		{"exits at once", start, "exited with 0 before it said where it listens"},
		{"exits with an error", start, "exited with 3 before it said where it listens\n  why:  it last printed: cannot log in with ***"},
		{"kills itself", start, "was ended by signal 9 (killed) before it said where it listens"},
		{"leaves a child", start, "exited with 4 before it said where it listens"},
		{"protocol 4", start, "speaks protocol version 4, which ended with Packer 1.7; this program speaks 5.0"},
		{"protocol 6", start, "speaks protocol version 6.0, and this program 5.0"},
		{"protocol 5.1", start, "speaks protocol version 5.1, and this program 5.0"},
		{"listens elsewhere", start, `listens on "192.0.2.7:4444", which is no port of this machine`},
		{"does not listen", start, "does not take a connection where it said it listens"},
		{"mute on the socket", start, "did not answer the first question within 5s"},
		{"garbage on the socket", start, `sent "HTTP/1.1 400" where a frame of its protocol must begin during the first question`},
		{"garbage in a frame", start, "answered ConfigSpec with something that cannot be read"},
		{"closes the socket", start, "closed its connection during the first question"},
		{"panics in ConfigSpec", start, "exited with 2 during ConfigSpec\n  why:  panic: no specification, ***"},
		{"hangs in ConfigSpec", start, "did not answer ConfigSpec within 1s"},

		{"hangs in Prepare", prepare, "did not answer Prepare within 1s"},
		{"crashes in Prepare", prepare, "exited with 2 during Prepare\n  why:  panic: boom ***"},
		{"refuses its configuration", prepare, "the key *** is not valid"},

		{"crashes in the build", run, "exited with 7 during the build"},
		{"fails in the build", run, "quota exceeded for ***"},
		{"closes its connection in the build", run, "closed its connection during the build"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, tt.mode, func(o *Options) { o.Limits = short[tt.mode] })
			var err error
			within(t, time.Minute, func() { err = tt.do(h) })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("a secret in the error: %v", err)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			for name := range h.recorded { // before Close
				if tt.do != nil && tt.mode != "refuses its configuration" && tt.mode != "fails in the build" {
					if pids := bearers(name); len(pids) > 0 {
						t.Errorf("process %v was left behind by the error", pids)
					}
				}
			}
		})
	}
}

// TestChildren starts a plugin that starts a program and leaves it.
func TestChildren(t *testing.T) {
	h := newHarness(t, "leaves a child")
	if err := h.open().Components().Builders["test"]().(Starter).Start(); err == nil {
		t.Fatal("no error")
	}
	out, _ := exec.Command("pgrep", "-f", "^sleep 1000$", "-u", strconv.Itoa(os.Getuid())).Output()
	for _, field := range strings.Fields(string(out)) {
		env, _ := os.ReadFile("/proc/" + field + "/environ")
		if strings.Contains(string(env), modeVariable) {
			t.Errorf("process %s was left behind", field)
		}
	}
}

// TestRecordLater notes processes that run already, as a run does whose record is made after its template was read.
func TestRecordLater(t *testing.T) {
	h := newHarness(t, "good")
	if err := h.Record(nil); err != nil {
		t.Fatal(err)
	}
	b := h.open().Components().Builders["test"]().(*builder)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	if len(h.recorded) > 0 {
		t.Errorf("recorded: %v", h.recorded)
	}
	if err := h.Record(h.record); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{b.proc.name: false, b.proc.temp: false}
	if diff := cmp.Diff(want, h.recorded); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// TestHostIsKilled kills a host with -9: its plugin must not live on.
func TestHostIsKilled(t *testing.T) {
	cmd := exec.Command(self(t))
	cmd.Env = append(os.Environ(), modeVariable+"="+hostMode)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var temp string
	if _, err := fmt.Fscanln(out, &pid, &temp); err != nil || syscall.Kill(pid, 0) != nil {
		t.Fatalf("the plugin's process %d: %v", pid, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
	within(t, time.Minute, func() {
		for syscall.Kill(pid, 0) == nil {
			time.Sleep(time.Millisecond)
		}
	})
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left in its folder: %v, %v", left, err) // not even a socket; the empty folder is the system's to remove
	}
	os.RemoveAll(temp)
}

// TestSweep has folders of processes that are gone, that live, and that may be about to start.
func TestSweep(t *testing.T) {
	h := newHarness(t, "good")
	b := h.open().Components().Builders["test"]().(*builder)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(b.proc.temp)
	old := time.Now().Add(-2 * sweepAge)
	for _, name := range []string{"plugin-0badcafe", "plugin-0badcaff", "notes"} {
		if err := os.MkdirAll(filepath.Join(dir, name, "socket"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "plugin-0badcafe"), filepath.Join(dir, "notes"), b.proc.temp} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	New(t.Context(), Options{TempDir: dir})
	var left []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{"notes", "plugin-0badcaff", filepath.Base(b.proc.temp)}
	slices.Sort(want)
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	for _, name := range []string{"plugin-0badcaff", "notes"} {
		os.RemoveAll(filepath.Join(dir, name))
	}
}
