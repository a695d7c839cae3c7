package machine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// What happens at once is counted once, and pauses between are not counted.
func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		work := func(d time.Duration) {
			m.Begin()
			time.Sleep(d)
			m.End()
		}
		go work(2 * time.Second)
		work(3 * time.Second)
		time.Sleep(time.Minute)
		work(time.Second)
		m.Begin()
		time.Sleep(500 * time.Millisecond)
		if got, want := m.Spent(), 4500*time.Millisecond; got != want {
			t.Errorf("while it runs: got %s, want %s", got, want)
		}
		m.End()
		if got, want := m.Spent(), 4500*time.Millisecond; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// scripted is a communicator whose commands begin as start says.
type scripted struct {
	packersdk.Communicator
	start func(*packersdk.RemoteCmd) error
}

func (c scripted) Start(_ context.Context, cmd *packersdk.RemoteCmd) error { return c.start(cmd) }

// A command counts from its start to its exit; one that cannot be started does not go on counting.
func TestMetered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		refused := errors.New("refused")
		comm := Metered{scripted{start: func(*packersdk.RemoteCmd) error { return refused }}, &m}
		if err := comm.Start(t.Context(), &packersdk.RemoteCmd{}); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Second)
		comm = Metered{scripted{start: func(cmd *packersdk.RemoteCmd) error {
			time.AfterFunc(2*time.Second, func() { cmd.SetExited(3) })
			return nil
		}}, &m}
		cmd := &packersdk.RemoteCmd{}
		if err := comm.Start(t.Context(), cmd); err != nil || cmd.Wait() != 3 {
			t.Errorf("got %v and exit code %d", err, cmd.ExitStatus())
		}
		time.Sleep(time.Minute)
		if got, want := m.Spent(), 2*time.Second; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestGuestTime(t *testing.T) {
	v := &Times{Boot: 30 * time.Second, Shutdown: 1500 * time.Millisecond}
	v.Steps.total = 8 * time.Second
	all, text := v.Total()
	if want := "The guest took 39.50 s: 30.00 s to boot, 8.00 s for the steps, 1.50 s to shut down"; all != 39500*time.Millisecond || text != want {
		t.Errorf("got %s, %q, want %q", all, text, want)
	}
}
