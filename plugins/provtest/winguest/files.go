package winguest

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// files is a file system of drives. Names differ in more than case, slashes lean either way, and a parent has to be there before
// its child. The zero value has no drive.
type files struct {
	mu    sync.Mutex
	nodes map[string]*node // by clean path in lower case
}

type node struct {
	path    string // as it was first written, clean
	dir     bool
	content []byte
}

// errName is for paths that no Windows file can have.
var errName = errors.New("the filename, directory name, or volume label syntax is incorrect")

// clean makes a path absolute and unique but for case: C:\Users\packer. Dir is what it is relative to.
func clean(dir, path string) (string, error) {
	path = strings.ReplaceAll(strings.TrimSpace(path), "/", `\`)
	switch {
	case path == "" || strings.ContainsAny(path, "<>\"|?*\x00\r\n"):
		return "", errName
	case strings.HasPrefix(path, `\`):
		path = dir[:min(2, len(dir))] + path
	case len(path) < 2 || path[1] != ':':
		path = dir + `\` + path
	}
	drive, rest := path[:2], path[2:]
	if letter := drive[0] | 0x20; drive[1] != ':' || letter < 'a' || letter > 'z' || strings.Contains(rest, ":") {
		return "", errName
	}
	var parts []string
	for part := range strings.SplitSeq(rest, `\`) {
		switch part {
		case "", ".":
		case "..":
			parts = parts[:max(0, len(parts)-1)]
		default:
			if part = strings.TrimRight(part, ". "); part == "" {
				return "", errName
			}
			parts = append(parts, part)
		}
	}
	return drive + `\` + strings.Join(parts, `\`), nil
}

func (f *files) get(path string) *node { return f.nodes[strings.ToLower(path)] }

// parent is the folder of a clean path; of a drive, the drive itself.
func parent(path string) string {
	return path[:max(3, strings.LastIndexByte(path, '\\'))]
}

// mkdir makes a folder with all above it. It fails where a file is in the way.
func (f *files) mkdir(path string) error {
	path, err := clean(`C:\`, path)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nodes == nil {
		f.nodes = map[string]*node{}
	}
	for at := path; ; at = parent(at) {
		if n := f.get(at); n != nil && !n.dir {
			return fs.ErrExist
		}
		if len(at) == 3 {
			break
		}
	}
	for at := path; f.get(at) == nil; at = parent(at) {
		f.nodes[strings.ToLower(at)] = &node{path: at, dir: true}
	}
	return nil
}

// stat reports whether there is something at a clean path, and whether it is a folder.
func (f *files) stat(path string) (exists, dir bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.get(path)
	return n != nil, n != nil && n.dir
}

func (f *files) read(path string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch n := f.get(path); {
	case n == nil:
		return nil, fs.ErrNotExist
	case n.dir:
		return nil, fs.ErrPermission
	default:
		return slices.Clone(n.content), nil
	}
}

// write writes or extends a file.
func (f *files) write(path string, content []byte, extend bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.get(path)
	switch up := f.get(parent(path)); {
	case up == nil || !up.dir:
		return fs.ErrNotExist
	case n == nil:
		n = &node{path: path}
		f.nodes[strings.ToLower(path)] = n
	case n.dir:
		return fs.ErrPermission
	}
	if !extend {
		n.content = nil
	}
	n.content = append(n.content, content...)
	return nil
}

// remove removes a file, or a folder with all in it.
func (f *files) remove(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.get(path)
	if n == nil {
		return fs.ErrNotExist
	}
	key := strings.ToLower(path)
	delete(f.nodes, key)
	for name := range f.nodes {
		if strings.HasPrefix(name, key+`\`) {
			delete(f.nodes, name)
		}
	}
	return nil
}

// WriteFile puts a file on the machine, with the folders above it.
func (m *Machine) WriteFile(path string, content []byte) error {
	path, err := clean(`C:\`, path)
	if err != nil {
		return err
	}
	if err := m.fs.mkdir(parent(path)); err != nil {
		return err
	}
	return m.fs.write(path, content, false)
}

// Mkdir makes a folder with all above it.
func (m *Machine) Mkdir(path string) error { return m.fs.mkdir(path) }

// ReadFile reads a file of the machine.
func (m *Machine) ReadFile(path string) ([]byte, error) {
	path, err := clean(`C:\`, path)
	if err != nil {
		return nil, err
	}
	return m.fs.read(path)
}

// Files lists the paths of all files, sorted, as they were first written.
func (m *Machine) Files() []string {
	m.fs.mu.Lock()
	defer m.fs.mu.Unlock()
	var all []string
	for _, n := range m.fs.nodes {
		if !n.dir {
			all = append(all, n.path)
		}
	}
	slices.Sort(all)
	return all
}
