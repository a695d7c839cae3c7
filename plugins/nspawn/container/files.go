package container

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// RemoveFiles removes what a container that was killed leaves in its folder beside its disk and its logs. It is no error that there is
// nothing.
func RemoveFiles(dir string) error {
	var errs []error
	for _, name := range []string{monitorFile, ownMonitor, rawFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
