package baseimage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ingot-build/ingot/engine/baseimage/bootstrap"
	"github.com/ingot-build/ingot/engine/baseimage/catalog"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/guest"
)

// AddOptions say what a file cannot say of itself.
type AddOptions struct {
	URNs     []string              // publisher:offer:sku[:version] patterns the image stands for, beside the catalog's
	OS       string                // "linux", the default, or "windows"
	Machine  guest.Profile         // of windows; Firmware "" goes by the disk, and Devices "" is emulated
	Version  string                // default: 0.YYYYMMDD.0 of today
	Replace  bool                  // an image of that name is replaced instead of being an *ExistsError
	Progress func(events.Progress) // may be nil
}

// Add copies a disk file into the store: qcow2, raw or VHD; of a VHDX, a qcow2 is made. The file is not trusted: one that refers to
// other files is refused before any program opens it. Later changes to the file do not reach the store. Errors: *RefusedError, *ExistsError,
// *NameError, or of the file system.
func (s *Store) Add(ctx context.Context, name, path string, o AddOptions) (im Image, err error) {
	if !catalog.ValidName(name) {
		return Image{}, &NameError{Name: name}
	}
	if o.OS == "" {
		o.OS = "linux"
	}
	if o.OS != "linux" && o.OS != "windows" {
		return Image{}, fmt.Errorf(`operating system %q: want "linux" or "windows"`, o.OS)
	}
	if o.OS == "linux" && o.Machine != (guest.Profile{}) {
		return Image{}, errors.New("a profile of the machine is one of an image with Windows")
	}
	if fault := o.Machine.Fault(); fault != "" {
		return Image{}, errors.New(fault)
	}
	for _, u := range o.URNs {
		if _, err := catalog.ParsePattern(u); err != nil {
			return Image{}, err
		}
	}
	origin, err := filepath.Abs(path)
	if err != nil {
		return Image{}, err
	}
	// Seen here to spare a long copy of what is refused anyway; inspect looks again, at the copy.
	kind, err := sniff(origin)
	if err != nil {
		return Image{}, err
	}
	if old, err := s.Get(name); err == nil && !o.Replace {
		return Image{}, &ExistsError{Image: old}
	}
	t, err := s.newTemp(ctx, "add", name)
	if err != nil {
		return Image{}, err
	}
	defer func() { err = errors.Join(err, s.drop(ctx, t)) }()

	file := t.path("disk")
	digest, size, err := copyFile(ctx, origin, file, &report{to: o.Progress, what: "copy " + filepath.Base(path)})
	if err != nil {
		return Image{}, err
	}
	if kind == formatVHDX {
		if o.Progress != nil {
			o.Progress(events.Progress{What: "make a qcow2 of the VHDX"})
		}
		if err := s.fromVHDX(ctx, file, origin); err != nil {
			return Image{}, err
		}
		if digest, size, err = sha256File(ctx, file, &report{to: o.Progress, what: "checksum"}); err != nil {
			return Image{}, err
		}
	}
	format, virtual, err := s.inspect(ctx, file, origin)
	if err != nil {
		return Image{}, err
	}
	if o.OS == "windows" {
		if o.Machine, err = s.windowsMachine(ctx, file, format, origin, o.Machine); err != nil {
			return Image{}, err
		}
	}
	version := o.Version
	if version == "" {
		version = dateVersion(s.now())
	}
	return s.publish(ctx, file, Image{
		Name: name, SHA256: digest, Format: format, VirtualSize: virtual, FileSize: size, Version: version, Origin: origin,
		URNs: slices.Clone(o.URNs), Added: s.now().UTC(), OS: o.OS, Machine: o.Machine,
	}, o.Replace)
}

// Bootstrap makes an image from the Debian mirror of this host and puts it in place of one of that name. Names are those of
// bootstrap.Names; another gives *UnknownError. Missing host programs give *bootstrap.MissingError. Whatever goes wrong,
// nothing is left behind.
func (s *Store) Bootstrap(ctx context.Context, name string, progress func(events.Progress)) (im Image, err error) {
	if _, ok := bootstrap.Suite(name); !ok {
		return Image{}, &UnknownError{Verb: "bootstrap", Name: name, Known: bootstrap.Names()}
	}
	t, err := s.newTemp(ctx, "bootstrap", name)
	if err != nil {
		return Image{}, err
	}
	defer func() { err = errors.Join(err, s.drop(ctx, t)) }()

	now := s.now().UTC()
	file, err := bootstrap.Build(ctx, bootstrap.Options{Name: name, Dir: t.dir, Now: now, Runner: s.run, Progress: progress})
	if err != nil {
		return Image{}, fmt.Errorf("bootstrap %s: %w", name, err)
	}
	digest, size, err := sha256File(ctx, file, &report{to: progress, what: "checksum"})
	if err != nil {
		return Image{}, err
	}
	format, virtual, err := s.inspect(ctx, file, file)
	if err != nil {
		return Image{}, err
	}
	return s.publish(ctx, file, Image{
		Name: name, SHA256: digest, Format: format, VirtualSize: virtual, FileSize: size, Version: dateVersion(now),
		Origin: OriginBootstrap, URNs: s.keptURNs(name), Added: now, OS: "linux",
	}, true)
}

// keptURNs are those that the user gave to the image of that name; a newer disk does not take them away.
func (s *Store) keptURNs(name string) []string {
	old, err := s.readRecord(name)
	if err != nil {
		return nil
	}
	return old.URNs
}

// Verify reads an image's whole file and gives *DamagedError if it is not what was put there.
func (s *Store) Verify(ctx context.Context, name string) error {
	im, err := s.Get(name)
	if err != nil {
		return err
	}
	digest, _, err := sha256File(ctx, im.Path, &report{})
	if err != nil {
		return err
	}
	if digest != im.SHA256 {
		return &DamagedError{Image: im, Reason: fmt.Sprintf("its file %s has changed: SHA-256 is %s", im.Path, digest)}
	}
	return nil
}
