package service

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/plan"
)

func (s *Service) openImages() (*baseimage.Store, error) {
	return baseimage.Open(filepath.Join(s.cfg.Dirs.Data, "images"), baseimage.Options{
		Runner: s.cfg.Runner, HTTP: s.cfg.HTTP, Now: s.cfg.Now, UserCatalog: s.cfg.UserCatalog,
	})
}

// imageFinder is the image store as resolve sees it.
type imageFinder struct{ images *baseimage.Store }

func (f imageFinder) Find(ctx context.Context, publisher, offer, sku, version string) (resolve.Disk, error) {
	img, err := f.images.Find(ctx, publisher, offer, sku, version)
	var absent *baseimage.NotPresentError
	if errors.As(err, &absent) {
		// The template is right and this machine is not ready for it: not a finding about the text.
		return resolve.Disk{}, &build.HostError{
			What: "base image " + absent.Name + " is not on this machine",
			Why:  "it stands for " + publisher + ":" + offer + ":" + sku + ":" + version,
			Fix:  absent.Hint,
		}
	}
	var damaged *baseimage.DamagedError
	if errors.As(err, &damaged) {
		return resolve.Disk{}, &build.HostError{
			What: "base image " + damaged.Image.Name + " is damaged", Why: damaged.Reason, Fix: damaged.Fix(),
		}
	}
	if err != nil {
		return resolve.Disk{}, err
	}
	return resolve.Disk{
		Name: img.Name, Origin: img.Origin,
		Path: img.Path, Format: img.Format, SHA256: img.SHA256, VirtualSize: img.VirtualSize,
		Version: img.Version, OS: plan.OS(img.OS), Machine: img.Machine,
	}, nil
}
