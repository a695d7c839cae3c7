package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/ingot-build/ingot/cmd/internal/gather"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// maxScript bounds what is read of a script, in bytes. A parser needs many times as much memory.
const maxScript = 4 << 20

// A scriptFinder finds on this machine what is at the URI of a script: below the folder of the image template, among the downloads of
// earlier builds, in a folder of scripts. A template may come from anybody, and its findings show lines of the scripts: so no URI leads
// to another file. It is safe for concurrent use.
type scriptFinder struct {
	downloads string // the folder of them, by checksum; "" when there is none

	mu      sync.Mutex
	folders map[string]map[string][]string // of a folder: base name to the paths of that name below it
}

func newScriptFinder(getenv func(string) string) *scriptFinder {
	f := &scriptFinder{folders: map[string]map[string][]string{}}
	if dirs, err := store.DirsFromEnv(getenv); err == nil { // without a home there are no downloads
		f.downloads = filepath.Join(dirs.Cache, "downloads", "sha256") // as resolve.ContentStore has it
	}
	return f
}

// A scriptReader finds the scripts of one template. It is not safe for concurrent use.
type scriptReader struct {
	finder  *scriptFinder
	beside  string // the folder of the template; "" for one from standard input
	folder  string // the folder of scripts; ""
	skipped map[string]int64
}

// of gives the reader for a template in a file. folder is where scripts are, or "".
func (f *scriptFinder) of(file, folder string) *scriptReader {
	r := &scriptReader{finder: f, folder: folder, skipped: map[string]int64{}}
	if file != gather.Stdin {
		r.beside = filepath.Dir(file)
	}
	return r
}

// read is a script.Read.
func (r *scriptReader) read(uri, sum string) (file string, data []byte, ok bool) {
	sum = strings.ToLower(sum)
	u, err := url.Parse(uri)
	if err != nil {
		return "", nil, false
	}
	switch {
	case u.Scheme == "" && u.Host == "" && !path.IsAbs(u.Path):
		return r.inside(r.beside, filepath.FromSlash(u.Path), uri, sum)
	case u.Scheme == "" && u.Host == "", u.Scheme == "file" && (u.Host == "" || u.Host == "localhost"):
		for _, folder := range []string{r.beside, r.folder} {
			if below, ok := below(folder, filepath.FromSlash(u.Path)); ok {
				return r.inside(folder, below, uri, sum)
			}
		}
		return "", nil, false
	}
	if name := r.finder.download(sum); name != "" {
		open := func() (*os.File, error) { return regular(os.OpenFile(name, readOnly, 0)) }
		if data, ok := r.content(uri, sum, open); ok {
			u.RawQuery, u.Fragment, u.User = "", "", nil // it may hold a signature
			return u.String(), data, true
		}
	}
	if names := r.finder.named(r.folder, path.Base(u.Path)); len(names) == 1 {
		return r.inside(r.folder, names[0], uri, sum)
	}
	return "", nil, false
}

// below gives the path of a file from a folder, if it is inside.
func below(folder, name string) (string, bool) {
	if folder == "" {
		return "", false
	}
	full, err := filepath.Abs(folder)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(full, name)
	return rel, err == nil && filepath.IsLocal(rel)
}

// inside reads a file below a folder. Links that lead out of it are not followed.
func (r *scriptReader) inside(folder, name, uri, sum string) (string, []byte, bool) {
	if folder == "" || !filepath.IsLocal(name) {
		return "", nil, false
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", nil, false
	}
	defer root.Close()
	data, ok := r.content(uri, sum, func() (*os.File, error) {
		return regular(root.OpenFile(name, readOnly, 0))
	})
	return filepath.Join(folder, name), data, ok
}

// content reads a file that holds what the checksum says, if there is one: another file is another script.
func (r *scriptReader) content(uri, sum string, open func() (*os.File, error)) ([]byte, bool) {
	f, err := open()
	if err != nil {
		return nil, false
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxScript {
		r.skipped[uri] = info.Size()
		return nil, false
	}
	data, err := io.ReadAll(io.LimitReader(f, maxScript))
	if err != nil {
		return nil, false
	}
	if have := sha256.Sum256(data); sum != "" && hex.EncodeToString(have[:]) != sum {
		return nil, false
	}
	return data, true
}

// readOnly does not wait for the writer of a named pipe.
const readOnly = os.O_RDONLY | syscall.O_NONBLOCK

func regular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, f.Close(), fs.ErrInvalid)
	}
	return f, nil
}

// download is where the bytes of a checksum are, if an earlier build has fetched them.
func (f *scriptFinder) download(sum string) string {
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size || f.downloads == "" {
		return ""
	}
	return filepath.Join(f.downloads, sum)
}

// named lists the files of a name below a folder, by their paths from there.
func (f *scriptFinder) named(folder, name string) []string {
	if folder == "" || name == "" || name == "/" || name == "." {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	index, known := f.folders[folder]
	if !known {
		index = map[string][]string{}
		// What cannot be read is not found.
		_ = filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case d.IsDir() && file != folder && gather.Skipped(d.Name()):
				return fs.SkipDir
			case !d.IsDir():
				if rel, err := filepath.Rel(folder, file); err == nil {
					index[d.Name()] = append(index[d.Name()], rel)
				}
			}
			return nil
		})
		f.folders[folder] = index
	}
	return index[name]
}

// tooLarge says which scripts were not looked into.
func (r *scriptReader) tooLarge(checked []translate.Checked) diag.List {
	var list diag.List
	if len(r.skipped) == 0 {
		return nil
	}
	for _, c := range checked {
		for owner, s := range scriptsOf(c.Template) {
			size, skipped := r.skipped[s.ScriptURI.Value]
			if !skipped {
				continue
			}
			list.Add(diag.Diagnostic{Severity: diag.Info, Code: translate.CodeScriptSize, Subject: s.ScriptURI.Range, Path: owner.Path + ".scriptUri",
				Summary: fmt.Sprintf("the script has %s, and was not looked into", sized(size)),
				Why:     fmt.Sprintf("scripts of up to %s are", sized(maxScript))})
		}
	}
	return list
}

// scriptsOf gives the customizers and validators that run scripts.
func scriptsOf(t *template.ImageTemplate) func(func(template.Common, template.Script) bool) {
	return func(yield func(template.Common, template.Script) bool) {
		if t == nil {
			return
		}
		one := func(owner any) bool {
			switch c := owner.(type) {
			case *template.Shell:
				return yield(c.Common, c.Script)
			case *template.PowerShell:
				return yield(c.Common, c.Script)
			default:
				return true
			}
		}
		for _, c := range t.Customize.Value {
			if !one(c) {
				return
			}
		}
		for _, v := range t.Validate.InVMValidations.Value {
			if !one(v) {
				return
			}
		}
	}
}
