package service

import (
	"context"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/engine/store"
)

// PluginSet is the plugins on this machine, as one run of a Packer template uses them.
type PluginSet interface {
	// Find opens plugins, as packercore.Registry.Plugins wants it.
	Find(ctx context.Context, wanted []hcl2.PluginRequirement) (packercore.Registry, error)
	// Record has everything noted that the plugins must not leave behind: their processes, by the names that they bear in their
	// command lines, and their folders. kind is one of the ledger's. The function that record gives strikes the note.
	Record(record func(kind, name string) (strike func() error, err error)) error
	// Close ends all their processes.
	Close() error
}

// PluginOptions say how a run wants its plugins.
type PluginOptions struct {
	Mask *events.Mask // hides secrets in all that the plugins print, and in the errors they give
	// Environ gives the environment of the plugins, made of this process's. Nil: it is that.
	Environ func([]string) []string
	// Grace is how long a component may take to end once the run is cancelled. 0: as long as it takes to delete what it made, where
	// nobody else does.
	Grace time.Duration
}

// graceOnAzure is for a builder whose leftovers Ingot knows, and removes itself.
const graceOnAzure = time.Minute

// plugins adds the plugins on this machine to what is linked in. The caller closes the set.
func (s *Service) plugins(ctx context.Context, o PluginOptions) (packercore.Registry, PluginSet) {
	reg := s.cfg.Registry
	if s.cfg.Plugins == nil {
		return reg, noPlugins{}
	}
	set := s.cfg.Plugins(ctx, o)
	reg.Plugins = set.Find
	return reg, set
}

// inLedger notes things in the ledger under a run. Notes outlive the run's context, as the things may.
func (s *Service) inLedger(ctx context.Context, run string) func(kind, name string) (func() error, error) {
	ctx = context.WithoutCancel(ctx)
	return func(kind, name string) (func() error, error) {
		entry, err := s.store.Record(ctx, run, store.Kind(kind), name)
		if err != nil {
			return nil, err
		}
		return func() error { return s.store.Strike(ctx, entry.ID) }, nil
	}
}

// noPlugins is the set of a service that has none.
type noPlugins struct{}

func (noPlugins) Find(context.Context, []hcl2.PluginRequirement) (packercore.Registry, error) {
	return packercore.Registry{}, nil
}

func (noPlugins) Record(func(string, string) (func() error, error)) error { return nil }
func (noPlugins) Close() error                                            { return nil }
