package tinyguest

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
)

// BaseImageVariable names the disk of the Debian base image, from which the kernel comes; make test sets it.
const BaseImageVariable = "INGOT_TEST_IMAGE"

//go:embed guest sudo/main.go
var sources embed.FS

// Disk returns the path of the base image, a qcow2 disk. It is made once and kept among the tools of tests, until something it is made
// of changes. Without a Debian base image the test is skipped, as all tests are that boot machines.
func Disk(t testing.TB) string {
	t.Helper()
	base := os.Getenv(BaseImageVariable)
	if base == "" {
		t.Skipf("%s is not set: no base image to take a kernel from; make test makes one and sets it", BaseImageVariable)
	}
	disk, err := cached(base)
	if errors.Is(err, errNoProgram) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("make the tiny guest: %v", err)
	}
	return disk
}

// errNoProgram is among the errors when something is not installed on this host.
var errNoProgram = errors.New("not installed")

// cached makes the disk if it is not there. Several processes may want it at once.
func cached(base string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	programs, err := findPrograms()
	if err != nil {
		return "", err
	}
	key, err := madeOf(base, programs)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "ingot-tools", "tinyguest")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer func() { _ = lock.Unlock() }()
	disk := filepath.Join(dir, key+".qcow2")
	if _, err := os.Stat(disk); err == nil {
		return disk, nil
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.qcow2"))
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(dir, "work-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	b := build{base: base, work: work, tree: filepath.Join(work, "tree"), programs: programs}
	made, err := b.disk()
	if err != nil {
		return "", err
	}
	for _, o := range old {
		if err := os.Remove(o); err != nil {
			return "", err
		}
	}
	return disk, os.Rename(made, disk)
}

// madeOf is a name for everything that the disk depends on.
func madeOf(base string, programs map[string]string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := sources.ReadFile(path)
		fmt.Fprintf(sum, "%s %d %s\n", path, len(text), text)
		return err
	})
	if err != nil {
		return "", err
	}
	for _, path := range []string{base, programs["busybox"], programs["dropbear"], programs["scp"]} {
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d %d\n", filepath.Base(path), info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// findPrograms finds what the disk is made of and made with.
func findPrograms() (map[string]string, error) {
	found := map[string]string{}
	var missing []string
	for program, pkg := range map[string]string{
		"busybox": "busybox-static", "dropbear": "dropbear-bin", "dropbearkey": "dropbear-bin", "scp": "openssh-client",
		"qemu-img": "qemu-utils", "debugfs": "e2fsprogs", "mke2fs": "e2fsprogs", "cpio": "cpio", "ldd": "libc-bin", "go": "golang",
	} {
		path, err := lookPath(program)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s (Debian package %s)", program, pkg))
			continue
		}
		found[program] = path
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: %w\n  fix:  .ci/tools/build", strings.Join(missing, ", "), errNoProgram)
	}
	return found, nil
}
