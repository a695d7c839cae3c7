package detach

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
)

// lines is the standard output of a command; it tells when a line has come.
type lines struct {
	came chan string
	rest string
}

func newLines() *lines { return &lines{came: make(chan string, 1000)} }

func (l *lines) Write(p []byte) (int, error) {
	l.rest += string(p)
	for {
		line, rest, ok := strings.Cut(l.rest, "\n")
		if !ok {
			return len(p), nil
		}
		l.came <- strings.TrimSuffix(line, "\r")
		l.rest = rest
	}
}

// begin starts a command and waits for its first line.
func begin(t *testing.T, c *Communicator, line string) (*packersdk.RemoteCmd, *lines, string) {
	t.Helper()
	out := newLines()
	cmd := &packersdk.RemoteCmd{Command: line, Stdout: out}
	if err := c.Start(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	return cmd, out, <-out.came
}

// lost fails unless a command ended without an exit code that anybody knows, for a reason.
func lost(t *testing.T, c *Communicator, cmd *packersdk.RemoteCmd, why string) {
	t.Helper()
	if got := cmd.Wait(); got != packersdk.CmdDisconnect {
		t.Errorf("exit code %d, want a lost connection", got)
	}
	if !strings.Contains(c.Lost(), why) {
		t.Errorf("lost since %q, want %q", c.Lost(), why)
	}
}

// ownDir is what a command runs to find its directory, which it does not know.
const ownDir = `d=$(tr '\0' '\n' </proc/$PPID/cmdline | grep /[.]ingot-)`

func TestLife(t *testing.T) {
	address, key := sshd(t)
	guest := func(t *testing.T, patience time.Duration) (*Communicator, *notes, *proxy) {
		p := newProxy(t, address)
		c, told := detached(t.Context(), overSSH(t, p.listener.Addr().String(), key), Shell, patience)
		t.Cleanup(c.Close)
		return c, told, p
	}
	t.Run("what watches over it is killed", func(t *testing.T) {
		c, _, _ := guest(t, 0)
		cmd, _, _ := begin(t, c, "echo here; kill -9 $PPID; sleep 0.1")
		lost(t, c, cmd, "was killed")
	})
	t.Run("it removes its files", func(t *testing.T) {
		c, _, _ := guest(t, 0)
		cmd, out, _ := begin(t, c, ownDir+`; echo "$d"; rm -rf "$d"; sleep 0.2; echo more; exit 9`)
		if got := cmd.Wait(); got != 9 {
			t.Errorf("exit code %d, want 9", got)
		}
		if got := <-out.came; got != "more" {
			t.Errorf("got %q after it", got)
		}
	})
	t.Run("it removes its files, and the connection is lost", func(t *testing.T) {
		c, _, p := guest(t, 0)
		cmd, _, _ := begin(t, c, ownDir+`; rm -rf "$d"; echo gone; sleep 0.5`)
		p.cut()
		lost(t, c, cmd, "files there were removed")
	})
	t.Run("the guest restarts", func(t *testing.T) {
		c, _, p := guest(t, 0)
		cmd, out, dir := begin(t, c, ownDir+`; echo "$d"; echo $$; sleep 1000`)
		pid := <-out.came
		// As it is after a restart: the files are there, and were made in another boot.
		if err := os.WriteFile(filepath.Join(dir, "pid"), []byte("1 another-boot\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.cut()
		lost(t, c, cmd, "it rebooted")
		execute(t, c, "kill -9 -"+pid)
	})
	t.Run("the guest restarts, and its files are gone", func(t *testing.T) {
		c, _, _ := guest(t, 0)
		s := newStep(c, &packersdk.RemoteCmd{})
		if err := s.converse(t.Context(), order{mode: follow, id: s.id, boot: "another-boot"}); err != nil || s.end.text != "reboot" {
			t.Errorf("got %v, %v", s.end, err)
		}
	})
	t.Run("the guest cannot be reached any more", func(t *testing.T) {
		c, told, p := guest(t, 200*time.Millisecond)
		cmd, _, pid := begin(t, c, `echo $$; sleep 1000`)
		p.shut(true)
		lost(t, c, cmd, "could not be reached for 200ms")
		if !strings.Contains(told.String(), "the command goes on there; trying to connect for up to 200ms") {
			t.Errorf("noted %s", told)
		}
		if _, err := os.Stat("/proc/" + pid); err != nil {
			t.Errorf("the command: %v", err)
		}
		p.shut(false)
		execute(t, c, "kill -9 -"+pid)
	})
	t.Run("the guest cannot be reached at all", func(t *testing.T) {
		c, _, p := guest(t, 200*time.Millisecond)
		p.shut(true)
		err := c.Start(t.Context(), &packersdk.RemoteCmd{Command: "true"})
		if err == nil || !strings.Contains(err.Error(), "no connection to the build VM for 200ms") {
			t.Errorf("got %v", err)
		}
		p.shut(false)
	})
	t.Run("cancelled", func(t *testing.T) {
		p := newProxy(t, address)
		ctx, cancel := context.WithCancel(t.Context())
		c, told := detached(ctx, overSSH(t, p.listener.Addr().String(), key), Shell, 0)
		cmd, out, pid := begin(t, c, `trap 'echo asked' TERM; echo $$; sleep 1000 & echo $!; sleep 1001; sleep 1002`)
		child := <-out.came
		cancel()
		p.cut() // and the connection is lost while it is killed
		c.Close()
		cmd.Wait()
		for _, pid := range []string{pid, child} {
			stat, err := os.ReadFile("/proc/" + pid + "/stat")
			if err == nil && !strings.Contains(string(stat), ") Z ") { // what nobody waits for is dead all the same
				t.Errorf("process %s lives: %s", pid, stat)
			}
		}
		if told.String() != "" {
			t.Errorf("noted %s", told)
		}
	})
	t.Run("silent", func(t *testing.T) {
		c, told, _ := guest(t, 0)
		c.times.silence = 40 * time.Millisecond
		if got := execute(t, c, "sleep 2").Exit; got != 0 {
			t.Errorf("exit code %d", got)
		}
		if n := strings.Count(told.String(), "the command still runs, and has been silent for"); n == 0 || n > 10 {
			t.Errorf("noted %d times: %s", n, told)
		}
	})
	t.Run("two at a time", func(t *testing.T) {
		c, _, p := guest(t, 0)
		first, out, _ := begin(t, c, "echo first; sleep 0.3; echo end; exit 3")
		second, _, _ := begin(t, c, "echo second; exit 4")
		p.cut()
		if first.Wait() != 3 || second.Wait() != 4 || <-out.came != "end" {
			t.Error("the ends are not theirs")
		}
	})
	nothingLeft(t)
}

// TestPlain has guests that cannot detach: the commands run as they are, and somebody is told.
func TestPlain(t *testing.T) {
	t.Run("no setsid", func(t *testing.T) {
		c, told := detached(t.Context(), plain{local{shell: "/bin/sh", env: []string{"PATH=/nowhere"}}}, Shell, 0)
		defer c.Close()
		for range 2 {
			if got := execute(t, c, "echo out; exit 3"); got != (ran{"out\n", "", 3}) {
				t.Errorf("got %+v", got)
			}
		}
		want := "commands run in the session itself, and end with it: the build VM cannot detach them: it has no setsid"
		if told.String() != want {
			t.Errorf("noted %s", told)
		}
	})
	t.Run("no shell", func(t *testing.T) {
		c, told := detached(t.Context(), plain{local{shell: "sh -c true;exit${IFS}3", env: []string{"PATH=/bin"}}}, Shell, 0)
		defer c.Close()
		if got := execute(t, c, "echo out"); got.Stdout != "out\n" {
			t.Errorf("got %+v", got)
		}
		if !strings.Contains(told.String(), "its shell ended with 3") {
			t.Errorf("noted %s", told)
		}
	})
	t.Run("WMI denies it", func(t *testing.T) {
		t.Parallel()
		m := winguest.New(winUser, winPassword)
		m.ProcessCreate = 2
		inner, _, _ := windowsGuest(t, m)
		c, told := detached(t.Context(), inner, Windows, 0)
		for range 2 {
			if got := execute(t, c, "echo out& exit 3"); got != (ran{"out\r\n", "", 3}) {
				t.Errorf("got %+v", got)
			}
		}
		if n := strings.Count(told.String(), "Win32_Process.Create returned 2"); n != 1 {
			t.Errorf("noted %s", told)
		}
		c.Close()
		clean(t, m)
	})
	t.Run("a long command line", func(t *testing.T) {
		t.Parallel()
		m := winguest.New(winUser, winPassword)
		inner, _, _ := windowsGuest(t, m)
		c, told := detached(t.Context(), inner, Windows, 0)
		long := strings.Repeat("x", 6000)
		if got := execute(t, c, "echo "+long); got.Stdout != long+"\r\n" {
			t.Errorf("got %+v", got)
		}
		if got := execute(t, c, "echo short"); got.Stdout != "short\r\n" {
			t.Errorf("got %+v", got)
		}
		if !strings.Contains(told.String(), "its command line of 6005 bytes is too long for that") {
			t.Errorf("noted %s", told)
		}
		c.Close()
		clean(t, m)
	})
}

// plain is a local that runs commands too.
type plain struct{ local }

func (p plain) Start(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	if cmd.Stdin != nil {
		return p.local.Start(ctx, cmd)
	}
	cmd.Stdin = strings.NewReader(cmd.Command)
	return local{shell: "/bin/sh"}.Start(ctx, cmd)
}

// garbler answers as a guest does, up to a point.
type garbler struct {
	packersdk.Communicator
	answer string
}

func (g garbler) Start(_ context.Context, cmd *packersdk.RemoteCmd) error {
	script, err := io.ReadAll(cmd.Stdin)
	if err != nil {
		return err
	}
	_, magic, _ := strings.Cut(string(script), "magic='")
	magic, _, _ = strings.Cut(magic, "'")
	go func() {
		_, _ = io.WriteString(cmd.Stdout, "\n"+magic+"\n"+g.answer)
		cmd.SetExited(0)
	}()
	return nil
}

func TestGarbage(t *testing.T) {
	t.Run("before the command begins", func(t *testing.T) {
		c, _ := detached(t.Context(), garbler{answer: "<html>\n"}, Shell, time.Minute)
		err := c.Start(t.Context(), &packersdk.RemoteCmd{Command: "true"})
		if err == nil || !strings.Contains(err.Error(), `the guest's answer has the line "<html>"`) {
			t.Errorf("got %v", err)
		}
		c.Close()
	})
	t.Run("after it", func(t *testing.T) {
		c, told := detached(t.Context(), garbler{answer: "s -\no 3\nabco -5\n"}, Shell, time.Minute)
		var out strings.Builder
		cmd := &packersdk.RemoteCmd{Command: "true", Stdout: &out}
		if err := c.Start(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
		lost(t, c, cmd, "its answers could not be understood: the guest's answer has a chunk of \"-5\" bytes")
		if out.String() != strings.Repeat("abc", mostBad) { // which is what was asked for: more, from where it stopped
			t.Errorf("output %q; noted %s", out.String(), told)
		}
		c.Close()
	})
}

func TestLifeWindows(t *testing.T) {
	t.Parallel()
	guest := func(t *testing.T, ctx context.Context) (*Communicator, *notes, *winguest.Machine) {
		t.Parallel()
		m := winguest.New(winUser, winPassword)
		m.Programs["long"] = winguest.Answer{Delay: time.Minute}
		inner, _, _ := windowsGuest(t, m)
		c, told := detached(ctx, inner, Windows, time.Minute)
		c.times.dead, c.times.slow = 500*time.Millisecond, time.Second
		return c, told, m
	}
	t.Run("what watches over it is killed", func(t *testing.T) {
		c, _, m := guest(t, t.Context())
		cmd, _, _ := begin(t, c, "echo here& long")
		if !m.EndWatcher() {
			t.Error("nothing watches over it")
		}
		lost(t, c, cmd, "was killed")
		c.Close()
		clean(t, m)
	})
	t.Run("the guest restarts", func(t *testing.T) {
		c, _, m := guest(t, t.Context())
		cmd, _, _ := begin(t, c, "echo here& long")
		m.Restart()
		lost(t, c, cmd, "it rebooted")
		c.Close()
		clean(t, m)
	})
	t.Run("it restarts the guest and ends", func(t *testing.T) {
		c, _, m := guest(t, t.Context())
		if got := execute(t, c, "shutdown /r /f /t 60& exit 5").Exit; got != 5 {
			t.Errorf("exit code %d", got)
		}
		if got := execute(t, c, "shutdown /r /f /t 60").Exit; got != 1190 {
			t.Errorf("exit code %d", got)
		}
		if got := execute(t, c, "SHUTDOWN.exe /a").Exit; got != 0 {
			t.Errorf("exit code %d", got)
		}
		for _, line := range m.Journal()[1:] {
			if strings.Contains(strings.ToLower(line), "shutdown") && strings.Contains(line, "powershell") {
				t.Errorf("a shutdown is detached: %s", line)
			}
		}
		c.Close()
		clean(t, m)
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, told, m := guest(t, ctx)
		cmd, _, _ := begin(t, c, "echo here& long")
		cancel()
		cmd.Wait()
		c.Close()
		if m.EndWatcher() {
			t.Error("the command lives")
		}
		if told.String() != "" {
			t.Errorf("noted %s", told)
		}
		clean(t, m)
	})
}
