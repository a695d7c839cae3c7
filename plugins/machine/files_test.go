package machine

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A sparse file is copied with its holes, and one that is there already is left alone.
func TestCopySparse(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	f, err := os.Create(from)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("middle"), 3<<20)
	if err = errors.Join(err, f.Truncate(8<<20), f.Close(), CopySparse(from, to)); err != nil {
		t.Fatal(err)
	}
	want, _ := os.ReadFile(from)
	if got, err := os.ReadFile(to); err != nil || string(got) != string(want) {
		t.Errorf("the copy is not the same: %v", err)
	}
	if info, err := os.Stat(to); err != nil || info.Sys().(*syscall.Stat_t).Blocks*512 > 1<<20 {
		t.Errorf("the copy takes %v, %v", info, err)
	}
	if err := CopySparse(from, to); err == nil {
		t.Error("a file was written over")
	}
}

func TestShellWord(t *testing.T) {
	for s, want := range map[string]string{
		"/home/me/a-b_c.d": "/home/me/a-b_c.d",
		"/home/me/a b":     "'/home/me/a b'",
		"it's":             `'it'\''s'`,
		"$HOME;`id`":       "'$HOME;`id`'",
	} {
		if got := ShellWord(s); got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
}
