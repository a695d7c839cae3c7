package packercore_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// TestDetach loses the session of a step over WinRM, with Packer's own builder and provisioners.
func TestDetach(t *testing.T) {
	const user, password = "packer", "word"
	m := winguest.New(user, password)
	var lose atomic.Bool
	m.Programs["loses"] = winguest.Answer{Delay: 300e6, Stdout: "before\r\n", Do: func(*winguest.Machine) { lose.Store(true) }}
	m.Programs["ends"] = winguest.Answer{Stdout: "after\r\n", Exit: 7, Delay: 50e6}
	s, err := winrmserver.Start(m, winrmserver.Options{User: user, Password: password, Fault: func(r winrmserver.Request) winrmserver.Fault {
		if r.Action == "Receive" && lose.CompareAndSwap(true, false) {
			return winrmserver.LostReply
		}
		return winrmserver.NoFault
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := newRig(t, map[string]string{"image.pkr.hcl": fmt.Sprintf(`
source "null" "x" {
  communicator   = "winrm"
  winrm_host     = "127.0.0.1"
  winrm_port     = %d
  winrm_username = %q
  winrm_password = %q
}
build {
  sources = ["source.null.x"]
  provisioner "windows-shell" {
    inline           = ["loses", "ends"]
    valid_exit_codes = [7]
  }
}
`, s.Port(), user, password)})
	r.reg = stockRegistry()
	r.opts.Detach = packercore.Detach{When: packercore.DetachAuto}
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out []string
	var said string
	for _, e := range r.events {
		switch {
		case e.Output != nil && e.Output.Stream == events.Stdout:
			out = append(out, e.Output.Text)
		case e.Output != nil && e.Output.Stream == events.Say:
			said += e.Output.Text + "\n"
		}
	}
	for _, want := range []string{"before", "after"} {
		if n := len(slices.DeleteFunc(slices.Clone(out), func(line string) bool { return line != want })); n != 1 {
			t.Errorf("%q came %d times; output:\n%s", want, n, strings.Join(out, "\n"))
		}
	}
	for _, want := range []string{"the command goes on there", "connected to the build VM again"} {
		if !strings.Contains(said, want) {
			t.Errorf("nobody said %q:\n%s", want, said)
		}
	}
	for _, path := range m.Files() {
		if strings.Contains(path, "ingot-") {
			t.Errorf("left behind: %s", path)
		}
	}
}
