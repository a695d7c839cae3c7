package windowsrestart_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/windowsrestart"
)

func TestPrepare(t *testing.T) {
	for _, tc := range []struct{ name, config, err string }{
		{"defaults", "", ""},
		{"all of the service's", `
			restart_command       = "shutdown /r /f /t 0"
			restart_check_command = "echo Azure-Image-Builder-Restarted-the-VM"
			restart_timeout       = "30m"`, ""},
		{"a timeout without a unit", `restart_timeout = "30"`, "missing unit in duration"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := windowsrestart.New()
			err := p.Prepare(provtest.Decode(t, p, tc.config))
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("got %v, want %q", err, tc.err)
			}
		})
	}
}

// A restart as Packer does it: the order is given, the guest is asked whether it is still on its way down, and the check command
// and a look at PowerShell tell that it is back.
func TestRestart(t *testing.T) {
	t.Parallel() // Packer waits five seconds before it looks for the guest
	p := windowsrestart.New()
	if err := p.Prepare(provtest.Decode(t, p, `
		restart_command       = "down with it"
		restart_check_command = "are you there"
		restart_timeout       = "1m"`)); err != nil {
		t.Fatal(err)
	}
	g := &provtest.Guest{Rules: []provtest.Rule{{Contains: "powershell", Stdout: "BUILDVM restarted.\n"}}}
	if err := p.Provision(t.Context(), &provtest.UI{}, g, nil); err != nil {
		t.Fatal(err)
	}
	commands := g.Commands()
	want := []string{"down with it", `shutdown /r /f /t 60 /c "packer restart test"`, "shutdown /a", "are you there"}
	if diff := cmp.Diff(want, commands[:min(4, len(commands))]); diff != "" || len(commands) != 5 {
		t.Errorf("commands (-want +got):\n%s\nall: %q", diff, commands)
	}
}

// A restart command that fails ends the build; codes that tell of a restart under way do not.
func TestRefusedRestart(t *testing.T) {
	p := windowsrestart.New()
	if err := p.Prepare(provtest.Decode(t, p, `restart_command = "down with it"`)); err != nil {
		t.Fatal(err)
	}
	g := &provtest.Guest{Rules: []provtest.Rule{{Contains: "down with it", Exit: 5}}}
	err := p.Provision(t.Context(), &provtest.UI{}, g, nil)
	if err == nil || !strings.Contains(err.Error(), "5") {
		t.Errorf("got %v, want an error with the exit code", err)
	}
}

// listener notes the context of the last command.
type listener struct {
	*provtest.Guest
	mu   sync.Mutex
	last context.Context
}

func (l *listener) Start(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	l.mu.Lock()
	l.last = ctx
	l.mu.Unlock()
	return l.Guest.Start(ctx, cmd)
}

// When the time is over, what looks for the guest is told to stop: Packer leaves it running.
func TestTimeout(t *testing.T) {
	t.Parallel() // Packer waits five seconds before it looks for the guest
	p := windowsrestart.New()
	if err := p.Prepare(provtest.Decode(t, p, `restart_timeout = "6s"`)); err != nil {
		t.Fatal(err)
	}
	l := &listener{Guest: &provtest.Guest{}} // its PowerShell never says anything
	err := p.Provision(t.Context(), &provtest.UI{}, l, nil)
	if err == nil || !strings.Contains(err.Error(), "Timeout waiting for machine to restart") {
		t.Errorf("got %v", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last.Err() == nil {
		t.Error("the guest is still looked for")
	}
}

// deaf starts no command before the test ends, as WinRM waits for one that hangs.
type deaf struct {
	*provtest.Guest
	began func()
	end   <-chan struct{}
}

func (d deaf) Start(context.Context, *packersdk.RemoteCmd) error {
	d.began()
	<-d.end
	return errors.New("the connection is closed")
}

func TestCancel(t *testing.T) {
	p := windowsrestart.New()
	if err := p.Prepare(provtest.Decode(t, p, "")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan struct{})
	defer close(end)
	err := p.Provision(ctx, &provtest.UI{}, deaf{&provtest.Guest{}, cancel, end}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
