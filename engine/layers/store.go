package layers

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/ingot-build/ingot/engine/seal"
)

// Store is the folder with all layers. It is safe for concurrent use, and so is the folder for several processes.
type Store struct {
	dir    string
	key    *seal.Key
	secret []byte
	now    func() time.Time

	mu        sync.Mutex
	basesLock *flock.Flock      // nil: PinBase was not called yet
	pending   map[string]*Draft // published in the background, by ID
	failed    []error           // of those that nobody asked about yet
	work      sync.WaitGroup
}

// Open gives the store in a folder, which need not be there. key is that of the state folder: with another one, all layers are those of
// another host.
func Open(dir string, key *seal.Key, now func() time.Time) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of layers: %w", err)
	}
	return &Store{dir: dir, key: key, secret: key.Derive("layers"), now: now, pending: map[string]*Draft{}}, nil
}

// Close waits for what is being published, and lets go of base images. The store's chains and drafts have their own Release.
func (s *Store) Close() error {
	err := s.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.basesLock != nil {
		err = errors.Join(err, s.basesLock.Close())
		s.basesLock = nil
	}
	return err
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Way gives back what was sealed with a layer: how to get into its guest.
func (s *Store) Way(l Layer) ([]byte, error) {
	return s.key.ReadFile(filepath.Join(l.Dir, wayFile), l.ID)
}

// folder looks into one layer's folder, and nowhere else: a link that leads out of it is an error. The caller closes it.
func (s *Store) folder(id string) (*os.Root, error) {
	store, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	info, err := store.Lstat(id)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", id)
	}
	return store.OpenRoot(id)
}

// read gives one layer as its folder says it is. An error of fs.ErrNotExist says that there is no layer of that ID; any other, that there
// is one and it is of no use.
func (s *Store) read(id string) (Layer, error) {
	if !idShape.MatchString(id) {
		return Layer{}, fs.ErrNotExist
	}
	dir, err := s.folder(id)
	if err != nil {
		return Layer{}, err
	}
	defer dir.Close()
	text, err := readSmall(dir, layerFile)
	if err != nil {
		return Layer{}, err
	}
	r, err := s.decode(text, id)
	if err != nil {
		return Layer{ID: id, Dir: filepath.Join(s.dir, id), Damaged: err.Error()}, err
	}
	l := Layer{
		ID: id, Parent: r.Parent, Key: r.Key, Target: cmp.Or(r.Target, FirstTarget), Next: r.Next, Step: r.Step, Title: r.Title,
		Template: r.Template, Run: r.Run, Final: r.Final, Alone: r.Alone, Bound: r.Bound, Base: r.Base,
		Made: r.Made, Used: r.Made, Dir: filepath.Join(s.dir, id), rec: r,
	}
	if info, err := dir.Lstat(usedFile); err == nil {
		l.Used = info.ModTime().UTC()
	}
	for _, f := range r.Files {
		info, err := dir.Lstat(f.Name)
		switch {
		case err != nil:
		case f.Name == StateFile:
			l.Memory, l.StateBytes = true, allocated(info)
		default:
			l.DiskBytes += allocated(info)
		}
	}
	if l.Facts, err = readSmall(dir, factsFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.Damaged = err.Error()
	}
	if why, err := readSmall(dir, damagedFile); err == nil {
		l.Damaged = string(why)
	}
	return l, nil
}

// all gives the layers that are there, oldest first, and what else lies in the folder. One that is damaged is among the layers.
func (s *Store) all() (layers []Layer, strange []Strange, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("read the folder of layers: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if name == "bases" || name == "pins" || name == storeLock || name == basesLock {
			continue
		}
		l, err := s.read(name)
		switch {
		case err == nil, l.Damaged != "":
			layers = append(layers, l)
		default:
			strange = append(strange, s.strange(name))
		}
	}
	sortByAge(layers)
	return layers, strange, nil
}
