// Package diskspace tells how much room a file system has, before something is written to it that would not fit.
package diskspace

import (
	"os"
	"path/filepath"
	"syscall"
)

// Space is the room below a folder.
type Space struct {
	Dir        string       // the folder asked for, or the nearest one above it that exists
	Free       int64        // bytes an unprivileged user may still write
	FileSystem syscall.Fsid // the same for all folders of one file system
}

// Of returns the room below dir. A folder that is not made yet will lie on the file system of the nearest one above it.
func Of(dir string) (Space, error) {
	for {
		var st syscall.Statfs_t
		err := syscall.Statfs(dir, &st)
		if err == nil {
			return Space{Dir: dir, Free: int64(st.Bavail) * st.Bsize, FileSystem: st.Fsid}, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return Space{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
		}
		dir = parent
	}
}
