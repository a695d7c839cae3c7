package gallery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// InUseError says that a VM, or qemu-img, has the disk open.
type InUseError struct{ ID string }

func (e *InUseError) Error() string { return fmt.Sprintf("image %q is in use", e.ID) }

// Why is the evidence, for a message.
func (e *InUseError) Why() string {
	return "a program of QEMU has its disk open; most likely a run is building on it"
}

// Fix is what to do about it.
func (e *InUseError) Fix() string {
	return "wait for the run, or cancel it (ingot runs, ingot cancel), and remove it then"
}

// Remove takes an image out of the gallery: a managed image, a version, a VHD by its file URL, or a definition that has no
// versions left. Errors: *IDError, *NotFoundError, *InUseError.
func (g *Gallery) Remove(ctx context.Context, resourceID string) error {
	if strings.HasPrefix(resourceID, "file:") {
		return g.removeVHD(ctx, resourceID)
	}
	i, err := parseID(resourceID)
	if err != nil {
		return err
	}
	if i.isLatest() {
		return &IDError{ID: resourceID, Bad: "latest is not a version that can be removed; name one"}
	}
	unlock, err := g.lock(ctx, i.asDefinition().dir())
	if err != nil {
		return err
	}
	defer unlock()
	dir := filepath.Join(g.root, i.dir())
	if !exists(dir) {
		return g.notFound(resourceID, i)
	}
	if i.definition != "" && i.version == "" {
		left, err := g.versions(i)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return &IDError{ID: resourceID, Bad: "the definition still has versions " + strings.Join(texts(left), ", ")}
		}
	}
	disks, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.vhd"))
	if err != nil {
		return err
	}
	return g.drop(resourceID, disks, dir)
}

func (g *Gallery) removeVHD(ctx context.Context, fileURL string) error {
	u, err := url.Parse(fileURL)
	if err != nil {
		return &IDError{ID: fileURL, Bad: "it is no URL"}
	}
	rel, err := filepath.Rel(filepath.Join(g.root, vhdsDir), u.Path)
	if err != nil || !filepath.IsLocal(rel) {
		return &IDError{ID: fileURL, Bad: "it is not in the gallery's folder " + filepath.Join(g.root, vhdsDir)}
	}
	path, err := g.vhdPath(filepath.ToSlash(rel))
	if err != nil {
		return err
	}
	unlock, err := g.lock(ctx, filepath.Join(vhdsDir, rel))
	if err != nil {
		return err
	}
	defer unlock()
	if !exists(path) {
		return &NotFoundError{ID: fileURL}
	}
	return g.drop(fileURL, []string{path}, path+".json", path)
}

// drop renames paths into a work folder, so that each goes at once, and removes them there.
func (g *Gallery) drop(resourceID string, disks []string, paths ...string) error {
	for _, disk := range disks {
		if used, err := inUse(disk); err != nil {
			return err
		} else if used {
			return &InUseError{ID: resourceID}
		}
	}
	w, err := g.newWork()
	if err != nil {
		return err
	}
	defer w.discard()
	for n, path := range paths {
		err := os.Rename(path, w.path(fmt.Sprint(n)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", resourceID, err)
		}
		if err := syncPath(filepath.Dir(path)); err != nil {
			return err
		}
	}
	return nil
}

// Leftovers lists what processes that died left behind: work in hand, and disks that no managed image names any more.
func (g *Gallery) Leftovers(ctx context.Context) ([]string, error) {
	return g.eachLeftover(ctx, func(string) error { return nil })
}

// Sweep removes what Leftovers lists and returns what it removed. What a live process holds is left alone.
func (g *Gallery) Sweep(ctx context.Context) ([]string, error) {
	return g.eachLeftover(ctx, os.RemoveAll)
}

func (g *Gallery) eachLeftover(ctx context.Context, do func(path string) error) ([]string, error) {
	found, err := g.staleWork(do)
	if err != nil {
		return found, err
	}
	images, err := filepath.Glob(filepath.Join(escapeGlob(g.root), "subscriptions/*/resourceGroups/*/providers/*/images/*"))
	if err != nil {
		return found, err
	}
	for _, dir := range images {
		stray, err := g.strayDisks(ctx, dir, do)
		if found = append(found, stray...); err != nil {
			return found, err
		}
	}
	return found, nil
}

// staleWork does do to every folder in .partial whose process is gone.
func (g *Gallery) staleWork(do func(path string) error) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(g.root, partialDir))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		path := filepath.Join(g.root, partialDir, e.Name())
		l := flock.New(path, flock.SetFlag(os.O_RDONLY))
		free, err := l.TryLock()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !free {
			continue // its process has just finished, or is at work
		}
		if err != nil {
			return found, err
		}
		err = do(path)
		_ = l.Unlock()
		if err != nil {
			return found, err
		}
		found = append(found, path)
	}
	return found, nil
}

// strayDisks does do to every disk in a managed image's folder that its record does not name.
func (g *Gallery) strayDisks(ctx context.Context, dir string, do func(path string) error) ([]string, error) {
	rel, err := filepath.Rel(g.root, dir)
	if err != nil {
		return nil, err
	}
	unlock, err := g.lock(ctx, rel)
	if err != nil {
		return nil, err
	}
	defer unlock()
	a, err := readRecord(filepath.Join(dir, imageFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a damaged record may name any of them: List tells of it, a person decides
	}
	return eachUnreferenced(dir, a.Path, do)
}

// removeUnreferenced removes the disks in dir other than keep that no program has open.
func removeUnreferenced(dir, keep string) ([]string, error) {
	return eachUnreferenced(dir, keep, os.Remove)
}

func eachUnreferenced(dir, keep string, do func(path string) error) ([]string, error) {
	disks, err := filepath.Glob(filepath.Join(escapeGlob(dir), "disk-*.vhd"))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, disk := range disks {
		if disk == keep {
			continue
		}
		if used, err := inUse(disk); err != nil || used {
			continue // gone, or a VM still runs on it
		}
		if err := do(disk); err != nil {
			return found, err
		}
		found = append(found, disk)
	}
	return found, nil
}

// escapeGlob makes a folder's name match only itself.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
