package simdir

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const parentVariable = "INGOT_TEST_SIMDIR"

// TestMain has this program be one that makes a folder and ends without removing it, as one that is killed does.
func TestMain(m *testing.M) {
	if parent := os.Getenv(parentVariable); parent != "" {
		if _, err := Make(parent); err != nil {
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestMake(t *testing.T) {
	parent := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentVariable+"="+parent)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	dead := folders(t, parent)
	if len(dead) != 1 {
		t.Fatalf("one that was killed leaves %q", dead)
	}
	first, err := Make(parent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{first.Path}, folders(t, parent)); diff != "" {
		t.Error(diff)
	}
	second, err := Make(parent)
	if err != nil {
		t.Fatal(err)
	}
	if got := folders(t, parent); len(got) != 2 {
		t.Errorf("the folder of one that runs is gone: %q", got)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{second.Path}, folders(t, parent)); diff != "" {
		t.Error(diff)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func folders(t *testing.T, parent string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(parent, prefix+"*", lockFile))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}
