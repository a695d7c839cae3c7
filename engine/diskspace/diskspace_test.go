package diskspace_test

import (
	"path/filepath"
	"testing"

	"github.com/ingot-build/ingot/engine/diskspace"
)

func TestOf(t *testing.T) {
	dir := t.TempDir()
	here, err := diskspace.Of(dir)
	if err != nil || here.Dir != dir || here.Free <= 0 {
		t.Fatalf("got %+v, %v", here, err)
	}
	below, err := diskspace.Of(filepath.Join(dir, "not", "made", "yet"))
	if err != nil || below.Dir != dir || below.FileSystem != here.FileSystem {
		t.Errorf("a folder that is not there: got %+v, %v; want that of %s", below, err, dir)
	}
	if proc, err := diskspace.Of("/proc"); err != nil || proc.FileSystem == here.FileSystem {
		t.Errorf("/proc: got %+v, %v; want another file system", proc, err)
	}
}
