package store

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

func TestReopen(t *testing.T) {
	ctx := t.Context()
	s := openTest(t, testDirs(t))
	first := startTest(t, s, "web")
	id := first.Run().ID
	if _, err := s.Reopen(ctx, id); !isLive(err, os.Getpid()) {
		t.Errorf("a run that is worked on: %v", err)
	}
	output := events.RunOutput{Name: "out", Type: "VHD", Path: "/x"}
	for _, err := range []error{
		first.SetState(ctx, Running, Customizing), first.AddOutput(ctx, output), first.Finish(ctx, Failed, "a customizer failed"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	sink := events.SerialFrom(id, first.LastEvent(), first.Sink(), time.Now)
	sink(events.Event{Step: "boot"})
	sink(events.Event{Step: "customize[0]"})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	again, err := s.Reopen(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	want := first.Run()
	want.State, want.Message, want.Ended = Running, "", time.Time{}
	if diff := cmp.Diff(want, again.Run()); diff != "" {
		t.Errorf("taken up again (-want +got):\n%s", diff)
	}
	found, err := s.Find(ctx, id)
	if diff := cmp.Diff(want, found); diff != "" || err != nil {
		t.Errorf("as others see it (-want +got), %v:\n%s", err, diff)
	}
	if _, err := s.Reopen(ctx, id); !isLive(err, os.Getpid()) {
		t.Errorf("a second time: %v", err)
	}
	events.SerialFrom(id, again.LastEvent(), again.Sink(), time.Now)(events.Event{Step: "customize[1]"})
	if err := errors.Join(again.Finish(ctx, Succeeded, ""), again.Close()); err != nil {
		t.Fatal(err)
	}
	var steps []string
	for e, err := range s.Events(ctx, id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if steps = append(steps, e.Step); e.Seq != int64(len(steps)) {
			t.Errorf("event %d has the number %d", len(steps), e.Seq)
		}
	}
	if diff := cmp.Diff([]string{"boot", "customize[0]", "customize[1]"}, steps); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	var absent *NotFoundError
	for _, id := range []string{"", "ffffffff"} {
		if _, err := s.Reopen(ctx, id); !errors.As(err, &absent) {
			t.Errorf("run %q: %v", id, err)
		}
	}
}

func isLive(err error, pid int) bool {
	var live *LiveError
	return errors.As(err, &live) && live.PID == pid
}

// TestOneReopens has many take up the same run while others settle it.
func TestOneReopens(t *testing.T) {
	ctx := t.Context()
	s := openTest(t, testDirs(t))
	dead := startTest(t, s, "web")
	id := dead.Run().ID
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	got := make([]*ActiveRun, 8)
	for i := range got {
		group.Go(func() {
			var err error
			if got[i], err = s.Reopen(ctx, id); err != nil && !isLive(err, os.Getpid()) {
				t.Error(err)
			}
			if _, err := s.Settle(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	n := 0
	for _, a := range got {
		if a != nil {
			n++
			defer a.Close()
		}
	}
	if run, err := s.Find(ctx, id); n != 1 || err != nil || run.State != Running || run.Interrupted {
		t.Errorf("%d took it up, and it is %+v, %v; want one, and it runs", n, run, err)
	}
}

// TestReopenAfterKill takes up the run of a process that was killed, which looks interrupted or is settled.
func TestReopenAfterKill(t *testing.T) {
	dirs := testDirs(t)
	s := openTest(t, dirs)
	cmd := otherProcess(t, "hold", dirs)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 8)
	if _, err := io.ReadFull(out, id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reopen(t.Context(), string(id)); !isLive(err, cmd.Process.Pid) {
		t.Errorf("while it lives: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for range 2 {
		a, err := s.Reopen(t.Context(), string(id))
		if err != nil {
			t.Fatal(err)
		}
		if r := a.Run(); !r.Live() || r.PID != os.Getpid() {
			t.Errorf("taken up: %+v", r)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
