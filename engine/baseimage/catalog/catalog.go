// Package catalog maps the names Azure's marketplace has for images (publisher:offer:sku:version) to base images that can be
// had outside Azure, and says where those are published. The data is catalog.jsonc, beside this file; a file of the user's
// own extends it. Nothing here looks at what is on this machine: that is package baseimage.
package catalog

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/ingot-build/ingot/translate/diag"
)

//go:embed catalog.jsonc
var builtin []byte

// Image is one base image.
type Image struct {
	Name     string
	Title    string // for people; "" is allowed
	OS       string // "linux" or "windows"
	URNs     []Pattern
	Download *Download  // nil: it can only be added from a file
	Range    diag.Range // of its name in the catalog
}

// Download is where an image's file is published. Exactly one of Checksums and SHA256 is set.
type Download struct {
	URL       string
	Checksums string // URL of a list of sums, see ParseChecksums
	SHA256    string // lower-case hex
}

// Catalog is a set of images with distinct names. It does not change once loaded.
type Catalog struct {
	images []Image
}

// Builtin is the catalog that comes with Ingot.
func Builtin() *Catalog {
	f, err := parse("catalog.jsonc", builtin)
	if err == nil {
		var c *Catalog
		if c, err = f.resolve(f.sources); err == nil {
			return c
		}
	}
	panic("catalog: the built-in catalog is broken: " + err.Error()) // a test would have said so
}

// Load gives the built-in catalog extended by the user's file. No such file, or "", gives the built-in one alone. Faults in
// the file are *Error values with their place, joined.
func Load(userFile string) (*Catalog, error) {
	base := Builtin()
	if userFile == "" {
		return base, nil
	}
	text, err := os.ReadFile(userFile)
	if errors.Is(err, fs.ErrNotExist) {
		return base, nil
	}
	if err != nil {
		return nil, err
	}
	return base.extend(userFile, text)
}

// extend puts the user's images first, so that they win over built-in ones that match the same URN.
func (c *Catalog) extend(file string, text []byte) (*Catalog, error) {
	own, err := parse("catalog.jsonc", builtin)
	if err != nil {
		return nil, err
	}
	user, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	sources := own.sources
	for name, s := range user.sources {
		sources[name] = s
	}
	mine, err := user.resolve(sources)
	if err != nil {
		return nil, err
	}
	// Built-in images again, for the user may have moved one of their sources to a mirror.
	theirs, err := own.resolve(sources)
	if err != nil {
		return nil, err
	}
	for _, im := range theirs.images {
		if _, replaced := mine.Get(im.Name); !replaced {
			mine.images = append(mine.images, im)
		}
	}
	return mine, nil
}

// Images lists all images: the user's first, each group in file order.
func (c *Catalog) Images() []Image { return slices.Clone(c.images) }

// Get finds an image by name.
func (c *Catalog) Get(name string) (Image, bool) {
	i := slices.IndexFunc(c.images, func(im Image) bool { return im.Name == name })
	if i < 0 {
		return Image{}, false
	}
	return c.images[i], true
}

// Names lists the names of all images, in the order of Images.
func (c *Catalog) Names() []string {
	names := make([]string, 0, len(c.images))
	for _, im := range c.images {
		names = append(names, im.Name)
	}
	return names
}

// Match finds the image for a URN. A pattern that names a version goes before one that does not; otherwise the first wins.
func (c *Catalog) Match(u URN) (Image, bool) {
	for _, exact := range []bool{true, false} {
		for _, im := range c.images {
			for _, p := range im.URNs {
				if p.HasVersion() == exact && p.Match(u) {
					return im, true
				}
			}
		}
	}
	return Image{}, false
}
