package watch

import (
	"os"
	"path/filepath"
	"slices"
)

// followed is what a set of files comes to.
type followed struct {
	names   []string
	folders map[string]bool     // absolute, and there when they were looked for
	by      map[string][]string // names, by each absolute path whose change is one of theirs
}

// follow finds where the files are. A symbolic link counts with what it leads to; a file in a folder that is not there yet, with the nearest
// folder above it that is.
func follow(names []string) followed {
	f := followed{names: slices.Clone(names), folders: map[string]bool{}, by: map[string][]string{}}
	for _, name := range names {
		full, err := filepath.Abs(name)
		if err != nil {
			continue // the current folder is gone: nothing relative can change
		}
		f.add(name, full)
		if real, err := filepath.EvalSymlinks(full); err == nil && real != full {
			f.add(name, real)
		}
	}
	return f
}

func (f followed) add(name, path string) {
	for {
		f.by[path] = append(f.by[path], name)
		folder := filepath.Dir(path)
		if isFolder(folder) || folder == path {
			f.folders[folder] = true
			return
		}
		path = folder
	}
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
