package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/store"
)

// Visit brings the build VM of a run back as it stood at a moment, calls do with the way into it, and removes it again: what do did in it is
// in no layer. It is a run of its own, which the result names. The error is that of do, or as Build gives them.
func (s *Service) Visit(ctx context.Context, at Point, sink events.Sink, do func(ctx context.Context, way Way) error) (Result, error) {
	asked, err := build.ReadAsked(s.cfg.Dirs, at.Run)
	if err != nil {
		return Result{}, err
	}
	on, err := s.enters(ctx, at, asked)
	if err != nil {
		return Result{}, err
	}
	if _, err := s.bury(ctx); err != nil {
		return Result{}, fmt.Errorf("remove what an earlier run left behind: %w", err)
	}
	name := fmt.Sprintf("%s, as %s", at.Run.Name, at)
	active, err := s.store.Start(ctx, store.Run{Name: name, TemplateFile: at.Run.TemplateFile, Visits: at.Run.ID})
	if err != nil {
		return Result{}, err
	}
	r := BuildRequest{Plan: asked.Plan, On: on, Layers: LayerUse{Mode: LayersOn}}
	return s.carryOut(ctx, active, r, sink, func(b *build.Builder, mask *events.Mask, emit events.Sink) (build.Result, error) {
		if b.LayerStore, err = s.Layers(); err != nil {
			return build.Result{}, err
		}
		return b.Visit(ctx, build.Visit{Asked: asked, Of: at.Run, Layer: at.Layer, Do: do}, active, mask, emit)
	})
}

// enters says what brings a machine back: a container, if one left it and one runs here; else a VM, which goes on from anything.
func (s *Service) enters(ctx context.Context, at Point, asked *build.Asked) (on string, err error) {
	fast := false
	if at.Layer == "" {
		var was place
		if len(asked.Site) > 0 {
			err = json.Unmarshal(asked.Site, &was)
		}
		fast = IsFast(was.On)
	} else {
		var list LayerList
		list, err = s.ListLayers(ctx)
		fast = slices.ContainsFunc(list.Layers, func(l layers.Layer) bool { return l.ID == at.Layer && IsFast(l.Target) })
	}
	if err != nil {
		return "", fmt.Errorf("look what machine %s was: %w", at, err)
	}
	if fast && s.cfg.Fast != nil && len(s.cfg.Fast.Check(ctx, asked.Plan)) == 0 {
		return OnFast, nil
	}
	return OnLocal, nil
}

// NoVMError says that a run has no build VM that somebody could get into.
type NoVMError struct {
	Run    store.Run
	Reason string
}

// Error names the run.
func (e *NoVMError) Error() string {
	return fmt.Sprintf("run %s has no VM that one could get into: %s", e.Run.ID, e.Reason)
}

// Fix says what to look at in its place.
func (e *NoVMError) Fix() string {
	return "name a moment of it, RUN@STEP, to have its machine brought back as it stood before that step"
}

// WayTo tells how to get into the VM of a run that goes on, or that kept it. id is as Run takes it. The error is a *NoVMError, or says what
// is wrong with the id.
func (s *Service) WayTo(ctx context.Context, id string) (store.Run, Way, error) {
	run, err := s.store.Find(ctx, id)
	if err != nil {
		return run, Way{}, err
	}
	kept, err := s.Kept(ctx, run.ID)
	if err != nil {
		return run, Way{}, err
	}
	switch {
	case run.Interrupted && kept == "":
		return run, Way{}, &NoVMError{Run: run, Reason: "its process was killed, and what is left of it is for: ingot clean"}
	case !run.Live() && kept == "":
		return run, Way{}, &NoVMError{Run: run, Reason: "it is over, and kept none"}
	}
	way, err := build.ReadWay(s.cfg.Dirs, run)
	if err != nil {
		return run, way, &NoVMError{Run: run, Reason: "its VM is not up: " + err.Error()}
	}
	return run, way, nil
}
