// Package config reads ingot.hcl, the file that says once for a folder and all below it how "ingot validate" looks at image templates:
//
//	validate {
//	  severity = "warning"
//	  disable  = ["ING2210", "ING23xx"]
//	}
//
//	path "examples/**" {
//	  disable = ["ING2110"]
//	}
//
// The nearest one counts, upwards from the folder of the image template; files further up are not looked at. What is wrong in it is a
// finding with a place, like what is wrong in a template; the rest of the file counts all the same.
package config

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/diag"
)

// Name is the name of the file.
const Name = "ingot.hcl"

// maxSize bounds what is read of a file, in bytes. Nobody writes so much by hand.
const maxSize = 1 << 20

// Settings are what a file says about one image template. The zero Settings says nothing.
type Settings struct {
	Severity   diag.Severity // the least that is shown; 0 when it is not said
	FailOn     diag.Severity // the least that fails; 0 when it is not said
	Rules      codes.Set     // only these; nil when it is not said
	Disable    codes.Set     // not these
	Target     string        // "" when it is not said
	Shellcheck string        // auto, off, required; "" when it is not said
	Scripts    string        // a folder, from the current folder; "" when it is not said
}

// merge puts what a more special block says over what a more general one does. What is disabled adds up.
func (s Settings) merge(special Settings) Settings {
	s.Severity, s.FailOn = cmp.Or(special.Severity, s.Severity), cmp.Or(special.FailOn, s.FailOn)
	s.Target, s.Shellcheck = cmp.Or(special.Target, s.Target), cmp.Or(special.Shellcheck, s.Shellcheck)
	s.Scripts = cmp.Or(special.Scripts, s.Scripts)
	if special.Rules != nil {
		s.Rules = special.Rules
	}
	if special.Disable != nil {
		all := codes.Set{}
		maps.Copy(all, s.Disable)
		maps.Copy(all, special.Disable)
		s.Disable = all
	}
	return s
}

// File is an ingot.hcl. The nil File says nothing.
type File struct {
	Name     string    // as messages name it
	Data     []byte    // its text
	Findings diag.List // what is wrong in it, sorted

	folder string // absolute
	all    Settings
	paths  []pathBlock
}

// pathBlock is a block for the files that a pattern matches.
type pathBlock struct {
	pattern  string // with slashes, from the folder of the file
	settings Settings
}

// For returns what counts for a file, which lies in the folder of f or below it: the block "validate", then those of the patterns that
// match it, in the order of the file.
func (f *File) For(name string) Settings {
	if f == nil {
		return Settings{}
	}
	s := f.all
	full, err := filepath.Abs(name)
	if err != nil {
		return s
	}
	below, err := filepath.Rel(f.folder, full)
	if err != nil {
		return s
	}
	for _, p := range f.paths {
		if doublestar.MatchUnvalidated(p.pattern, filepath.ToSlash(below)) {
			s = s.merge(p.settings)
		}
	}
	return s
}

// A Finder looks for the files. It reads each once, and is safe for concurrent use.
type Finder struct {
	mu      sync.Mutex
	folders map[string]*File // by absolute folder: the file that counts there; nil when there is none
}

// Find returns the file that counts for an image template in the file of that name, or nil. An error is about the current folder.
func (f *Finder) Find(name string) (*File, error) {
	folder, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.folders == nil {
		f.folders = map[string]*File{}
	}
	return f.find(folder), nil
}

func (f *Finder) find(folder string) *File {
	if file, known := f.folders[folder]; known {
		return file
	}
	file := read(folder)
	if up := filepath.Dir(folder); file == nil && up != folder {
		file = f.find(up)
	}
	f.folders[folder] = file
	return file
}

// read reads the file in a folder; nil when there is none.
func read(folder string) *File {
	full := filepath.Join(folder, Name)
	info, err := os.Lstat(full)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil
	}
	f := &File{Name: shown(full), folder: folder}
	if err == nil {
		f.Data, err = content(full, info)
	}
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		f.Findings = diag.List{{Severity: diag.Error, Code: translate.CodeSettings, Subject: diag.Range{File: f.Name},
			Summary: "the settings cannot be read", Why: err.Error()}}
		return f
	}
	f.parse()
	return f
}

func content(name string, info fs.FileInfo) ([]byte, error) {
	// A pipe would never end. A link may lead to a file that its author could not read, and findings show its lines.
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = errors.New("it is larger than 1 MiB")
	}
	return data, err
}

// shown is a path as a person in the current folder would write it.
func shown(full string) string {
	here, err := os.Getwd()
	if err != nil {
		return full
	}
	if name, err := filepath.Rel(here, full); err == nil {
		return name
	}
	return full
}
