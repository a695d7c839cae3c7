// Package gather finds the files that a command line means: files by name, folders with what is below them, patterns.
//
// It lists names and opens no file. What it comes across and cannot look at is part of the list, with the reason: a link that leads
// nowhere or a folder without permission stops nobody from looking at the rest.
package gather

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Stdin is the argument that means standard input.
const Stdin = "-"

// File is one file to look at.
type File struct {
	Name  string // as typed; of a file found in a folder, the folder as typed and the path below it
	Named bool   // it was typed; else it was found in a folder or by a pattern
	Err   error  // why it, or the folder of that name, cannot be looked at; nil when it can
}

// skipped are folders that hold what others wrote, or what no person did.
var skipped = map[string]bool{".git": true, "node_modules": true}

// Skipped reports whether what is in a folder of that name is passed over, unless the folder itself is typed.
func Skipped(name string) bool { return skipped[name] }

// An Arg is what one argument means.
type Arg struct {
	Text string
	kind kind
	// of a pattern: the folder that it starts in, and the rest, with slashes
	base, pattern string
}

type kind int

const (
	file kind = iota
	folder
	pattern
)

// Folder returns the folder that the files of an argument are in, and whether they may be at any depth below it.
func (a Arg) Folder() (name string, deep bool) {
	switch a.kind {
	case folder:
		return a.Text, true
	case pattern:
		return a.base, true
	default:
		return filepath.Dir(a.Text), false
	}
}

// Named reports whether the argument is the name of a file, or standard input.
func (a Arg) Named() bool { return a.kind == file }

// A PatternError is a pattern that cannot be read.
type PatternError struct{ Pattern string }

func (e *PatternError) Error() string { return fmt.Sprintf("%q is not a pattern", e.Pattern) }

// Why says what a pattern is.
func (e *PatternError) Why() string {
	return "in a pattern, * stands for any text without a slash, ** for any folders, ? for one character, [a-z] and {a,b} for one of several"
}

// Parse tells what an argument means. A file of that name comes before a pattern, whatever characters it has. Errors: *PatternError, and
// fs.ErrNotExist and the like when there is no such file.
func Parse(arg string) (Arg, error) {
	if arg == Stdin {
		return Arg{Text: arg}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return Arg{Text: arg, kind: folder}, nil
	case err == nil:
		return Arg{Text: arg}, nil
	case !strings.ContainsAny(arg, "*?[{"):
		return Arg{}, err
	case !doublestar.ValidatePattern(filepath.ToSlash(arg)):
		return Arg{}, &PatternError{arg}
	}
	base, rest := doublestar.SplitPattern(filepath.ToSlash(arg))
	return Arg{Text: arg, kind: pattern, base: filepath.FromSlash(base), pattern: rest}, nil
}

// Files lists the files of all arguments, each once, in the order of the arguments and by name inside a folder. Folders are read while
// the list is used. Below a folder that is every *.json; links to files are followed, links to folders are not.
func Files(args []Arg) iter.Seq[File] {
	return func(yield func(File) bool) {
		seen := map[string]bool{}
		once := func(f File) bool {
			name := filepath.Clean(f.Name)
			if seen[name] {
				return true
			}
			seen[name] = true
			return yield(f)
		}
		for _, a := range args {
			if !a.files(once) {
				return
			}
		}
	}
}

// files calls yield for each file of one argument; false means that yield wants no more.
func (a Arg) files(yield func(File) bool) bool {
	w := walk{yield: yield, depth: -1}
	switch a.kind {
	case folder:
		w.wanted = func(path string) bool { return strings.EqualFold(filepath.Ext(path), ".json") }
		return w.folder(a.Text, "")
	case pattern:
		w.wanted = func(path string) bool { return doublestar.MatchUnvalidated(a.pattern, path) }
		if !strings.Contains(a.pattern, "**") {
			w.depth = strings.Count(a.pattern, "/")
		}
		return w.folder(a.base, "")
	default:
		return yield(File{Name: a.Text, Named: true})
	}
}

// walk goes through a folder and all below it.
type walk struct {
	wanted func(path string) bool // by the path below the folder, with slashes
	depth  int                    // how many folders to go down; negative for all
	yield  func(File) bool
}

// folder lists what is in the folder at name, which is at below inside the first one; "" for that itself.
func (w walk) folder(name, below string) bool {
	entries, err := os.ReadDir(name)
	if err != nil && !w.yield(File{Name: name, Err: err}) {
		return false
	}
	for _, e := range entries {
		path := e.Name()
		if below != "" {
			path = below + "/" + path
		}
		if !w.entry(filepath.Join(name, e.Name()), path, e) {
			return false
		}
	}
	return true
}

func (w walk) entry(name, path string, e fs.DirEntry) bool {
	if e.IsDir() {
		if Skipped(e.Name()) || w.depth >= 0 && strings.Count(path, "/") >= w.depth {
			return true
		}
		return w.folder(name, path)
	}
	if !w.wanted(path) {
		return true
	}
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return w.yield(File{Name: name, Err: errors.New("it is a link that leads nowhere")})
		case err != nil:
			return w.yield(File{Name: name, Err: err})
		case info.IsDir():
			return true
		}
		mode = info.Mode().Type()
	}
	if mode != 0 {
		return w.yield(File{Name: name, Err: errors.New("it is not a regular file")})
	}
	return w.yield(File{Name: name})
}
