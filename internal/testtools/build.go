package testtools

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

// own builds one of Ingot's plugins.
func own(t testing.TB, source, pkg, name string) Plugin {
	t.Helper()
	root := moduleRoot()
	noteSources(t, root, "cmd/packer-plugin-ingot", "internal", "plugins", "translate/plan", "go.mod")
	path, err := goBuild(root, pkg, name)
	if err != nil {
		t.Fatal(err)
	}
	return describe(t, source, path)
}

// moduleRoot is the folder of go.mod, wherever the test runs.
func moduleRoot() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// noteSources reads the source files that a program of Ingot's is made of. The go command runs a test again only if a file changed that
// the test itself opened, and what a "go build" inside it opens is not known to it.
func noteSources(t testing.TB, root string, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

var (
	buildLock sync.Mutex
	built     = map[string]string{} // path of the program by folder and package
)

// goBuild builds a program from a folder with a go.mod, once for each process; the go command does nothing when it is current. The
// path stays the same, so that what was linked once serves the next test run too.
func goBuild(dir, pkg, name string, flags ...string) (string, error) {
	buildLock.Lock()
	defer buildLock.Unlock()
	key := dir + "\x00" + pkg
	if path, ok := built[key]; ok {
		return path, nil
	}
	base, err := cache()
	if err != nil {
		return "", err
	}
	path := filepath.Join(base, "trees", fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:16], name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	lock := flock.New(path + ".lock") // tests of several packages run at once
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer lock.Unlock()
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), pkg)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s in %s: %w\n%s", cmd, dir, err, out)
	}
	built[key] = path
	return path, nil
}
