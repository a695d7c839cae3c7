package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Where a run may be. "" is OnLocal.
const (
	OnLocal = "local" // a VM on this machine
	OnFast  = "fast"  // a container on this machine
	OnAuto  = "auto"  // a container on this machine for as long as that makes no difference, and a VM from there on
	OnAzure = "azure" // a VM in a subscription of Azure
)

// AzureRequest says where in Azure a run is wanted. What is "" is found out: by the image template, or by the environment.
type AzureRequest struct {
	Cloud         string // as the Azure CLI calls it
	Subscription  string // id
	ResourceGroup string // of the image template
	Location      string // of the build VM, where the image template names none

	FallbackSizes []string // of the build VM, tried one after another where Azure refuses the first
	Rate          int      // requests a minute to Resource Manager, of all runs of this process; 0: no limit
}

// Away is what a place that is not this machine is told of a run.
type Away struct {
	AzureRequest
	Plan *plan.Plan
	Host string // store.Dirs.HostID
	// Plugin tells what is the matter with a plugin, for a constraint on its version; nil: it is installed.
	Plugin func(ctx context.Context, source, constraint string) (*target.Problem, error)
	Store  *store.Store
	Say    func(line string)
	Secret func(events.Secret)
}

// A Site is where a run is.
type Site struct {
	Target  target.Target
	Then    target.Target // of VMs, where Target is of containers: see build.Builder
	Place   build.Place
	Remover ledger.Remover // of what the run makes there; nil: all it makes is on this machine
	// Environ gives the environment of plugins, made of this process's. Nil: it is that.
	Environ func([]string) []string
}

// here is a target on this machine.
func (s *Service) here(of target.Target) Site {
	return Site{
		Target: of,
		Place:  &build.Local{Images: imageFinder{s.images}, Gallery: s.gallery, Runner: s.cfg.Runner},
	}
}

// site is where a run is wanted.
func (s *Service) site(ctx context.Context, r BuildRequest, mask *events.Mask, emit events.Sink, plugins PluginSet) (Site, error) {
	switch r.On {
	case "", OnLocal, s.cfg.Target.Info().Name:
		return s.here(s.cfg.Target), nil
	case OnFast, fastName:
		if s.cfg.Fast == nil {
			return Site{}, &HostError{What: "this Ingot does not build in containers"}
		}
		return s.fast(), nil
	case OnAuto:
		if s.cfg.Fast == nil {
			return s.here(s.cfg.Target), nil
		}
		return s.fast(), nil
	case OnAzure:
		return s.azure(ctx, r, mask, emit, plugins)
	default:
		return Site{}, &HostError{What: fmt.Sprintf("there is no place %q to build on", r.On), Fix: "known are local, fast, auto and azure"}
	}
}

// fast is this machine with its containers, and its VMs for what is not done in those.
func (s *Service) fast() Site {
	site := s.here(s.cfg.Fast)
	site.Then = s.cfg.Target
	return site
}

// fastName is what OnFast is too: the name of its target.
const fastName = "nspawn"

// IsFast reports whether a place, as BuildRequest.On has it, is that of containers on this machine.
func IsFast(on string) bool { return on == OnFast || on == fastName }

// azure connects to Azure for one run.
func (s *Service) azure(ctx context.Context, r BuildRequest, mask *events.Mask, emit events.Sink, plugins PluginSet) (Site, error) {
	if s.cfg.Azure == nil {
		return Site{}, &HostError{What: "this Ingot does not build on Azure"}
	}
	host, err := s.cfg.Dirs.HostID()
	if err != nil {
		return Site{}, err
	}
	say := func(line string) {
		emit(events.Event{Step: build.StepResolve, Output: &events.Output{Stream: events.Say, Text: line}})
	}
	if err := s.sayLeftInAzure(ctx, say); err != nil {
		return Site{}, err
	}
	return s.cfg.Azure(ctx, Away{
		AzureRequest: r.Azure, Plan: r.Plan, Host: host, Store: s.store,
		Plugin: func(ctx context.Context, source, constraint string) (*target.Problem, error) {
			return missingPlugin(ctx, plugins, source, constraint)
		},
		Say:    say,
		Secret: mask.Add,
	})
}

// missingPlugin asks a set for a plugin.
func missingPlugin(ctx context.Context, set PluginSet, source, constraint string) (*target.Problem, error) {
	_, err := set.Find(ctx, []hcl2.PluginRequirement{{Name: "azure", Source: source, Constraint: constraint}})
	var missing *HostError
	if errors.As(err, &missing) {
		return &target.Problem{What: missing.What, Why: missing.Why, Fix: missing.Fix}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the plugin %s: %w", source, err)
	}
	return nil, nil
}
