package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/diskdiff"
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
	return "", &NoDiskError{name, fmt.Sprintf("run %s left no disk on this machine", run.ID), "name a run that has an output: ingot runs"}
}

// Diff tells how disk b differs from disk a; both are named as DiskPath takes them.
func (s *Service) Diff(ctx context.Context, a, b string, o diskdiff.Options) (*diskdiff.Report, error) {
	var disks [2]*diskdiff.Disk
	for i, name := range []string{a, b} {
		path, err := s.DiskPath(ctx, name)
		if err != nil {
			return nil, err
		}
		if disks[i], err = diskdiff.Open(path); err != nil {
			return nil, err
		}
		defer disks[i].Close()
	}
	return diskdiff.Compare(ctx, disks[0], disks[1], o)
}
