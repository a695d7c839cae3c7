package baseimage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/baseimage/catalog"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// OriginBootstrap is the Origin of an image made by Bootstrap.
const OriginBootstrap = "bootstrap"

// Image is a base image in the store.
type Image struct {
	Name        string    `json:"name"`
	SHA256      string    `json:"sha256"`              // of the file, lower-case hex
	Format      string    `json:"format"`              // qcow2, raw or vpc, as qemu-img names them
	VirtualSize int64     `json:"virtualSize"`         // bytes the guest sees
	FileSize    int64     `json:"fileSize"`            // bytes of the file, holes included
	Path        string    `json:"-"`                   // of the file, which is read-only
	Version     string    `json:"version"`             // as given at Add, else 0.YYYYMMDD.0 of the day it was made or published
	Origin      string    `json:"origin"`              // a URL, OriginBootstrap, or the absolute path it was added from
	Published   string    `json:"published,omitempty"` // the publisher's digest of a download, "sha512:<hex>"
	URNs        []string  `json:"urns,omitempty"`      // publisher:offer:sku[:version] patterns given at Add
	Added       time.Time `json:"added"`               // UTC
	OS          string    `json:"os"`                  // linux or windows

	Machine guest.Profile `json:"machine,omitzero"` // what a machine that starts from it has to be like
}

// Options are what a store needs of the world. Zero values give the real one.
type Options struct {
	Runner      runcmd.Runner
	HTTP        *http.Client
	Now         func() time.Time
	Sleep       func(context.Context, time.Duration) error // between attempts of a download
	UserCatalog string                                     // path of the user's catalog file; "" or absent: none
}

// Store is a folder of base images. It is safe for concurrent use, by several processes too.
type Store struct {
	root    string
	run     runcmd.Runner
	http    *http.Client
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	catalog func() (*catalog.Catalog, error)
}

// Open makes the store's folders where they are missing. The user's catalog is read when it is first needed: a fault in it
// does not stop work that has no use for it.
func Open(root string, o Options) (*Store, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	s := &Store{root: root, run: o.Runner, http: o.HTTP, now: o.Now, sleep: o.Sleep}
	if s.run == nil {
		s.run = runcmd.Host{}
	}
	if s.http == nil {
		s.http = &http.Client{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.sleep == nil {
		s.sleep = sleep
	}
	s.catalog = sync.OnceValues(func() (*catalog.Catalog, error) { return catalog.Load(o.UserCatalog) })
	for _, dir := range []string{"images", filepath.Join("blobs", "sha256"), "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return nil, fmt.Errorf("open the store of base images: %w", err)
		}
	}
	return s, nil
}

// Catalog gives the images that can be had, here or not. The error names faults in the user's catalog file.
func (s *Store) Catalog() (*catalog.Catalog, error) { return s.catalog() }

// List gives all images, sorted by name. Images whose record or file is damaged are left out and reported in the error, one
// *DamagedError each, joined; the others are valid all the same.
func (s *Store) List(ctx context.Context) ([]Image, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var all []Image
	var faults []error
	for _, name := range names {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		im, err := s.Get(name)
		var gone *NotPresentError
		switch {
		case err == nil:
			all = append(all, im)
		case !errors.As(err, &gone): // gone: removed since names were read
			faults = append(faults, err)
		}
	}
	return all, errors.Join(faults...)
}

// Get finds an image by name. It gives *NotPresentError if the store has none, and *DamagedError if its record cannot be read
// or its file is not there in full; the file's content is looked at by Verify alone.
func (s *Store) Get(name string) (Image, error) {
	if !catalog.ValidName(name) {
		return Image{}, &NameError{Name: name}
	}
	im, err := s.readRecord(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Image{}, s.notPresent(name)
	}
	if err != nil {
		return Image{}, err
	}
	st, err := os.Stat(im.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Image{}, &DamagedError{Image: im, Reason: "its file " + im.Path + " is gone"}
	case err != nil:
		return Image{}, err
	case st.Size() != im.FileSize:
		return Image{}, &DamagedError{Image: im,
			Reason: fmt.Sprintf("its file %s has %d bytes instead of %d", im.Path, st.Size(), im.FileSize)}
	}
	return im, nil
}

func (s *Store) blob(sha256 string) string { return filepath.Join(s.root, "blobs", "sha256", sha256) }

// dateVersion is the version of an image whose maker gave it none, in the manner of Azure's Debian images.
// In a layout of package time, ".0" would be tenths of a second.
func dateVersion(t time.Time) string { return "0." + t.UTC().Format("20060102") + ".0" }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
