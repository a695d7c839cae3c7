package baseimage

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/baseimage/bootstrap"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/runcmd"
)

func TestBootstrapUnknown(t *testing.T) {
	s := newStore(t, "")
	var unknown *UnknownError
	if _, err := s.Bootstrap(t.Context(), "ubuntu-24.04", nil); !errors.As(err, &unknown) || len(unknown.Known) == 0 {
		t.Errorf("got %v, want *UnknownError", err)
	}
	wantEmpty(t, s)
}

// failing runs no program and fails them all.
type failing struct{ err error }

func (f failing) Run(context.Context, runcmd.Cmd) ([]byte, error) { return nil, f.err }

func TestBootstrapFailureLeavesNothing(t *testing.T) {
	s := newStore(t, "")
	s.run = failing{errors.New("no such luck")}
	if _, err := s.Bootstrap(t.Context(), "debian-12", nil); err == nil {
		t.Error("an image was made of nothing")
	}
	wantEmpty(t, s)
}

// TestBootstrapForReal makes an image, cancels the making of a second one and kills the making of a third.
func TestBootstrapForReal(t *testing.T) {
	if os.Getenv("INGOT_TEST_BOOTSTRAP") != "1" {
		t.Skip("makes an image from the Debian mirror; set INGOT_TEST_BOOTSTRAP=1 to run it")
	}
	if root := os.Getenv("INGOT_TEST_CHILD"); root != "" {
		s, err := Open(root, Options{})
		must(t, err)
		_, err = s.Bootstrap(t.Context(), "debian-12", nil)
		must(t, err)
		return
	}
	s := newStore(t, "")
	t.Cleanup(func() { _ = bootstrap.RemoveAll(context.Background(), s.run, s.root) })
	im, err := s.Bootstrap(t.Context(), "debian-12", func(p events.Progress) { t.Logf("%s %d/%d", p.What, p.Done, p.Total) })
	must(t, err)
	t.Logf("%+v", im)
	if im.VirtualSize != bootstrap.DiskSize || im.Origin != OriginBootstrap || im.Version != "0.20261121.0" {
		t.Errorf("got %+v", im)
	}
	wantEmpty(t, s)

	ctx, cancel := context.WithTimeoutCause(t.Context(), 6*time.Second, errors.New("interrupted"))
	defer cancel()
	if _, err := s.Bootstrap(ctx, "debian-12", nil); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("cancelled: got %v", err)
	}
	wantEmpty(t, s)
	must(t, s.Verify(t.Context(), "debian-12"))

	child := exec.Command(os.Args[0], "-test.run=^TestBootstrapForReal$")
	child.Env = append(os.Environ(), "INGOT_TEST_CHILD="+s.root)
	must(t, child.Start())
	time.Sleep(6 * time.Second)
	must(t, child.Process.Kill())
	_ = child.Wait()
	deadline := time.Now().Add(10 * time.Second)
	for out := []byte("x"); len(out) > 0; time.Sleep(100 * time.Millisecond) {
		out, _ = exec.Command("pgrep", "-f", s.root).Output()
		if time.Now().After(deadline) {
			t.Fatalf("processes outlived the one killed: %s", out)
		}
	}
	left, err := s.Sweep(t.Context())
	if err != nil || len(left) != 1 || left[0].What != "unfinished bootstrap of debian-12" {
		t.Errorf("swept %v, %v", left, err)
	}
	wantEmpty(t, s)
	must(t, s.Verify(t.Context(), "debian-12"))
}
