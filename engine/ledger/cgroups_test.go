package ledger

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/store"
)

// makeGroups makes a control group, with one below it, in each hierarchy that this process may write to. They go with the test.
func makeGroups(t *testing.T, name string) []string {
	t.Helper()
	roots, err := hierarchies()
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, root := range roots {
		dir := filepath.Join(root, name)
		inner := filepath.Join(dir, "inner")
		t.Cleanup(func() { _ = errors.Join(syscall.Rmdir(inner), syscall.Rmdir(dir)) }) // only if the test failed
		if os.Mkdir(dir, 0o755) == nil && os.Mkdir(inner, 0o755) == nil {
			made = append(made, dir)
		}
	}
	if len(made) == 0 {
		t.Skip("control groups cannot be made here: that takes root, or a part of them that is delegated")
	}
	return made
}

func TestRemoveGroups(t *testing.T) {
	name := fmt.Sprintf("ingot-test-%d", os.Getpid())
	groups := makeGroups(t, name)
	others := makeGroups(t, name+"0")
	sleep := exec.Command("sleep", "1000")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	defer sleep.Process.Kill() //nolint:errcheck // only if the test fails
	joined := 0
	for _, dir := range groups {
		if os.WriteFile(filepath.Join(dir, "inner", "cgroup.procs"), []byte(strconv.Itoa(sleep.Process.Pid)), 0) == nil {
			joined++ // in some hierarchies a group takes no process before it has settings
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- sleep.Wait() }() // else it is never reaped, and its group never empty

	st := openStore(t, testDirs(t))
	run := start(t, st)
	if _, err := st.Record(t.Context(), run.Run().ID, store.ControlGroup, name); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := List(t.Context(), st)
	if err != nil || len(list) != 1 || !list[0].Present || list[0].What != "control group "+name {
		t.Fatalf("left behind is %+v, %v", list, err)
	}
	if gone, err := Remove(t.Context(), st, nil, list); err != nil || len(gone) != 1 {
		t.Errorf("gone %v, %v", names(gone), err)
	}
	for _, dir := range groups {
		if exists(dir) {
			t.Errorf("%s is still there", dir)
		}
	}
	for _, dir := range others {
		if !exists(filepath.Join(dir, "inner")) {
			t.Errorf("%s, which bears another name, is gone", dir)
		}
	}
	if joined > 0 {
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("what ran in the group ended with %v", err)
		}
	}
	if left, err := st.Entries(t.Context(), ""); err != nil || len(left) > 0 {
		t.Errorf("the ledger has %v, %v", left, err)
	}
	if err := removeGroups(t.Context(), name); err != nil {
		t.Errorf("removed once more: %v", err)
	}
}

// What cannot be removed is told, with what to do about it.
func TestGroupsByHand(t *testing.T) {
	err := &RemoveError{Entry: store.Entry{Kind: store.ControlGroup, Name: "ingot-0badcafe"}, Err: syscall.EBUSY}
	const want = "control group ingot-0badcafe was left behind: device or resource busy; end what runs in it, which systemd-cgls shows, " +
		"then run: ingot clean"
	if err.Error() != want {
		t.Errorf("got %s", err)
	}
}
