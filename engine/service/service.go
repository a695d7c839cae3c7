// Package service has Ingot's verbs: build, list runs, read a log, cancel, clean. The command line calls them, and so will the
// server; neither holds logic of its own.
package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
)

// Errors that a caller acts on. They are build's own, named here so that callers need one package.
type (
	DiagnosticsError = build.DiagnosticsError
	HostError        = build.HostError
	RunError         = build.RunError
	ValidationError  = build.ValidationError
)

// Config is what a Service is made of; cmd/internal/wire fills it in.
type Config struct {
	Dirs        store.Dirs
	Registry    packercore.Registry
	Target      target.Target
	Fast        target.Target // of OnFast; nil: there is none
	Runner      runcmd.Runner
	HTTP        *http.Client
	Identity    resolve.Identity // who reads blobs that are not public; nil: nobody
	Now         func() time.Time
	Answers     Answering // for build VMs here that ask for metadata
	UserCatalog string    // path of the user's image catalog; need not exist
	// Plugins makes the set of plugins of a run. Nil: only what is in Registry.
	Plugins func(context.Context, PluginOptions) PluginSet
	// Azure connects to Azure for one run; an error about that is a *HostError. Nil: nothing is built there.
	Azure func(context.Context, Away) (Site, error)
	// AzureCleaner connects to Azure for a clean-up, in the same way.
	AzureCleaner func(context.Context, AzureRequest, *store.Store) (*AzureCleaning, error)
}

// Service is safe for concurrent use. Close it.
type Service struct {
	cfg     Config
	store   *store.Store
	images  *baseimage.Store
	gallery *gallery.Gallery
	cache   *resolve.ContentStore

	layers      func() (*layers.Store, error)
	layersAsked atomic.Bool
}

// New opens the stores below cfg.Dirs, making them when absent.
func New(ctx context.Context, cfg Config) (_ *Service, err error) {
	s := &Service{cfg: cfg}
	open := sync.OnceValues(func() (*layers.Store, error) { return openLayers(cfg) })
	s.layers = func() (*layers.Store, error) {
		s.layersAsked.Store(true)
		return open()
	}
	if s.store, err = store.Open(ctx, cfg.Dirs); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.store.Close())
		}
	}()
	if s.images, err = s.openImages(); err != nil {
		return nil, err
	}
	if s.gallery, err = gallery.Open(filepath.Join(cfg.Dirs.Data, "gallery")); err != nil {
		return nil, err
	}
	if s.cache, err = resolve.OpenContentStore(filepath.Join(cfg.Dirs.Cache, "downloads")); err != nil {
		return nil, err
	}
	return s, nil
}

// Close writes what is pending and closes the database.
func (s *Service) Close() error { return errors.Join(s.closeLayers(), s.store.Close()) }

// Images is the store of base images.
func (s *Service) Images() *baseimage.Store { return s.images }

// Gallery is the local gallery.
func (s *Service) Gallery() *gallery.Gallery { return s.gallery }

// Runs lists all runs, newest first.
func (s *Service) Runs(ctx context.Context) ([]store.Run, error) { return s.store.Runs(ctx) }

// Run finds one run by its id, a prefix of it, or "latest".
func (s *Service) Run(ctx context.Context, id string) (store.Run, error) {
	return s.store.Find(ctx, id)
}

// Events reads the journal of a run, after the event with the given number.
func (s *Service) Events(ctx context.Context, id string, after int64) iter.Seq2[events.Event, error] {
	return s.store.Events(ctx, id, after)
}

// NotRunningError says that a run cannot be cancelled because it is over.
type NotRunningError struct{ Run store.Run }

func (e *NotRunningError) Error() string {
	if e.Run.Interrupted {
		return fmt.Sprintf("run %s is not running: Ingot was killed in the middle of it", e.Run.ID)
	}
	return fmt.Sprintf("run %s is not running: it is %s since %s", e.Run.ID, e.Run.State, e.Run.Ended.Local().Format(time.DateTime))
}

// Cancel asks the process of a run to stop and clean up. It returns before that is done, as the service's cancel does; the
// run's state tells when it is. The error is a *NotRunningError when there is nothing to cancel.
func (s *Service) Cancel(ctx context.Context, id string) (store.Run, error) {
	run, err := s.store.Find(ctx, id)
	if err != nil {
		return run, err
	}
	if run.Interrupted || !run.Ended.IsZero() {
		return run, &NotRunningError{Run: run}
	}
	// The run's lock is held, so its process lives and the number is its own.
	if err := syscall.Kill(run.PID, syscall.SIGINT); err != nil {
		return run, fmt.Errorf("signal process %d of run %s: %w", run.PID, run.ID, err)
	}
	return run, nil
}
