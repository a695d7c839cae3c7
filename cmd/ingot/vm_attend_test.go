package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a program at a terminal, and the person there.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	keys *os.File

	mu     sync.Mutex
	screen bytes.Buffer
	grown  chan struct{} // has a value when there is more to see
	ended  chan struct{}
	read   int // what was waited for already
}

// atTerminal starts Ingot at a terminal.
func (h *home) atTerminal(args ...string) *terminal {
	h.t.Helper()
	cmd := exec.Command(h.bin, h.placed(args)...)
	cmd.Env = h.env
	keys, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		h.t.Fatal(err)
	}
	p := &terminal{t: h.t, cmd: cmd, keys: keys, grown: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		chunk := make([]byte, 4096)
		for {
			n, err := keys.Read(chunk)
			p.mu.Lock()
			p.screen.Write(chunk[:n])
			p.mu.Unlock()
			select {
			case p.grown <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-p.ended
		_ = keys.Close()
	})
	return p
}

// sees waits until a text is on the screen, after what was waited for before.
func (p *terminal) sees(text string) {
	p.t.Helper()
	deadline := time.After(5 * time.Minute)
	for over := false; ; {
		p.mu.Lock()
		i := strings.Index(p.screen.String()[p.read:], text)
		if i >= 0 {
			p.read += i + len(text)
		}
		shown := p.screen.String()
		p.mu.Unlock()
		if i >= 0 {
			return
		}
		if over {
			p.t.Fatalf("the screen never showed %q:\n%s", text, shown)
		}
		select {
		case <-p.grown:
		case <-p.ended:
			over = true
		case <-deadline:
			over = true
		}
	}
}

// types types a line.
func (p *terminal) types(line string) {
	p.t.Helper()
	if _, err := p.keys.WriteString(line + "\r"); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the end, and gives the exit code.
func (p *terminal) ends() int {
	<-p.ended
	var exit *exec.ExitError
	if err := p.cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	} else if err != nil {
		p.t.Fatal(err)
	}
	return 0
}

// TestAtTerminal has a person mend what a step lacks, in a shell that opens when it fails, and go on; all in one VM.
func TestAtTerminal(t *testing.T) {
	h := newTinyHome(t).fast()
	p := h.atTerminal("build", h.template("lacks", "test -f /tmp/made", "test -f /tmp/never"), "--on-error", "shell")
	p.sees("a shell in the VM at 127.0.0.1:")
	p.sees("$ ")
	p.types("stty size; touch /tmp/made; exit")
	p.sees("40 200")
	const question = "exited with 1: [r]etry the step, [g]o on without it, [s]hell in the VM, [k]eep the VM and end, [c]lean up and end?"
	p.sees("customize[0] step0 " + question)
	p.types("r")
	p.sees("decided: retry the step")
	p.sees("a shell in the VM at 127.0.0.1:")
	p.sees("$ ")
	p.types("exit")
	p.sees("customize[1] step1 " + question)
	p.types("what?")
	p.sees(question)
	p.types("go on")
	p.sees("generalize: done")
	p.sees("lacks")
	if code := p.ends(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.screen.String())
	}
}

// TestNobodyToAsk: without a terminal nothing is begun.
func TestNobodyToAsk(t *testing.T) {
	bin, err := ingotBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"ask", "shell"} {
		out, err := exec.Command(bin, "build", "web.json", "--on-error", what).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--on-error "+what+" needs somebody to ask") {
			t.Errorf("--on-error %s: %v\n%s", what, err, out)
		}
	}
}
