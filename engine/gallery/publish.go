package gallery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ingot-build/ingot/engine/vhd"
)

// ExistsError says that an image version exists: a version never changes once it is published.
type ExistsError struct {
	ID     string // of the version
	Newest string // highest version of the definition
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("image version %q exists; version numbers of one image definition must be distinct", e.ID)
}

// Why is the rule.
func (e *ExistsError) Why() string {
	return "an image version never changes once it is published; the highest is " + e.Newest
}

// Fix is what to do about it.
func (e *ExistsError) Fix() string {
	return "name another version in galleryImageId, or name the definition alone and let Ingot number it"
}

// OSError says that an image does not fit its definition.
type OSError struct{ Definition, Want, Got string }

func (e *OSError) Error() string {
	return fmt.Sprintf("image definition %q is for %s images and this one is %s", e.Definition, e.Want, e.Got)
}

// Fix is what to do about it.
func (e *OSError) Fix() string { return "distribute to another image definition" }

// PublishVersion makes disk, a finished fixed VHD, the version that number chooses of the definition. A definition that does not
// exist is made, with the OS of meta; Azure would refuse. Errors: *IDError, *ExistsError, *OSError, *vhd.FormatError,
// *vhd.SpaceError, those of number, and those of the file system.
func (g *Gallery) PublishVersion(ctx context.Context, definitionID string, number Numberer, meta Meta, disk string) (Artifact, error) {
	def, err := parseDefinitionID(definitionID)
	if err != nil {
		return Artifact{}, err
	}
	unlock, err := g.lock(ctx, def.dir())
	if err != nil {
		return Artifact{}, err
	}
	defer unlock()
	kept, err := g.definition(def, meta)
	if err != nil {
		return Artifact{}, err
	}
	if def, err = parseID(kept.ID); err != nil { // its first spelling stays
		return Artifact{}, err
	}
	existing, err := g.versions(def)
	if err != nil {
		return Artifact{}, err
	}
	v, err := number(existing)
	if err != nil {
		return Artifact{}, err
	}
	if slices.Contains(existing, v) {
		return Artifact{}, &ExistsError{ID: def.withVersion(v).String(), Newest: existing[len(existing)-1].String()}
	}
	target := filepath.Join(g.root, def.withVersion(v).dir())
	a := Artifact{ID: def.withVersion(v).String(), Kind: ImageVersion, Version: v.String(), Path: filepath.Join(target, diskFile)}
	return g.publish(ctx, a, meta, disk, func(w *work, a Artifact) error {
		if err := writeRecord(w.path(versionFile), a); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.Chmod(w.dir, 0o755); err != nil {
			return err
		}
		if err := syncPath(w.dir); err != nil {
			return err
		}
		if err := os.Rename(w.dir, target); err != nil {
			return err
		}
		return syncPath(filepath.Dir(target))
	})
}

// PublishImage makes disk, a finished fixed VHD, the managed image of that id. One that exists is replaced: from one moment to
// the next Lookup gives the new one. The old disk goes away, unless a VM has it open; then Sweep removes it later.
func (g *Gallery) PublishImage(ctx context.Context, imageID string, meta Meta, disk string) (Artifact, error) {
	img, err := parseImageID(imageID)
	if err != nil {
		return Artifact{}, err
	}
	unlock, err := g.lock(ctx, img.dir())
	if err != nil {
		return Artifact{}, err
	}
	defer unlock()
	dir := filepath.Join(g.root, img.dir())
	// A name of its own for each disk: a VM on the old one must never find other bytes by the same path.
	a := Artifact{ID: img.String(), Kind: ManagedImage, Path: filepath.Join(dir, "disk-"+uuid.NewString()[:8]+".vhd")}
	return g.publish(ctx, a, meta, disk, func(w *work, a Artifact) error {
		if err := writeRecord(w.path(imageFile), a); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.Rename(w.path(diskFile), a.Path); err != nil {
			return err
		}
		if err := os.Rename(w.path(imageFile), filepath.Join(dir, imageFile)); err != nil {
			return errors.Join(err, os.Remove(a.Path))
		}
		_, err := removeUnreferenced(dir, a.Path)
		return errors.Join(err, syncPath(dir))
	})
}

// PublishVHD makes disk, a finished fixed VHD, the file name below the gallery's vhds folder. name has slashes between folders
// and ends in ".vhd"; a file of that name is replaced, as a blob would be.
func (g *Gallery) PublishVHD(ctx context.Context, name string, meta Meta, disk string) (Artifact, error) {
	path, err := g.vhdPath(name)
	if err != nil {
		return Artifact{}, err
	}
	unlock, err := g.lock(ctx, filepath.Join(vhdsDir, name))
	if err != nil {
		return Artifact{}, err
	}
	defer unlock()
	a := Artifact{ID: FileURL(path), Kind: VHD, Path: path}
	return g.publish(ctx, a, meta, disk, func(w *work, a Artifact) error {
		if err := writeRecord(w.path("record"), a); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		// The old record first: a crash leaves a disk without a record, never one with the wrong record.
		if err := os.Remove(path + ".json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Rename(w.path(diskFile), path); err != nil {
			return err
		}
		if err := os.Rename(w.path("record"), path+".json"); err != nil {
			return err
		}
		return syncPath(filepath.Dir(path))
	})
}

// publish checks the disk, puts it into a work folder and lets commit move it to its place.
func (g *Gallery) publish(ctx context.Context, a Artifact, meta Meta, disk string, commit func(*work, Artifact) error) (Artifact, error) {
	info, err := vhd.Verify(disk)
	if err != nil {
		return Artifact{}, err
	}
	if meta.Created.IsZero() {
		meta.Created = time.Now()
	}
	meta.Created = meta.Created.UTC()
	a.Format, a.VirtualSize, a.Meta = "vpc", info.VirtualSize, meta

	w, err := g.newWork()
	if err != nil {
		return Artifact{}, err
	}
	defer w.discard()
	if err := place(ctx, disk, w.path(diskFile)); err != nil {
		return Artifact{}, fmt.Errorf("publish %s: %w", a.ID, err)
	}
	if cause := context.Cause(ctx); cause != nil {
		return Artifact{}, cause
	}
	if err := commit(w, a); err != nil {
		return Artifact{}, fmt.Errorf("publish %s: %w", a.ID, err)
	}
	return a, nil
}

// place puts the VHD src at dst: by a hard link, which costs nothing, else by a sparse copy. It is read-only then and synced.
func place(ctx context.Context, src, dst string) error {
	if err := os.Link(src, dst); err != nil {
		// Another file system, or one without links.
		if err := vhd.Copy(ctx, src, dst); err != nil {
			return err
		}
	}
	if err := os.Chmod(dst, 0o444); err != nil {
		return err
	}
	return syncPath(dst)
}

// definition returns the record of def, which is made if there is none. The caller holds the lock.
func (g *Gallery) definition(def id, meta Meta) (Definition, error) {
	path := filepath.Join(g.root, def.dir(), definitionFile)
	var d Definition
	err := readJSON(path, &d)
	switch {
	case err == nil:
		if meta.OS != "" && d.OS != "" && !strings.EqualFold(meta.OS, d.OS) {
			return d, &OSError{Definition: d.ID, Want: d.OS, Got: meta.OS}
		}
		return d, nil
	case !errors.Is(err, fs.ErrNotExist):
		return d, err
	}
	w, err := g.newWork()
	if err != nil {
		return d, err
	}
	defer w.discard()
	d = Definition{ID: def.String(), OS: meta.OS, Created: time.Now().UTC()}
	if err := writeJSON(w.path(definitionFile), d); err != nil {
		return d, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return d, err
	}
	return d, os.Rename(w.path(definitionFile), path)
}

// syncPath makes a file, or the names in a folder, survive a crash of the machine.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
