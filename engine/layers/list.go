package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Strange is something in the store's folder that is no layer.
type Strange struct {
	Name       string
	Unfinished bool // a layer that somebody began, and who is gone; Prune removes it
	Busy       bool // a layer that is being made now
	Why        string
}

// strange looks at what is no layer. Only what this package made itself is ever removed.
func (s *Store) strange(name string) Strange {
	it := Strange{Name: name, Why: "it is no layer, and is left alone"}
	if !idShape.MatchString(name) {
		return it
	}
	dir, err := s.folder(name)
	if err != nil {
		return it
	}
	defer dir.Close()
	if ordinary(dir, draftFile) != nil {
		return it
	}
	lock, err := s.claim(name)
	if err != nil {
		it.Why = err.Error()
		return it
	}
	if lock == nil {
		it.Busy, it.Why = true, "it is being made"
		return it
	}
	_ = lock.Close() // nothing was written through it
	it.Unfinished, it.Why = true, "whoever began to make it is gone"
	return it
}

// List gives all layers, each after what it lies over, and what else lies in the store's folder.
func (s *Store) List(_ context.Context) ([]Layer, []Strange, error) {
	all, strange, err := s.all()
	if err != nil {
		return nil, nil, err
	}
	pinned, err := s.pinned()
	if err != nil {
		return nil, nil, err
	}
	ids := map[string]bool{}
	for _, l := range all {
		ids[l.ID] = true
	}
	for i := range all {
		l := &all[i]
		if l.InUse, err = s.inUse(l.ID, pinned); err != nil {
			return nil, nil, err
		}
		if l.Damaged == "" && l.Parent != "" && !ids[l.Parent] {
			l.Damaged = fmt.Sprintf("layer %s, which it lies over, is gone", l.Parent)
		}
	}
	return inTree(all), strange, nil
}

func (s *Store) inUse(id string, pinned map[string]string) (bool, error) {
	if pinned[id] != "" {
		return true, nil
	}
	lock, err := s.claim(id)
	if lock != nil {
		return false, lock.Close()
	}
	if err != nil {
		return false, err
	}
	_, err = os.Lstat(filepath.Join(s.dir, id))
	return !errors.Is(err, fs.ErrNotExist), nil
}

// inTree puts every layer behind the one it lies over, and layers over the same one by age.
func inTree(all []Layer) []Layer {
	here, over := map[string]bool{}, map[string][]Layer{}
	for _, l := range all {
		here[l.ID] = true
	}
	for _, l := range all {
		parent := l.Parent
		if !here[parent] || l.rec.Version == 0 {
			parent = ""
		}
		over[parent] = append(over[parent], l)
	}
	ordered := make([]Layer, 0, len(all))
	var add func(parent string)
	add = func(parent string) {
		for _, l := range over[parent] {
			ordered = append(ordered, l)
			add(l.ID)
		}
	}
	add("")
	return ordered
}

// Usage is what layers take of the host's disk.
type Usage struct {
	Layers                 int
	DiskBytes, StateBytes  int64
	BaseBytes              int64 // base images that nobody else has any more
	Unfinished, InUseBytes int64 // bytes too
}

// Total is all of it.
func (u Usage) Total() int64 { return u.DiskBytes + u.StateBytes + u.BaseBytes + u.Unfinished }

// Usage adds up what is there.
func (s *Store) Usage(ctx context.Context) (Usage, error) {
	all, strange, err := s.List(ctx)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Layers: len(all)}
	for _, l := range all {
		u.DiskBytes += l.DiskBytes
		u.StateBytes += l.StateBytes
		if l.InUse {
			u.InUseBytes += l.DiskBytes + l.StateBytes
		}
	}
	for _, it := range strange {
		if it.Unfinished || it.Busy {
			u.Unfinished += treeBytes(filepath.Join(s.dir, it.Name))
		}
	}
	bases, err := s.pinnedBases()
	if err != nil {
		return Usage{}, err
	}
	for _, b := range bases {
		u.BaseBytes += b.bytes
	}
	return u, nil
}

// treeBytes is what a folder takes; what cannot be read counts nothing.
func treeBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			n += allocated(info)
		}
		return nil
	})
	return n
}
