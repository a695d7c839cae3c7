package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/store"
)

// NoDiskError says that a name stands for no disk on this machine.
type NoDiskError struct{ Name, Reason, Advice string }

func (e *NoDiskError) Error() string { return fmt.Sprintf("there is no disk %q", e.Name) }

// Why is the reason.
func (e *NoDiskError) Why() string { return e.Reason }

// Fix is what to do about it.
func (e *NoDiskError) Fix() string { return e.Advice }

// DiskPath finds a disk on this machine: by the path of its file, the id of an image in the gallery, the name of a base image, or a run,
// whose first output it is. A file comes first: it can be named otherwise by no other way.
func (s *Service) DiskPath(ctx context.Context, name string) (string, error) {
	if _, err := os.Stat(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return name, err
	}
	if strings.HasPrefix(strings.ToLower(name), "/subscriptions/") {
		a, err := s.gallery.Lookup(ctx, name)
		return a.Path, err
	}
	im, err := s.images.Get(name)
	if err == nil {
		return im.Path, nil
	}
	var damaged *baseimage.DamagedError
	if errors.As(err, &damaged) {
		return "", err
	}
	run, err := s.store.Find(ctx, name)
	var unknown *store.NotFoundError
	if errors.As(err, &unknown) {
		return "", &NoDiskError{name, "it is no file, no image in the gallery, no base image and no run",
			"name one of those: ingot image ls, ingot gallery ls, ingot runs"}
	}
	if err != nil {
		return "", err
	}
	for _, out := range run.Outputs {
		if out.Path != "" {
			return out.Path, nil
		}
	}
	return "", &NoDiskError{name, fmt.Sprintf("run %s left no disk on this machine", run.ID),
		"name a run that has an output: ingot runs; or a step of this one: " + run.ID + "@STEP"}
}

// OpenDisk opens a disk that is named as DiskPath takes it, or a moment of a run: RUN@STEP, RUN@STEP+. Close it.
func (s *Service) OpenDisk(ctx context.Context, name string) (*OpenDisk, error) {
	_, _, _, moment := SplitPoint(name)
	if _, err := os.Stat(name); err == nil || !moment || strings.HasPrefix(name, "/") {
		path, err := s.DiskPath(ctx, name)
		if err != nil {
			return nil, err
		}
		return openDisk(path, nil)
	}
	p, err := s.Point(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.OpenPoint(ctx, p)
}

// OpenDisk is a disk that is read, and held against whoever would remove it.
type OpenDisk struct {
	*diskdiff.Disk
	release func() error
}

func openDisk(path string, release func() error) (*OpenDisk, error) {
	d, err := diskdiff.Open(path)
	if err != nil {
		if release != nil {
			err = errors.Join(err, release())
		}
		return nil, err
	}
	return &OpenDisk{d, release}, nil
}

// Close closes the disk, and lets it go.
func (d *OpenDisk) Close() error {
	err := d.Disk.Close()
	if d.release != nil {
		err = errors.Join(err, d.release())
	}
	return err
}

// OpenPoint opens the disk of a machine at a moment of its run. Close it.
func (s *Service) OpenPoint(ctx context.Context, p Point) (*OpenDisk, error) {
	kept, err := build.ReadLayers(p.Run)
	if err != nil {
		return nil, err
	}
	chain, err := s.chain(ctx, p, kept)
	if err != nil {
		return nil, gone(p, err)
	}
	top := chain.Top()
	path := filepath.Join(top.Dir, layers.DiskFile)
	if p.Layer == "" {
		path = top.Base.Path
	}
	return openDisk(path, chain.Release)
}

// gone says of a layer that an index has, and that cannot be used any more, which moment it was.
func gone(p Point, err error) error {
	var none *layers.NoLayerError
	var damaged *layers.DamagedError
	switch {
	case errors.As(err, &none):
		return &NotKeptPointError{Run: p.Run.ID, Point: p.String(), Reason: "its layer was removed since, by hand or to make room"}
	case errors.As(err, &damaged):
		return &NotKeptPointError{Run: p.Run.ID, Point: p.String(), Reason: damaged.Error()}
	}
	return err
}

// Diff tells how disk b differs from disk a; both are named as OpenDisk takes them. With b "", a is RUN@STEP, and what that step changed is
// told.
func (s *Service) Diff(ctx context.Context, a, b string, o diskdiff.Options) (_ *diskdiff.Report, err error) {
	if b == "" {
		b = a + "+"
	}
	var disks [2]*OpenDisk
	for i, name := range []string{a, b} {
		if disks[i], err = s.OpenDisk(ctx, name); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, disks[i].Close()) }()
	}
	return diskdiff.Compare(ctx, disks[0].Disk, disks[1].Disk, o)
}
