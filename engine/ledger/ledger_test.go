package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/store"
)

func testDirs(t *testing.T) store.Dirs {
	t.Helper()
	base := t.TempDir()
	return store.Dirs{State: filepath.Join(base, "state"), Data: filepath.Join(base, "data"), Cache: filepath.Join(base, "cache")}
}

func openStore(t *testing.T, dirs store.Dirs) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), dirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func start(t *testing.T, st *store.Store) *store.ActiveRun {
	t.Helper()
	a, err := st.Start(t.Context(), store.Run{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// record notes a path and makes it: a directory with a file in it, or a file.
func record(t *testing.T, st *store.Store, run string, kind store.Kind, path string) {
	t.Helper()
	if _, err := st.Record(t.Context(), run, kind, path); err != nil {
		t.Fatal(err)
	}
	if kind == store.Directory {
		path = filepath.Join(path, "disk")
	}
	write(t, path)
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("0123456789"), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func names(list []Leftover) []string {
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s %s present=%v", l.Entry.Kind, filepath.Base(l.Entry.Name), l.Present))
	}
	return out
}

// clean is what "ingot clean" does.
func clean(t *testing.T, st *store.Store) ([]Leftover, error) {
	t.Helper()
	list, err := List(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	return Remove(t.Context(), st, nil, list)
}

func TestAKilledRunLeavesNothing(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	cmd, lines := other(t, "build", dirs)
	id := lines()
	token := "ingot-" + id
	vm := lines()

	// While it lives, nothing of it is a leftover, and Remove refuses what a stale list names.
	if list, err := List(t.Context(), st); err != nil || len(list) > 0 {
		t.Fatalf("leftovers of a live run: %v, %v", names(list), err)
	}
	entries, err := st.Entries(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		var live *store.LiveError
		if _, err := Remove(t.Context(), st, nil, []Leftover{{Entry: e}}); !errors.As(err, &live) {
			t.Errorf("remove %s of a live run: %v", e.Name, err)
		}
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
	list, err := List(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"process " + token + " present=true", "file disk.vhd.part present=true",
		"directory never-made present=false", "directory " + id + " present=true",
	}
	if diff := cmp.Diff(want, names(list)); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
	if list[0].What != "build VM "+token+" (process "+vm+")" || !list[0].Run.Interrupted || list[3].Bytes == 0 {
		t.Errorf("leftovers are told as %+v", list)
	}

	gone, err := Remove(t.Context(), st, nil, list)
	if err != nil || len(gone) != len(list) {
		t.Errorf("removed %v, %v; want all", names(gone), err)
	}
	if pids, err := processes(token); err != nil || len(pids) > 0 {
		t.Errorf("processes left: %v, %v", pids, err)
	}
	for _, e := range entries {
		if e.Kind != store.Process && exists(e.Name) {
			t.Errorf("%s is still there", e.Name)
		}
	}
	if left, err := st.Entries(t.Context(), ""); err != nil || len(left) > 0 {
		t.Errorf("ledger entries left: %v, %v", left, err)
	}
	if gone, err := Remove(t.Context(), st, nil, list); err != nil || len(gone) != len(list) {
		t.Errorf("a second time: %v, %v", names(gone), err)
	}
}

func TestRemoveStaysAtHome(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	a := start(t, st)
	id := a.Run().ID
	elsewhere := filepath.Join(t.TempDir(), "precious")
	write(t, filepath.Join(elsewhere, "thesis"))
	if err := errors.Join(os.MkdirAll(dirs.Data, 0o700), os.Symlink(elsewhere, filepath.Join(dirs.Data, "images"))); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		name, path string
		kind       store.Kind
		want       string // in the error; "" when it may be removed
	}{
		{"outside", elsewhere, store.Directory, "lies outside"},
		{"a sibling with the same beginning", dirs.State + "-old/x", store.File, "lies outside"},
		{"a root itself", dirs.State, store.Directory, "lies outside"},
		{"the folder of all runs", dirs.Runs(), store.Directory, "holds the things of many runs"},
		{"through a link that leads out", filepath.Join(dirs.Data, "images", "thesis"), store.File, "escapes"},
		{"the root is not there", filepath.Join(dirs.Cache, "downloads", "x"), store.Directory, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := store.Entry{Run: "00000000", Kind: tt.kind, Name: tt.path}
			_, err := Remove(t.Context(), st, nil, []Leftover{{Entry: e}})
			if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if !exists(filepath.Join(elsewhere, "thesis")) {
		t.Fatal("a file outside was removed")
	}

	// A link inside a recorded directory goes; what it points at stays. A recorded outside path stays in the ledger and is shown.
	staging := filepath.Join(dirs.Staging(), id)
	record(t, st, id, store.Directory, staging)
	if err := os.Symlink(elsewhere, filepath.Join(staging, "link")); err != nil {
		t.Fatal(err)
	}
	record(t, st, id, store.Directory, filepath.Join(elsewhere, "recorded"))
	a.Close()
	gone, err := clean(t, st)
	if len(gone) != 1 || exists(staging) || !exists(filepath.Join(elsewhere, "thesis")) {
		t.Errorf("removed %v, %v", names(gone), err)
	}
	var outside *OutsideError
	if !errors.As(err, &outside) || !exists(filepath.Join(elsewhere, "recorded", "disk")) {
		t.Errorf("recorded outside: got %v, want an *OutsideError", err)
	}
	list, err := List(t.Context(), st)
	if err != nil || len(list) != 1 || !list[0].Present {
		t.Errorf("what stays is listed as %v, %v", names(list), err)
	}
}

func TestLiveRunsKeepWhatTheyHold(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	dead, live := start(t, st), start(t, st)
	outer := filepath.Join(dirs.Data, "gallery", "web")
	same := filepath.Join(dirs.Data, "gallery", "web.vhd")
	record(t, st, dead.Run().ID, store.Directory, outer)
	record(t, st, dead.Run().ID, store.File, same)
	dead.Close()
	stale, err := List(t.Context(), st)
	if err != nil || len(stale) != 2 {
		t.Fatalf("leftovers: %v, %v", names(stale), err)
	}
	record(t, st, live.Run().ID, store.File, filepath.Join(outer, "new"))
	record(t, st, live.Run().ID, store.File, same) // taken over

	var held *store.HeldError
	_, err = Remove(t.Context(), st, nil, stale)
	if !errors.As(err, &held) || held.Run != live.Run().ID || strings.Contains(err.Error(), "rm -rf") {
		t.Errorf("got %v, want that the live run holds it", err)
	}
	if !exists(filepath.Join(outer, "new")) || !exists(same) {
		t.Error("removed what a live run holds")
	}
}

func TestUndo(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	a, neighbour := start(t, st), start(t, st)
	id := a.Run().ID
	staging := filepath.Join(dirs.Staging(), id)
	record(t, st, id, store.Directory, staging)
	record(t, st, id, store.File, filepath.Join(staging, "key"))
	kept := filepath.Join(dirs.Staging(), neighbour.Run().ID)
	record(t, st, neighbour.Run().ID, store.Directory, kept)
	if err := errors.Join(Undo(t.Context(), st, nil, id), Undo(t.Context(), st, nil, id)); err != nil {
		t.Fatal(err)
	}
	left, err := st.Entries(t.Context(), "")
	if err != nil || len(left) != 1 || left[0].Name != kept || exists(staging) || !exists(kept) {
		t.Errorf("left %v, %v; want only the neighbour's", left, err)
	}
}

func TestCleanersAtOnce(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	for range 4 {
		a := start(t, st)
		dir := filepath.Join(dirs.Staging(), a.Run().ID)
		record(t, st, a.Run().ID, store.Directory, dir)
		for i := range 100 {
			write(t, filepath.Join(dir, fmt.Sprint(i%10), fmt.Sprint(i)))
		}
		a.Close()
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			list, err := List(t.Context(), st)
			if err == nil {
				_, err = Remove(t.Context(), st, nil, list)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	left, err := os.ReadDir(dirs.Staging())
	if err := errors.Join(append(errs, err)...); err != nil || len(left) > 0 {
		t.Errorf("left %v: %v", left, err)
	}
}

func TestSweep(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	a := start(t, st)
	write(t, filepath.Join(dirs.Staging(), a.Run().ID, "disk"))
	write(t, filepath.Join(dirs.Staging(), "0badcafe", "disk"))
	write(t, filepath.Join(dirs.Runs(), "0badcafe", "plan.json"))
	list, err := Sweep(t.Context(), st)
	if err != nil || len(list) != 2 {
		t.Fatalf("strays %v, %v; want the two of nobody", names(list), err)
	}
	if gone, err := Remove(t.Context(), st, nil, list); err != nil || len(gone) != 2 {
		t.Errorf("removed %v, %v", names(gone), err)
	}
	if again, err := Sweep(t.Context(), st); err != nil || len(again) > 0 {
		t.Errorf("strays afterwards: %v, %v", names(again), err)
	}
	if !exists(filepath.Join(dirs.Staging(), a.Run().ID, "disk")) || !exists(a.Run().Dir) {
		t.Error("the live run lost something")
	}
}

func TestCancelledRemoveStops(t *testing.T) {
	dirs := testDirs(t)
	st := openStore(t, dirs)
	a := start(t, st)
	record(t, st, a.Run().ID, store.Directory, filepath.Join(dirs.Staging(), a.Run().ID))
	a.Close()
	list, err := List(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if gone, err := Remove(ctx, st, nil, list); !errors.Is(err, context.Canceled) || len(gone) > 0 {
		t.Errorf("removed %v, %v", names(gone), err)
	}
}

// The test binary runs itself as another process; what to do is in this variable, the folders follow as arguments.
const roleVariable = "INGOT_LEDGER_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var roles = map[string]func(base string) error{
	"build":    roleBuild,
	"vm":       func(string) error { fmt.Println("up"); sleepForEver(); return nil },
	"stubborn": roleStubborn,
	"readonly": roleReadOnly,
}

func dirsUnder(base string) store.Dirs {
	return store.Dirs{State: filepath.Join(base, "state"), Data: filepath.Join(base, "data"), Cache: filepath.Join(base, "cache")}
}

// roleBuild is a run in the middle of its work: a VM that does not die with it, a staging directory, a half-written disk and a
// directory that was noted but not yet made. It says its id and the VM's process and waits to be killed.
func roleBuild(base string) error {
	ctx, dirs := context.Background(), dirsUnder(base)
	st, err := store.Open(ctx, dirs)
	if err != nil {
		return err
	}
	a, err := st.Start(ctx, store.Run{Name: "web"})
	if err != nil {
		return err
	}
	id := a.Run().ID
	staging, part := filepath.Join(dirs.Staging(), id), filepath.Join(dirs.Data, "gallery", id, "disk.vhd.part")
	for name, kind := range map[string]store.Kind{
		staging: store.Directory, part: store.File, filepath.Join(dirs.Staging(), id, "never-made"): store.Directory,
		"ingot-" + id: store.Process,
	} {
		if _, err := st.Record(ctx, id, kind, name); err != nil {
			return err
		}
	}
	for _, file := range []string{filepath.Join(staging, "disk.qcow2"), part} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("x"), 0o400)); err != nil {
			return err
		}
	}
	vm := selfCommand("vm", "-name", "ingot-"+id, base)
	if err := vm.Start(); err != nil {
		return err
	}
	fmt.Printf("%s\n%d\n", id, vm.Process.Pid)
	_, err = io.ReadAll(os.Stdin)
	return err
}

func selfCommand(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

// other starts this binary in a role and gives a function that reads its next line.
func other(t *testing.T, role string, dirs store.Dirs, args ...string) (*exec.Cmd, func() string) {
	t.Helper()
	cmd := selfCommand(role, append(args, filepath.Dir(dirs.State))...)
	cmd.Stderr = os.Stderr
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
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	return cmd, func() string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("%s ended: %v", role, lines.Err())
		}
		return lines.Text()
	}
}
