package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/engine/store"
)

// OutsideError says that a recorded path is none that Ingot may remove.
type OutsideError struct{ Path, Why string }

func (e *OutsideError) Error() string { return fmt.Sprintf("%s is not removed: %s", e.Path, e.Why) }

// within opens the one of Ingot's folders that path lies in and gives the path inside it. An os.Root does not follow symbolic
// links out of the folder, whoever changes them and when. A root that does not exist is nil.
func within(dirs store.Dirs, kind store.Kind, path string) (*os.Root, string, error) {
	for _, root := range dirs.Roots() {
		inside, ok := strings.CutPrefix(filepath.Clean(path), filepath.Clean(root)+string(filepath.Separator))
		if !ok {
			continue
		}
		// Ingot's folders hold one folder per purpose, and those hold what is made for a run. A purpose is never a leftover.
		if kind == store.Directory && !strings.ContainsRune(inside, filepath.Separator) {
			return nil, "", &OutsideError{Path: path, Why: "it holds the things of many runs"}
		}
		r, err := os.OpenRoot(root)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, inside, nil
		}
		return r, inside, err
	}
	return nil, "", &OutsideError{Path: path, Why: "it lies outside of " + strings.Join(dirs.Roots(), ", ")}
}

// removePath removes a file, or a directory with all that is in it, and makes sure that it is gone. Links are removed, not
// followed. Directories that their owner may not write to, as a guest's files may be, are made writable.
func removePath(ctx context.Context, dirs store.Dirs, kind store.Kind, path string) error {
	root, inside, err := within(dirs, kind, path)
	if err != nil || root == nil {
		return err
	}
	defer root.Close()
	remove := root.Remove
	if kind == store.Directory {
		remove = root.RemoveAll
	}
	// Another cleaner, or a dying process, may be at work in there: a few tries, then it is a matter for a person.
	const tries = 5
	for i := range tries {
		err := remove(inside)
		if _, serr := root.Lstat(inside); errors.Is(serr, fs.ErrNotExist) {
			return nil
		}
		if i == tries-1 {
			return err
		}
		switch {
		case errors.Is(err, fs.ErrPermission):
			makeWritable(root, inside)
		default:
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s comes back each time it is removed; something still writes there", path)
}

// makeWritable gives the owner all rights on the directories at and under a path. What cannot be changed shows in the next try.
func makeWritable(root *os.Root, inside string) {
	_ = fs.WalkDir(root.FS(), filepath.ToSlash(inside), func(path string, d fs.DirEntry, err error) error {
		if d == nil || !d.IsDir() {
			return nil
		}
		if err != nil { // the directory could be reached but not read: WalkDir calls once more than it can list
			return fs.SkipDir
		}
		if info, ierr := d.Info(); ierr == nil {
			_ = root.Chmod(path, info.Mode().Perm()|0o700)
		}
		return nil
	})
}

// look fills in what a person wants to know about an entry.
func look(ctx context.Context, dirs store.Dirs, e store.Entry) (Leftover, error) {
	l := Leftover{Entry: e}
	if e.Kind == store.Process {
		pids, err := processes(e.Name)
		l.Present = len(pids) > 0
		switch l.What = "build VM " + e.Name; {
		case isPlugin(e.Name):
			l.What = "plugin process " + e.Name
		case strings.HasSuffix(e.Name, "-validate"):
			l.What = "validation VM " + e.Name
		}
		if l.Present {
			l.What += fmt.Sprintf(" (process %s)", strings.Trim(fmt.Sprint(pids), "[]"))
			if e.Kept != "" {
				l.What += ", kept: " + e.Kept
			}
		}
		return l, err
	}
	l.What = fmt.Sprintf("%s %s", e.Kind, e.Name)
	if e.Kind == store.ControlGroup {
		groups, err := findGroups(e.Name)
		l.Present = len(groups) > 0
		return l, err
	}
	root, inside, err := within(dirs, e.Kind, e.Name)
	var outside *OutsideError
	if errors.As(err, &outside) { // shown, so that it is not silently kept; Remove says why it stays
		_, err := os.Lstat(e.Name)
		l.Present = err == nil
		return l, nil
	}
	if err != nil || root == nil {
		return l, err
	}
	defer root.Close()
	_, err = root.Lstat(inside)
	l.Present = err == nil
	l.Bytes = diskUsage(ctx, root, inside)
	return l, nil
}

// diskUsage is the space that the files at and under a path take on the disk; holes of sparse files take none. What cannot be
// read counts nothing: the figure is for a person who decides, not for accounts.
func diskUsage(ctx context.Context, root *os.Root, inside string) (bytes int64) {
	_ = fs.WalkDir(root.FS(), filepath.ToSlash(inside), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return context.Cause(ctx)
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		// A file with another link keeps its space in use.
		if st, ok := info.Sys().(*syscall.Stat_t); ok && (st.Nlink == 1 || d.IsDir()) {
			bytes += st.Blocks * 512
		}
		return nil
	})
	return bytes
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
