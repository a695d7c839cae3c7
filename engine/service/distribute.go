package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/distribute/azure"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// DistributeRequest is the distribution of a run that is to go on.
type DistributeRequest struct {
	Run         string // its id, a prefix of it, or "latest"
	RetryFailed bool   // what had failed too; else only what was cut off
	Cloud       string // as the Azure CLI calls it; "" is that of the environment
}

// Distribute goes on with the distribution of a run that failed in it, was cancelled, or whose process was killed: from the
// snapshot that its build left, without building again. The run's record takes the new state, and the outputs that come. The error
// is as Build's; a *HostError when there is nothing to go on with.
func (s *Service) Distribute(ctx context.Context, r DistributeRequest, sink events.Sink) (res Result, err error) {
	run, err := s.store.Find(ctx, r.Run)
	if err != nil {
		return res, err
	}
	was, p, err := s.distribution(run, r.RetryFailed)
	if err != nil {
		return res, err
	}
	mask := &events.Mask{}
	var before []events.Event
	site, err := s.azure(ctx, BuildRequest{
		On: OnAzure, Plan: p,
		Azure: AzureRequest{Cloud: r.Cloud, Subscription: subscriptionOf(was.Snapshot.OSDisk), Location: was.Snapshot.Location},
	}, mask, func(e events.Event) { before = append(before, e) }, noPlugins{})
	if err != nil {
		return res, err // the run's record stays as it is: it was not gone on with
	}
	active, err := s.store.Reopen(ctx, run.ID)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, active.Close()) }()
	res.Run, res.LogPath = active.Run(), filepath.Join(run.Dir, "customization.log")
	log, err := os.OpenFile(res.LogPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return res, fmt.Errorf("open the run's log: %w", err)
	}
	defer log.Close()
	emit := events.SerialFrom(run.ID, active.LastEvent(), mask.Sink(events.Tee(
		active.Sink(), events.CustomizationLog(log, run.ID, "azure-arm"), sink,
	)), s.cfg.Now)
	stop := context.AfterFunc(ctx, func() {
		_ = active.SetState(context.WithoutCancel(ctx), store.Canceling, "") // the end of the run says it again
	})
	defer stop()

	start := s.cfg.Now()
	emit(events.Event{State: &events.State{Phase: events.Running, Title: p.Name}})
	for _, e := range before {
		emit(events.Event{Output: e.Output})
	}
	for _, d := range p.Destinations {
		title := fmt.Sprintf("%s %s %s", d.ID, d.Kind(), d.RunOutputName)
		emit(events.Event{Step: d.ID, State: &events.State{Phase: events.Pending, Title: title}})
	}
	err = s.distributeAgain(ctx, active, distribution{was: was, plan: p, site: site, retryFailed: r.RetryFailed, emit: emit})
	res.Outputs = active.Run().Outputs
	return res, errors.Join(err, s.finish(context.WithoutCancel(ctx), active, &res, start, err, emit))
}

// distribution is one that goes on.
type distribution struct {
	was         azure.Journal
	plan        *plan.Plan
	site        Site
	retryFailed bool
	emit        events.Sink
}

// distribution finds what there is to go on with.
func (s *Service) distribution(run store.Run, retryFailed bool) (azure.Journal, *plan.Plan, error) {
	cannot := func(why, fix string) error {
		return &HostError{What: fmt.Sprintf("there is nothing to distribute of run %s", run.ID), Why: why, Fix: fix}
	}
	was, err := azure.ReadJournal(run.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return was, nil, cannot("it did not get as far as its distribution, or it was built on this machine", "")
	}
	if err != nil {
		return was, nil, err
	}
	failed, unfinished := was.Left()
	if failed > 0 && unfinished == 0 && !retryFailed {
		return was, nil, cannot("all that it has not distributed has failed", "try that again: "+build.GoesOn(run.ID))
	}
	if failed+unfinished == 0 && run.State == store.Succeeded {
		return was, nil, cannot("all of it is distributed", "")
	}
	p, err := build.SealedPlan(s.cfg.Dirs, run)
	var lost *build.NotKeptError
	if errors.As(err, &lost) {
		return was, nil, cannot(lost.Error(), "build the image again: ingot build --on azure")
	}
	return was, p, err
}

// distributeAgain does what is left, and removes what the run had kept for it once nothing is.
func (s *Service) distributeAgain(ctx context.Context, active *store.ActiveRun, d distribution) error {
	id := active.Run().ID
	if err := active.SetState(ctx, store.Running, store.Distributing); err != nil {
		return err
	}
	book := runLedger{s, d.site.Remover}
	if err := book.Keep(ctx, id, build.GoesOn(id)); err != nil {
		return err
	}
	timeout := time.Duration(d.plan.TimeoutMinutes) * time.Minute // as that of a build, which this is the end of
	limited, cancel := context.WithTimeoutCause(ctx, timeout, &build.TimeoutError{After: timeout})
	defer cancel()
	outputs, err := d.site.Place.Distribute(limited, distribute.Request{
		Plan: d.plan, RunID: id, RunDir: active.Run().Dir, Disk: target.Disk{Snapshot: &d.was.Snapshot}, RetryFailed: d.retryFailed,
		Record: func(ctx context.Context, kind store.Kind, name string) error { return book.Record(ctx, id, kind, name) },
		Done:   func(ctx context.Context, kind store.Kind, name string) error { return book.Strike(ctx, id, kind, name) },
	}, d.emit)
	for _, out := range outputs {
		if out != nil {
			err = errors.Join(err, active.AddOutput(ctx, *out))
		}
	}
	if err == nil {
		err = book.Release(ctx, id)
	} else if ctx.Err() == nil {
		err = &RunError{Problem: events.Problem{What: err.Error(), Fix: "try what failed again: " + build.GoesOn(id)}, Err: err}
	}
	return errors.Join(err, ledger.Undo(context.WithoutCancel(ctx), s.store, d.site.Remover, id))
}

// Release undoes Keep.
func (l runLedger) Release(ctx context.Context, runID string) error {
	return l.store.Release(ctx, runID)
}

// subscriptionOf is that of a resource id.
func subscriptionOf(id string) string {
	part := strings.Split(strings.Trim(id, "/"), "/")
	if len(part) < 2 {
		return ""
	}
	return part[1]
}
