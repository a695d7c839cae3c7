package packercore

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// The folder of the bytes that steps need, and the list of their checksums in it, in the format of sha256sum.
const (
	filesDir = "files"
	sumsFile = "SHA256SUMS"
)

// sumLine is a line of the list: the checksum, a space, a space or an asterisk, the name.
var sumLine = regexp.MustCompile(`^([0-9a-f]{64}) [ *](.+)$`)

// verifyFiles holds every listed file against its checksum and returns the set of their names, as paths below files/. A folder
// without the list gives nil: Ingot's own folders have one, and those of others need none.
func verifyFiles(dir string) (map[string]bool, error) {
	root, err := os.OpenRoot(filepath.Join(dir, filesDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("verify files: %w", err)
	}
	defer root.Close()
	listPath := filepath.Join(dir, filesDir, sumsFile)
	list, err := root.Open(sumsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("verify files: %w", err)
	}
	defer list.Close()

	names := map[string]bool{}
	var errs []error
	lines := bufio.NewScanner(list)
	for n := 1; lines.Scan(); n++ {
		m := sumLine.FindStringSubmatch(lines.Text())
		if m == nil {
			errs = append(errs, fmt.Errorf("%s:%d: not a line of sha256sum: %q", listPath, n, lines.Text()))
			continue
		}
		name := filepath.Clean(filepath.FromSlash(m[2]))
		names[name] = true
		if err := verifyFile(root, name, m[1]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w (listed at %s:%d)", filepath.Join(dir, filesDir, name), err, listPath, n))
		}
	}
	errs = append(errs, lines.Err())
	return names, errors.Join(errs...)
}

// verifyFile compares the checksum of one file. Root keeps names and links inside the folder.
func verifyFile(root *os.Root, name, want string) error {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the file is missing")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the file was changed: its SHA-256 is %s and must be %s", got, want)
	}
	return nil
}

// pathAttrs are the attributes of provisioners that name files on this machine.
var pathAttrs = []string{"script", "scripts", "source", "sources"}

// verifyUse checks that every file of files/ that a provisioner takes is a listed one, where there is a list: another one has no
// checksum, so nobody could tell whether it is what the plan meant.
func (s *session) verifyUse(block *hcl2.Component, config cty.Value) error {
	if s.files == nil {
		return nil
	}
	var errs []error
	for _, name := range pathAttrs {
		if !config.Type().HasAttribute(name) {
			continue
		}
		for _, path := range textsIn(config.GetAttr(name)) {
			rel, err := filepath.Rel(filepath.Join(s.opts.Dir, filesDir), path)
			if err != nil || !filepath.IsLocal(rel) || s.files[rel] {
				continue
			}
			errs = append(errs, s.template.ErrorAt(block.Range, fmt.Errorf("%s %q has no checksum in %s",
				name, path, strings.Join([]string{filesDir, sumsFile}, "/"))))
		}
	}
	return errors.Join(errs...)
}

// textsIn returns the strings of a string, or of a list of them.
func textsIn(v cty.Value) []string {
	switch {
	case v.IsNull() || !v.IsKnown():
		return nil
	case v.Type() == cty.String:
		return []string{v.AsString()}
	case v.CanIterateElements():
		var all []string
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			all = append(all, textsIn(e)...)
		}
		return all
	default:
		return nil
	}
}
