package detach

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	winrmcomm "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const (
	winUser     = "packer"
	winPassword = "word"
)

// windowsGuest starts a machine behind WinRM, with something in between that can be cut, and gives Packer's
// communicator to it.
func windowsGuest(t testing.TB, m *winguest.Machine) (packersdk.Communicator, *winrmserver.Server, *proxy) {
	t.Helper()
	s, err := winrmserver.Start(m, winrmserver.Options{User: winUser, Password: winPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	m.Down = func() func() {
		back := s.Restart(100 * time.Millisecond)
		return func() { _ = back() }
	}
	p := newProxy(t, s.Address())
	comm, err := winrmcomm.New(&winrmcomm.Config{
		Host: "127.0.0.1", Port: p.port(), Username: winUser, Password: winPassword, Timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return comm, s, p
}

// clean fails when a machine did not understand something, or has files of commands.
func clean(t *testing.T, m *winguest.Machine) {
	t.Helper()
	if len(m.Unknown()) > 0 {
		t.Errorf("not understood: %.300q", m.Unknown())
	}
	for _, path := range m.Files() {
		if strings.Contains(path, "ingot-") {
			t.Errorf("left behind: %s", path)
		}
	}
}

// TestAsDirectlyWindows runs command lines with and without the wrapper.
func TestAsDirectlyWindows(t *testing.T) {
	t.Parallel()
	m := winguest.New(winUser, winPassword)
	m.Programs["bytes"] = winguest.Answer{Stdout: "\x00\xff\r\n\r", Stderr: "\xfe", Exit: -196608}
	m.Programs["much"] = winguest.Answer{Stdout: strings.Repeat("0123456789", 30000), Stderr: strings.Repeat("e", 100000)}
	inner, _, _ := windowsGuest(t, m)
	c, told := detached(t.Context(), inner, Windows, 0)
	for _, line := range []string{
		"echo hello", "exit 3", "bytes", "much", "set", "cd", `cd \ & cd`, "whoami", `echo "a & b" & echo %USERNAME% 100%% ^& é`,
		`powershell -executionpolicy bypass "& { Write-Output 'x'; exit 7 }"`, `set X=1& set X`, "",
	} {
		t.Run(line, func(t *testing.T) {
			if diff := cmp.Diff(execute(t, inner, line), execute(t, c, line)); diff != "" {
				t.Errorf("-directly +detached:\n%.2000s", diff)
			}
		})
	}
	if told.String() != "" {
		t.Errorf("noted %s", told)
	}
	c.Close()
	clean(t, m)
}

// TestDropsWinRM cuts a connection to WinRM, and has Windows end shells.
func TestDropsWinRM(t *testing.T) {
	t.Parallel()
	r := dice(t)
	m := winguest.New(winUser, winPassword)
	var lines []string
	var wants []ran
	for i := range 40 {
		var line, out, errs string
		for j := range 4 {
			name := fmt.Sprintf("part%dx%d", i, j)
			a := winguest.Answer{
				Stdout: string(blob(r, 1<<19)), Stderr: string(blob(r, 1<<17)), Delay: time.Duration(r.IntN(100)) * time.Millisecond,
			}
			m.Programs[name] = a
			line, out, errs = line+name+" & ", out+a.Stdout, errs+a.Stderr
		}
		exit := r.IntN(5000) - 1000
		lines = append(lines, fmt.Sprintf("%sexit %d", line, exit))
		wants = append(wants, ran{out, errs, exit})
	}
	inner, s, p := windowsGuest(t, m)
	c, told := detached(t.Context(), inner, Windows, time.Minute)
	// The client asks a shell that is gone for ever: it takes every fault for a reply without output.
	c.times.dead, c.times.slow = 500*time.Millisecond, time.Second
	kinds := rand.New(rand.NewPCG(r.Uint64(), 0))
	underCuts(t, r, c, told, func() bool {
		if kinds.IntN(2) == 0 {
			return p.cut()
		}
		some := s.Shells() > 0
		s.EndShells()
		return some
	}, func(n int) (string, ran) { return lines[n%len(lines)], wants[n%len(wants)] })
	clean(t, m)
}
