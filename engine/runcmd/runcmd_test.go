package runcmd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func sh(script string, args ...string) Cmd {
	return Cmd{Path: "sh", Args: append([]string{"-c", script, "sh"}, args...)}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		cmd  Cmd
		want string
	}{
		{"arguments are not a shell line", sh(`printf '%s|' "$@"`, "a b", "$HOME", "*", ""), "a b|$HOME|*||"},
		{"stdin", Cmd{Path: "cat", Stdin: strings.NewReader("hello")}, "hello"},
		{"no stdin", Cmd{Path: "cat"}, ""},
		{"folder", Cmd{Path: "pwd", Dir: dir}, dir + "\n"},
		{"environment", Cmd{Path: "sh", Args: []string{"-c", "echo $INGOT_A ${PATH:+path}"}, Env: []string{"INGOT_A=1"}}, "1 path\n"},
		{"stderr is not the result", sh("echo out; echo err >&2"), "out\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Host{}.Run(t.Context(), tt.cmd)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestStdoutCanGoElsewhere(t *testing.T) {
	var got bytes.Buffer
	c := sh("head -c 20000000 /dev/zero") // more than a result may hold
	c.Stdout = &got
	result, err := Host{}.Run(t.Context(), c)
	if err != nil || len(result) != 0 || got.Len() != 20000000 {
		t.Errorf("result of %d bytes, %d written, %v", len(result), got.Len(), err)
	}
}

func TestMissingProgram(t *testing.T) {
	for _, path := range []string{"ingot-no-such-program", "/no/such/program"} {
		_, err := Host{}.Run(t.Context(), Cmd{Path: path})
		var missing *MissingError
		if !errors.As(err, &missing) || missing.Program != path {
			t.Errorf("%s: got %v, want a *MissingError", path, err)
		}
	}
	file := filepath.Join(t.TempDir(), "not-executable")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Host{}).Run(t.Context(), Cmd{Path: file}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want a permission error with the path", err)
	}
}

func TestFailingProgram(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		code         int
		want         string // of the whole message
	}{
		{"exit code", "echo out; echo no such image >&2; exit 3", 3, "exited with 3: no such image"},
		{"silent", "exit 1", 1, "exited with 1: it said nothing"},
		{"killed from outside", "kill -9 $$", -1, "was killed: it said nothing"},
		{"long story", "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1", 1, "line 1999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Host{}.Run(t.Context(), sh(tt.script))
			var exit *ExitError
			if !errors.As(err, &exit) || exit.Code != tt.code || !strings.HasSuffix(err.Error(), tt.want) {
				t.Fatalf("got %v, want code %d and %q", err, tt.code, tt.want)
			}
			if len(exit.Stderr) > maxStderr {
				t.Errorf("keeps %d bytes of stderr", len(exit.Stderr))
			}
		})
	}
}

func TestTooMuchOutput(t *testing.T) {
	got, err := Host{}.Run(t.Context(), Cmd{Path: "cat", Args: []string{"/dev/zero"}}) // it never ends by itself
	var output *OutputError
	if !errors.As(err, &output) || output.Program != "cat" || got != nil {
		t.Errorf("got %d bytes, %v; want an *OutputError", len(got), err)
	}
}

// gone waits until a process is gone, or ended and not reaped by whoever is its parent now.
func gone(t *testing.T, pid string) {
	t.Helper()
	for {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-t.Context().Done(): // the test's own time limit
			t.Fatalf("process %s still runs", pid)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestCancelEndsTheWholeGroup(t *testing.T) {
	defer func(was time.Duration) { killDelay = was }(killDelay)
	killDelay = 200 * time.Millisecond
	for _, tt := range []struct{ name, script string }{
		{"all obey", `sleep 1000 & echo $$ $!; wait`},
		{"the program ignores SIGTERM", `trap "" TERM; sleep 1000 & echo $$ $!; while :; do wait; done`},
		{"its child ignores SIGTERM and holds the output", `(trap "" TERM; exec sleep 1000) & echo $$ $!; wait`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cause := errors.New("the user pressed Ctrl-C")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			r, w := io.Pipe()
			defer r.Close()
			var pids []string
			go func() {
				line, _ := bufio.NewReader(r).ReadString('\n')
				pids = strings.Fields(line)
				cancel(cause)
				_, _ = io.Copy(io.Discard, r)
			}()
			c := sh(tt.script)
			c.Stdout = w
			if _, err := (Host{}).Run(ctx, c); !errors.Is(err, cause) {
				t.Errorf("got %v, want the cause", err)
			}
			if len(pids) != 2 {
				t.Fatalf("processes %v", pids)
			}
			for _, pid := range pids {
				gone(t, pid)
			}
		})
	}
	t.Run("before it starts", func(t *testing.T) {
		mark := filepath.Join(t.TempDir(), "ran")
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("stopped")
		cancel(cause)
		if _, err := (Host{}).Run(ctx, sh(`: > "$1"`, mark)); !errors.Is(err, cause) {
			t.Errorf("got %v, want the cause", err)
		}
		if _, err := os.Stat(mark); err == nil {
			t.Error("the program ran")
		}
	})
}

func TestChildThatHoldsTheOutput(t *testing.T) {
	defer func(was time.Duration) { killDelay = was }(killDelay)
	killDelay = 50 * time.Millisecond
	out, err := Host{}.Run(t.Context(), sh("sleep 1000 & echo $!"))
	if err == nil || !strings.Contains(err.Error(), "still holds its output") {
		t.Errorf("got %q, %v", out, err)
	}
	var pid int
	if _, err := fmt.Sscan(string(out), &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

const roleVariable = "INGOT_RUNCMD_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == "" {
		os.Exit(m.Run())
	}
	c := sh(`echo $$; exec sleep 1000`)
	c.Stdout = os.Stdout
	_, err := Host{}.Run(context.Background(), c)
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestProgramsDieWithIngot(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid, err := bufio.NewReader(out).ReadString('\n')
	if kerr := cmd.Process.Kill(); err != nil || kerr != nil {
		t.Fatal(err, kerr)
	}
	_ = cmd.Wait() // "signal: killed"
	gone(t, strings.TrimSpace(pid))
}
