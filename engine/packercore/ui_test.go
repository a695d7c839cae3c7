package packercore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
)

// acting is a provisioner that does what a test says.
type acting func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error

func (acting) ConfigSpec() hcldec.ObjectSpec { return hcldec.ObjectSpec{} }
func (acting) Prepare(...any) error          { return nil }

func (act acting) Provision(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, _ map[string]any) error {
	return act(ctx, ui, comm)
}

// actingRig is a build with one provisioner.
func actingRig(t *testing.T, attrs string, act acting) *rig {
	r := newRig(t, map[string]string{"image.pkr.hcl": `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  provisioner "acting" {
    ` + attrs + `
  }
}
`})
	r.reg.Provisioners["acting"] = func() packersdk.Provisioner { return act }
	return r
}

// steps returns what was emitted for the provisioner, without its id.
func steps(r *rig) []string {
	var lines []string
	for _, line := range r.lines() {
		if rest, ok := strings.CutPrefix(line, "provisioner[0]: "); ok {
			lines = append(lines, rest)
		}
	}
	return lines
}

func TestUI(t *testing.T) {
	r := actingRig(t, "", func(_ context.Context, ui packersdk.Ui, _ packersdk.Communicator) error {
		ui.Sayf("%d lines\n\nwith a gap\r\n", 2)
		ui.Message("old style") //lint:ignore SA1019 older components call it
		ui.Errorf("bad %s", "news")
		ui.Machine("template-version", "1.9.4")
		ui.Machine("ingot-progress", "boot", "guest", "one", "3", "checks")
		ui.Machine("ingot-state", "boot", "sleeping", "")
		ui.Machine("ingot-console")
		if answer, err := ui.Askf("really %s?", "now"); err == nil {
			return fmt.Errorf("somebody answered %q", answer)
		}
		return nil
	})
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"running acting",
		"say| 2 lines",
		"say| ",
		"say| with a gap",
		"stdout| old style",
		"stderr| bad news",
		`say| ingot-progress with arguments that have no meaning: ["boot" "guest" "one" "3" "checks"]`,
		`say| ingot-state with arguments that have no meaning: ["boot" "sleeping" ""]`,
		`say| ingot-console with arguments that have no meaning: []`,
		"done acting",
	}, steps(r)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestProgress(t *testing.T) {
	const mib = 1 << 20
	for _, tc := range []struct {
		name        string
		size, total int64
		atMost      int
		last        string
	}{
		{"small", 100, 100, 1, "copy f 100/100 bytes"},
		{"large", 300 * mib, 300 * mib, 101, fmt.Sprintf("copy f %d/%d bytes", 300*mib, 300*mib)},
		{"of unknown size", 2*mib + 1, 0, 3, fmt.Sprintf("copy f %d/0 bytes", 2*mib+1)},
		{"empty", 0, 0, 0, "running acting"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := actingRig(t, "", func(_ context.Context, ui packersdk.Ui, _ packersdk.Communicator) error {
				src := io.NopCloser(io.LimitReader(zeros{}, tc.size))
				_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, ui.TrackProgress("f", 0, tc.total, src), make([]byte, 32<<10))
				return err
			})
			if _, err := r.build(t.Context()); err != nil {
				t.Fatal(err)
			}
			lines := steps(r)
			if n := len(lines) - 2; n > tc.atMost {
				t.Errorf("%d events, want %d at most", n, tc.atMost)
			}
			if got := lines[len(lines)-2]; got != tc.last {
				t.Errorf("the last one is %q, want %q", got, tc.last)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A provisioner that does not obey its context is left behind, and what it says then reaches nobody.
func TestStraggler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		release := make(chan struct{})
		r := actingRig(t, "", func(_ context.Context, ui packersdk.Ui, _ packersdk.Communicator) error {
			ui.Say("early")
			cancel(stop)
			<-release
			ui.Say("late")
			return nil
		})
		if _, err := r.build(ctx); err != stop {
			t.Errorf("got %v, want the cause", err)
		}
		close(release)
		synctest.Wait()
		if !r.saw("provisioner[0]: say| early") || r.saw("provisioner[0]: say| late") {
			t.Errorf("events: %q", r.lines())
		}
	})
}

func TestPauseAndElapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := actingRig(t, `pause_before = "90s"`, func(context.Context, packersdk.Ui, packersdk.Communicator) error {
			time.Sleep(time.Second)
			return nil
		})
		r.opts.Now = time.Now
		if _, err := r.build(t.Context()); err != nil {
			t.Fatal(err)
		}
		end := r.events[len(r.events)-1]
		if end.State == nil || end.State.Phase != events.Done || end.State.Elapsed != 91*time.Second {
			t.Errorf("the last event is %+v, want done after 91 s", end.State)
		}
	})
}

// Packer's retry loops and waits for commands do not look at a context; the communicator they get does.
func TestGuestAfterCancel(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	var uploadErr error
	status := -1
	r := actingRig(t, "", func(_ context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		cancel(stop)
		uploadErr = comm.Upload("/tmp/x", bytes.NewReader(nil), nil)
		cmd := &packersdk.RemoteCmd{Command: "rm -f /tmp/x"}
		err := comm.Start(context.Background(), cmd)
		status = cmd.Wait()
		return err
	})
	if _, err := r.build(ctx); err != stop {
		t.Errorf("got %v, want the cause", err)
	}
	if uploadErr != stop || status != 0 {
		t.Errorf("upload gave %v and the command %d, want the cause and 0", uploadErr, status)
	}
	if got := r.builder.guest.Commands(); len(got) != 0 {
		t.Errorf("ran %q, want nothing", got)
	}
}
