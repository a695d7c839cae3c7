package gallery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// NotFoundError says that the gallery has no such image.
type NotFoundError struct {
	ID     string
	Reason string   // more than "it is not there"; may be ""
	Near   string   // the id most likely meant; may be ""
	Known  []string // ids of the same kind, or the versions of the definition; sorted
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("image %q is not in the local gallery", e.ID)
}

// shownKnown bounds the list in a message.
const shownKnown = 8

// Why tells what there is.
func (e *NotFoundError) Why() string {
	if e.Reason != "" {
		return e.Reason
	}
	if len(e.Known) == 0 {
		return "the gallery has no image of this kind yet"
	}
	list := strings.Join(e.Known[:min(len(e.Known), shownKnown)], ", ")
	if more := len(e.Known) - shownKnown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return "it has " + list
}

// Fix is what to do about it.
func (e *NotFoundError) Fix() string {
	if e.Near != "" {
		return fmt.Sprintf("write %q", e.Near)
	}
	return "build the image template that distributes to it first; ingot gallery ls shows what there is"
}

// Lookup finds a managed image, or a version of an image definition, by its id. ".../versions/latest" is the highest version
// that is not excluded from latest. Errors: *IDError, *NotFoundError, *DamagedError.
func (g *Gallery) Lookup(_ context.Context, resourceID string) (Artifact, error) {
	i, err := parseID(resourceID)
	if err != nil {
		return Artifact{}, err
	}
	var a Artifact
	switch {
	case i.image != "":
		a, err = readRecord(filepath.Join(g.root, i.dir(), imageFile))
	case i.isLatest():
		a, err = g.latest(i)
	case i.version == "":
		return Artifact{}, &IDError{ID: resourceID, Bad: "an image definition has no disk; a version of it has"}
	default:
		a, err = readRecord(filepath.Join(g.root, i.dir(), versionFile))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Artifact{}, g.notFound(resourceID, i)
	}
	if err != nil {
		return Artifact{}, err
	}
	return a, a.check()
}

// latest finds the highest version of i's definition that may be taken for latest.
func (g *Gallery) latest(i id) (Artifact, error) {
	all, err := g.versions(i)
	if err != nil {
		return Artifact{}, err
	}
	for _, v := range slices.Backward(all) {
		a, err := readRecord(filepath.Join(g.root, i.withVersion(v).dir(), versionFile))
		if err != nil || !a.Meta.ExcludeFromLatest {
			return a, err
		}
	}
	if len(all) > 0 {
		return Artifact{}, &NotFoundError{ID: i.String(), Known: texts(all),
			Reason: fmt.Sprintf("every version is excluded from latest: %s", strings.Join(texts(all), ", "))}
	}
	return Artifact{}, fs.ErrNotExist
}

// versions lists the versions of i's definition in ascending order; none when the definition does not exist.
func (g *Gallery) versions(i id) ([]Version, error) {
	entries, err := os.ReadDir(filepath.Join(g.root, i.asDefinition().dir(), versionsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []Version
	for _, e := range entries {
		// Anything else there was put by hand and is not ours to judge.
		if v, err := ParseVersion(e.Name()); err == nil && e.IsDir() {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, Version.Compare)
	return all, nil
}

func texts(versions []Version) []string {
	all := make([]string, len(versions))
	for i, v := range versions {
		all[i] = v.String()
	}
	return all
}

// notFound gathers what a person may have meant.
func (g *Gallery) notFound(given string, i id) error {
	e := &NotFoundError{ID: given}
	if i.definition != "" {
		if own, err := g.versions(i); err == nil && len(own) > 0 {
			e.Known = texts(own)
			if near := diag.Near(i.version, e.Known); near != "" {
				i.version = near
				e.Near = i.String()
			}
			return e
		}
	}
	all, _ := g.List(context.Background()) // damaged records have no say in a suggestion
	for _, a := range all {
		if (a.Kind == ManagedImage) != (i.image != "") || a.Kind == VHD {
			continue
		}
		known, _, _ := strings.Cut(a.ID, "/versions/")
		if !slices.Contains(e.Known, known) {
			e.Known = append(e.Known, known)
		}
	}
	slices.Sort(e.Known)
	if e.Near = diag.Near(i.asDefinition().String(), e.Known); e.Near != "" && i.version != "" {
		e.Near += "/versions/" + i.version
	}
	return e
}

// List returns everything in the gallery: managed images, then versions in ascending order by definition, then VHDs. Records
// that cannot be read are left out and joined in the error, as *DamagedError; the rest is still returned.
func (g *Gallery) List(ctx context.Context) ([]Artifact, error) {
	var all []Artifact
	var errs []error
	read := func(path string) {
		a, err := readRecord(path)
		switch {
		case err == nil:
			all = append(all, a)
		case !errors.Is(err, fs.ErrNotExist): // else removed since the walk saw it
			errs = append(errs, err)
		}
	}
	err := filepath.WalkDir(g.root, func(path string, d fs.DirEntry, err error) error {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		switch {
		case d.IsDir() && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir():
		case d.Name() == imageFile, d.Name() == versionFile, strings.HasSuffix(d.Name(), ".vhd.json"):
			read(path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list gallery %s: %w", g.root, err)
	}
	slices.SortStableFunc(all, compareArtifacts)
	return all, errors.Join(errs...)
}

// compareArtifacts orders by kind, then id, with versions of one definition by number.
func compareArtifacts(a, b Artifact) int {
	rank := []Kind{ManagedImage, ImageVersion, VHD}
	if d := slices.Index(rank, a.Kind) - slices.Index(rank, b.Kind); d != 0 {
		return d
	}
	place := func(id string) string {
		before, _, _ := strings.Cut(strings.ToLower(id), "/versions/")
		return before
	}
	if d := strings.Compare(place(a.ID), place(b.ID)); d != 0 {
		return d
	}
	va, _ := ParseVersion(a.Version) // "" and damaged ones sort first
	vb, _ := ParseVersion(b.Version)
	return va.Compare(vb)
}

// vhdPath is where PublishVHD puts name. *IDError when it is no sound name.
func (g *Gallery) vhdPath(vhdName string) (string, error) {
	folder, file := path.Split(vhdName)
	for _, part := range strings.Split(strings.TrimSuffix(folder, "/"), "/") {
		if !name.MatchString(part) || strings.HasSuffix(part, ".") {
			return "", &IDError{ID: vhdName, Bad: fmt.Sprintf("%q is no name of a folder in the gallery", part)}
		}
	}
	if !vhdFile.MatchString(file) {
		return "", &IDError{ID: vhdName, Bad: `a VHD's name has letters, digits, '_', '-', '.', '(' and ')', and ends in ".vhd"`}
	}
	return filepath.Join(g.root, vhdsDir, filepath.FromSlash(vhdName)), nil
}

// FileURL spells an absolute path as a file URL.
func FileURL(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }
