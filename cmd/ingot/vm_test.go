package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
)

// The tests that boot machines run the real program on the real base image. The variable has the path of that image's disk;
// make test sets it. Without it they are skipped, each saying so.
const imageVariable = tinyguest.BaseImageVariable

// runBudget bounds one build under software emulation on two busy CPUs; 60 to 90 s is usual, and a validation adds as much.
const runBudget = 25 * time.Minute

// machines limits how many VMs run at once, whatever -parallel says: on few CPUs two are slower together than one by one, and
// four time out.
var machines = make(chan struct{}, 2)

// ingotBinary builds the program once.
var ingotBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ingot-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "ingot")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build ingot: %w\n%s", err, out)
	}
	return path, nil
})

// home is an Ingot of the test's own: its folders are empty but for the base image.
type home struct {
	t     *testing.T
	root  string
	env   []string
	bin   string
	image string // the disk of its base image
	on    string // where its build VMs live, if that is not Ingot's choice; see fast
	leave func() // gives the place for a VM back; may be called more than once
}

// newHome is the home of a test that is about Debian: that boots it, or looks for what is in it.
func newHome(t *testing.T) *home {
	t.Helper()
	image := os.Getenv(imageVariable)
	if image == "" {
		t.Skipf("%s is not set: no base image to boot; make test makes one and sets it", imageVariable)
	}
	return newHomeWith(t, image)
}

// newTinyHome is the home of a test that is about runs. Its base image goes by Debian's name and is up in a fifth of the time.
func newTinyHome(t *testing.T) *home {
	t.Helper()
	return newHomeWith(t, tinyguest.Disk(t))
}

// newHomeWith takes one of the places for a VM and gives it back at the end. With the last check it makes sure that nothing of a run
// stayed behind, whatever the test did.
func newHomeWith(t *testing.T, image string) *home {
	t.Helper()
	if testing.Short() {
		t.Skip("boots machines; not with -short")
	}
	t.Parallel()
	machines <- struct{}{}
	leave := sync.OnceFunc(func() { <-machines })
	t.Cleanup(leave)
	bin, err := ingotBinary()
	if err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, root: t.TempDir(), bin: bin, image: image, leave: leave}
	h.setState(filepath.Join(h.root, "state"))
	h.addImage("debian-12", image)
	t.Cleanup(h.nothingLeft)
	return h
}

// setState sets the folders of Ingot; the state folder is where build VMs live.
func (h *home) setState(state string) {
	h.env = append(os.Environ(),
		"XDG_STATE_HOME="+state,
		"XDG_DATA_HOME="+filepath.Join(h.root, "data"),
		"XDG_CACHE_HOME="+filepath.Join(h.root, "cache"),
		"XDG_CONFIG_HOME="+filepath.Join(h.root, "config"),
	)
}

func (h *home) state() string {
	for _, v := range slices.Backward(h.env) {
		if dir, ok := strings.CutPrefix(v, "XDG_STATE_HOME="); ok {
			return filepath.Join(dir, "ingot")
		}
	}
	return ""
}

func (h *home) addImage(name, path string, more ...string) {
	h.t.Helper()
	args := append([]string{"image", "add", name, path}, more...)
	if res := h.ingot(args...); res.code != 0 {
		h.t.Fatalf("ingot %s: exit %d\n%s", strings.Join(args, " "), res.code, res.stderr)
	}
}

// template writes a bare image template with the given Shell customizers.
func (h *home) template(name string, scripts ...string) string {
	h.t.Helper()
	var customize []map[string]any
	for i, s := range scripts {
		customize = append(customize, map[string]any{"type": "Shell", "name": fmt.Sprintf("step%d", i), "inline": strings.Split(s, "\n")})
	}
	doc := map[string]any{
		"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope",
		"identity": map[string]any{"type": "UserAssigned", "userAssignedIdentities": map[string]any{
			"/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": map[string]any{},
		}},
		"properties": map[string]any{
			"source":    map[string]any{"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"},
			"customize": customize,
			"distribute": []map[string]any{{
				"type": "SharedImage", "runOutputName": "version", "versioning": map[string]any{"scheme": "Latest"},
				"galleryImageId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/" + name,
				"targetRegions":  []map[string]any{{"name": "westeurope"}},
			}},
		},
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		h.t.Fatal(err)
	}
	path := filepath.Join(h.root, name+".json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

// ingot runs a command to its end.
func (h *home) ingot(args ...string) result {
	h.t.Helper()
	p := h.start(args...)
	return p.wait()
}

// running is Ingot at work.
type running struct {
	h      *home
	cmd    *exec.Cmd
	stderr bytes.Buffer
	stdout bytes.Buffer
	lines  chan string // of stdout
	done   chan struct{}
}

// start runs Ingot in the background. It is killed when the test ends.
func (h *home) start(args ...string) *running {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), runBudget)
	p := &running{h: h, lines: make(chan string, 1<<16), done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, h.bin, h.placed(args)...)
	p.cmd.Env = h.env
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	// A test binary that is killed takes Ingot with it; the goroutine that waits keeps the thread the signal hangs on.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		defer close(p.done)
		defer cancel()
		sc := bufio.NewScanner(io.TeeReader(out, &p.stdout))
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			p.lines <- sc.Text()
		}
		close(p.lines)
		_ = p.cmd.Wait()
	}()
	if err := <-started; err != nil {
		cancel()
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		cancel()
		<-p.done
	})
	return p
}

func (p *running) wait() result {
	p.h.t.Helper()
	<-p.done
	code := p.cmd.ProcessState.ExitCode()
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		code = 128 + int(ws.Signal()) // as a shell says it; Ctrl-C is 130 then too
	}
	return result{code: code, stdout: p.stdout.String(), stderr: p.stderr.String()}
}

func (p *running) signal(sig syscall.Signal) {
	p.h.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.h.t.Error(err)
	}
}

// until reads JSON events until one fits. It fails the test when the run ends first.
func (p *running) until(what string, fits func(events.Event) bool) events.Event {
	p.h.t.Helper()
	for line := range p.lines {
		var e events.Event
		if err := json.Unmarshal([]byte(line), &e); err == nil && fits(e) {
			return e
		}
	}
	res := p.wait()
	p.h.t.Fatalf("the run ended with %d before %s:\n%s\n%s", res.code, what, lastLines(res.stdout, 15), res.stderr)
	return events.Event{}
}

// untilStep waits until a step begins.
func (p *running) untilStep(step string) events.Event {
	p.h.t.Helper()
	return p.until("step "+step+" began", func(e events.Event) bool {
		return e.Step == step && e.State != nil && e.State.Phase == events.Running
	})
}

// leftovers is everything of a run that could be left on this machine: processes, staged files, half-written files, ledger
// entries.
func (h *home) leftovers() []string {
	h.t.Helper()
	var left []string
	for _, pid := range h.qemus() {
		left = append(left, fmt.Sprintf("QEMU process %d", pid))
	}
	for _, pid := range h.containers() {
		left = append(left, fmt.Sprintf("container %d", pid))
	}
	left = append(left, h.groups()...)
	for _, dir := range []string{
		filepath.Join(h.state(), "staging"),
		filepath.Join(h.root, "data/ingot/gallery/.incoming"),
		filepath.Join(h.root, "data/ingot/gallery/.partial"),
		filepath.Join(h.root, "data/ingot/images/tmp"),
		filepath.Join(h.root, "cache/ingot/downloads/partial"),
	} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.t.Error(err)
		}
		for _, e := range entries {
			left = append(left, filepath.Join(dir, e.Name()))
		}
	}
	locks, err := filepath.Glob(filepath.Join(h.state(), "runs/*/lock"))
	if err != nil {
		h.t.Error(err)
	}
	for _, path := range locks {
		f, err := os.Open(path)
		if err != nil {
			h.t.Error(err)
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			left = append(left, "held lock "+path)
		}
		f.Close()
	}
	return left
}

// qemus finds QEMU processes that work below this home.
func (h *home) qemus() []int {
	return h.processes(func(dir string) bool {
		exe, _ := os.ReadFile(dir + "/comm")
		return strings.HasPrefix(string(exe), "qemu-system")
	})
}

// processes finds those that work below this home, and fit by their folder in /proc. Builders start them in the run's staging directory.
func (h *home) processes(fits func(dir string) bool) []int {
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		cwd, err := os.Readlink(dir + "/cwd")
		if err == nil && strings.HasPrefix(cwd, h.state()) && fits(dir) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			pids = append(pids, pid)
		}
	}
	return pids
}

func (h *home) nothingLeft() {
	h.t.Helper()
	if left := h.leftovers(); len(left) > 0 {
		h.t.Errorf("left behind:\n  %s", strings.Join(left, "\n  "))
	}
}

// wantFailure checks the exit code and that stderr says each of the texts.
func (res result) wantFailure(t *testing.T, code int, texts ...string) {
	t.Helper()
	if res.code != code {
		t.Errorf("exit code %d, want %d\n%s\n%s", res.code, code, lastLines(res.stdout, 20), res.stderr)
	}
	for _, want := range texts {
		if !strings.Contains(res.stderr+res.stdout, want) {
			t.Errorf("%q is not said in:\n%s\n%s", want, lastLines(res.stdout, 20), res.stderr)
		}
	}
}
