package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
)

// place is where a run is, as it is kept for whoever goes on with it.
type place struct {
	On    string       `json:"on,omitempty"`
	Azure AzureRequest `json:"azure,omitzero"`
}

func (r BuildRequest) where() ([]byte, error) { return json.Marshal(place{On: r.On, Azure: r.Azure}) }

// Resume goes on with a run that was killed, from where it was left: with the build VM that still stands, or with the image that is to be
// distributed. It is the same run, with the plan that it had. The errors are those of Build; a *store.LiveError when somebody works on
// the run; a *HostError that says why there is nothing to go on with, and what to do.
func (s *Service) Resume(ctx context.Context, id string, sink events.Sink) (res Result, err error) {
	run, err := s.store.Find(ctx, id)
	if err != nil {
		return res, err
	}
	res.Run = run
	if run.Live() {
		return res, &store.LiveError{Run: run.ID, PID: run.PID}
	}
	asked, left, err := s.left(run)
	if err != nil {
		return res, err
	}
	active, err := s.store.Reopen(ctx, run.ID)
	if err != nil {
		return res, err
	}
	r, recorded, err := s.asBefore(ctx, run, asked)
	if err != nil {
		return res, errors.Join(err, active.Close())
	}
	return s.carryOut(ctx, active, r, sink, func(b *build.Builder, mask *events.Mask, emit events.Sink) (build.Result, error) {
		return b.Resume(ctx, asked, left, recorded, active, mask, emit)
	})
}

// left reads what a run was asked for, and how far it came.
func (s *Service) left(run store.Run) (*build.Asked, build.Left, error) {
	none := build.Left{}
	switch run.State {
	case store.Succeeded:
		if build.Stands(run) { // it was stopped before its end, and its VM was to stay
			break
		}
		return nil, none, &HostError{What: fmt.Sprintf("run %s cannot be resumed", run.ID), Why: "it succeeded: nothing is left to do"}
	case store.Canceled:
		return nil, none, &HostError{What: fmt.Sprintf("run %s cannot be resumed", run.ID),
			Why: "it was cancelled, and what it had made is removed then", Fix: "build again"}
	}
	asked, err := build.ReadAsked(s.cfg.Dirs, run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none, &HostError{What: fmt.Sprintf("run %s cannot be resumed", run.ID),
			Why: "it ended before anything was made that could be gone on with", Fix: "build again"}
	}
	if unread, ok := errors.AsType[*build.NotKeptError](err); ok {
		return nil, none, &HostError{What: fmt.Sprintf("run %s cannot be resumed", run.ID), Why: unread.Error(),
			Fix: "remove what is left of it: ingot clean --on azure; and build again"}
	}
	if err != nil {
		return nil, none, err
	}
	left, err := build.LeftOf(asked.Plan, run)
	return asked, left, err
}

// asBefore says where a run was, and gives the names of what it has made there.
func (s *Service) asBefore(ctx context.Context, run store.Run, asked *build.Asked) (BuildRequest, []string, error) {
	var at place
	if err := json.Unmarshal(asked.Site, &at); err != nil && len(asked.Site) > 0 {
		return BuildRequest{}, nil, fmt.Errorf("read where run %s was: %w", run.ID, err)
	}
	if id := asked.Staged.Vars["subscription_id"]; id != "" { // whatever the environment says now
		at.Azure.Subscription = id
	}
	entries, err := s.store.Entries(ctx, run.ID)
	if err != nil {
		return BuildRequest{}, nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	if at.On == OnAuto || IsFast(at.On) { // whatever it began with, it goes on with the target that made its last machine
		at.On = OnLocal
		if IsFast(asked.Target) {
			at.On = OnFast
		}
	}
	return BuildRequest{Plan: asked.Plan, TemplateFile: run.TemplateFile, On: at.On, Azure: at.Azure}, names, nil
}

// Abandon removes what a run left whose process ended, what it keeps included, and writes its end into its record: the run cannot be
// resumed any more. say is told what happens. It returns the record, and how many things are gone.
func (s *Service) Abandon(ctx context.Context, id string, say func(string)) (run store.Run, gone int, err error) {
	if run, err = s.store.Find(ctx, id); err != nil {
		return run, 0, err
	}
	if run.Live() {
		return run, 0, &store.LiveError{Run: run.ID, PID: run.PID}
	}
	before, err := s.store.Entries(ctx, run.ID)
	if err != nil {
		return run, 0, err
	}
	var r BuildRequest
	if slices.ContainsFunc(before, func(e store.Entry) bool { return e.Kind == store.AzureResource }) {
		asked, err := build.ReadAsked(s.cfg.Dirs, run)
		if err != nil {
			return run, 0, err
		}
		if r, _, err = s.asBefore(ctx, run, asked); err != nil {
			return run, 0, err
		}
	}
	site, err := s.site(ctx, r, &events.Mask{}, func(e events.Event) {
		if e.Output != nil {
			say(e.Output.Text)
		}
	}, noPlugins{})
	if err != nil {
		return run, 0, err
	}
	active, err := s.store.Reopen(ctx, run.ID)
	if err != nil {
		return run, 0, err
	}
	defer func() { err = errors.Join(err, active.Close()) }()
	l := runLedger{s, site.Remover}
	err = errors.Join(s.store.Release(ctx, run.ID), l.Undo(ctx, run.ID))
	if err == nil {
		err = errors.Join(build.ForgetVM(run), build.ForgetCheckpoints(run))
	}
	after, lerr := s.store.Entries(context.WithoutCancel(ctx), run.ID)
	state, message := run.State, run.Message
	if !state.Over() {
		state, message = store.Failed, "abandoned: its process was killed, and what it left was removed"
	}
	err = errors.Join(err, lerr, active.Finish(ctx, state, message))
	return active.Run(), len(before) - len(after), err
}

// forgetVMs removes the ways into the build VMs of runs that have nothing left in Azure.
func (s *Service) forgetVMs(ctx context.Context, gone []ledger.Leftover) error {
	var errs []error
	for _, l := range gone {
		if l.Entry.ID == 0 || l.Entry.Kind != store.AzureResource || l.Run.Dir == "" {
			continue
		}
		left, err := s.store.Entries(ctx, l.Run.ID)
		if err == nil && !slices.ContainsFunc(left, func(e store.Entry) bool { return e.Kind == store.AzureResource }) {
			err = errors.Join(build.ForgetVM(l.Run), build.ForgetCheckpoints(l.Run))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
