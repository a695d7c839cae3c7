package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// The test binary runs itself as another Ingot process: what to do is in this variable, the state folder is the argument.
const roleVariable = "INGOT_STORE_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	state := os.Args[1]
	if err := roles[role](Dirs{State: state, Data: state + "-data", Cache: state + "-cache"}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// roles are what the other process does.
var roles = map[string]func(Dirs) error{
	// hold starts a run, says its id and waits to be killed.
	"hold": func(dirs Dirs) error {
		ctx := context.Background()
		s, err := Open(ctx, dirs)
		if err != nil {
			return err
		}
		a, err := s.Start(ctx, Run{Name: "held"})
		if err != nil {
			return err
		}
		if _, err := s.Record(ctx, a.Run().ID, Directory, filepath.Join(dirs.Staging(), a.Run().ID)); err != nil {
			return err
		}
		fmt.Println(a.Run().ID)
		_, err = io.ReadAll(os.Stdin)
		return err
	},
	// many makes 20 runs with events and ledger entries, as fast as it can.
	"many": func(dirs Dirs) error {
		ctx := context.Background()
		s, err := Open(ctx, dirs)
		if err != nil {
			return err
		}
		for range 20 {
			a, err := s.Start(ctx, Run{Name: "many"})
			if err != nil {
				return err
			}
			for i := range 50 {
				a.Sink()(events.Event{Seq: int64(i + 1)})
			}
			e, err := s.Record(ctx, a.Run().ID, File, "/x/"+a.Run().ID)
			if err != nil {
				return err
			}
			if err := errors.Join(s.Strike(ctx, e.ID), a.Finish(ctx, Succeeded, ""), a.Close()); err != nil {
				return err
			}
		}
		return s.Close()
	},
	"open": func(dirs Dirs) error {
		s, err := Open(context.Background(), dirs)
		if err != nil {
			return err
		}
		_, err = s.Start(context.Background(), Run{Name: "open"})
		return err
	},
}

// otherProcess is this test binary in a role. It is killed with the test.
func otherProcess(t *testing.T, role string, dirs Dirs) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, dirs.State)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

func TestKilledProcessLetsItsRunGo(t *testing.T) {
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
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	id = strings.TrimSpace(id)

	run, err := s.Find(t.Context(), id)
	if err != nil || run.Interrupted || !run.Live() || run.PID != cmd.Process.Pid {
		t.Fatalf("while it runs: %+v, %v", run, err)
	}
	var live *LiveError
	if err := s.RemoveRun(t.Context(), id); !errors.As(err, &live) || live.PID != cmd.Process.Pid {
		t.Errorf("remove a live run: %v", err)
	}
	if settled, err := s.Settle(t.Context()); err != nil || len(settled) > 0 {
		t.Errorf("settled a live run: %v, %v", settled, err)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"

	run, err = s.Find(t.Context(), id)
	if err != nil || !run.Interrupted || run.Live() || run.State != Running {
		t.Fatalf("after kill -9: %+v, %v", run, err)
	}
	entries, err := s.Entries(t.Context(), id)
	if err != nil || len(entries) != 1 {
		t.Fatalf("ledger after kill -9: %v, %v; want its one entry", entries, err)
	}
	var left *LeftoverError
	if err := s.RemoveRun(t.Context(), id); !errors.As(err, &left) || len(left.Entries) != 1 {
		t.Errorf("remove a run with leftovers: %v", err)
	}
	if err := errors.Join(s.Strike(t.Context(), entries[0].ID), s.Strike(t.Context(), entries[0].ID)); err != nil {
		t.Error(err)
	}
	if err := s.RemoveRun(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(run.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder of a removed run: %v", err)
	}
	var missing *NotFoundError
	if err := s.RemoveRun(t.Context(), id); !errors.As(err, &missing) {
		t.Errorf("remove it again: %v", err)
	}
}

func TestManyProcessesShareOneStore(t *testing.T) {
	dirs := testDirs(t)
	const processes = 4 // they also race to create the database
	var cmds []*exec.Cmd
	var said []*strings.Builder
	for range processes {
		cmd, text := otherProcess(t, "many", dirs), new(strings.Builder)
		cmd.Stderr = text
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds, said = append(cmds, cmd), append(said, text)
	}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, said[i])
		}
	}
	s := openTest(t, dirs)
	runs, err := s.Runs(t.Context())
	if err != nil || len(runs) != processes*20 {
		t.Fatalf("%d runs, %v; want %d", len(runs), err, processes*20)
	}
	for _, r := range runs {
		n := 0
		for _, err := range s.Events(t.Context(), r.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if r.State != Succeeded || n != 50 {
			t.Errorf("run %s is %s with %d events, want Succeeded with 50", r.ID, r.State, n)
		}
	}
	if strays, err := s.Strays(t.Context()); err != nil || len(strays) > 0 {
		t.Errorf("strays %v, %v", strays, err)
	}
}

// Killed at any moment, a process leaves a store that opens, and nothing in it that is not seen.
func TestKilledAtRandomMoments(t *testing.T) {
	ctx := t.Context()
	dirs := testDirs(t)
	for range 8 {
		cmd := otherProcess(t, "many", dirs)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond) // from before the first Open to after the last Close
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	s := openTest(t, dirs)
	if _, err := s.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Entries(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := s.Strike(ctx, e.ID); err != nil {
			t.Error(err)
		}
	}
	strays, err := s.Strays(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strays {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	}
	runs, err := s.Runs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d runs, %d ledger entries, %d strays", len(runs), len(entries), len(strays))
	for _, r := range runs {
		if !r.State.Over() || r.Ended.IsZero() || r.Interrupted {
			t.Errorf("after Settle there is %+v", r)
		}
		if err := s.RemoveRun(ctx, r.ID); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(dirs.Runs()); err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
		t.Errorf("folders left: %v, %v", left, err)
	}
}

func TestReadOnlyStateFolder(t *testing.T) {
	dirs := testDirs(t)
	if err := os.MkdirAll(dirs.State, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := otherProcess(t, "open", dirs)
	if os.Geteuid() == 0 {
		// Permissions do not bind root, so the other process is nobody, from a copy of the binary that nobody may read.
		self, err := os.ReadFile(cmd.Path)
		if err != nil {
			t.Fatal(err)
		}
		open, err := os.MkdirTemp("", "ingot-store-test-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(open)
		cmd.Path = filepath.Join(open, "test")
		dirs.State = filepath.Join(open, "state")
		cmd.Args = []string{cmd.Path, dirs.State}
		cmd.Dir = open
		if err := errors.Join(os.Chmod(open, 0o755), os.WriteFile(cmd.Path, self, 0o755), os.Mkdir(dirs.State, 0o755)); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	} else if err := os.Chmod(dirs.State, 0o555); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	want := "run database " + dirs.database() + " cannot be written; check the owner and the permissions of its folder"
	if err == nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("got %v: %s\nwant %s", err, out, want)
	}
}

func TestOpenWaitsForAnotherOpener(t *testing.T) {
	dirs := testDirs(t)
	openTest(t, dirs)
	f, err := os.Open(dirs.State)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, dirs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("opened past the lock: %v", err)
	}
}
