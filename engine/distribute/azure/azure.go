// Package azure distributes the snapshots that a build in Azure leaves: as managed images, as versions of gallery image definitions,
// and as VHDs in storage accounts. All destinations are served at once, and each region of a version is followed by itself.
//
// What has been reached stands in a journal in the run's folder, so that a distribution that failed, or whose process was killed,
// goes on from there: Distribute is simply called again. The journal says what was meant, and Azure is asked what came of it; so it
// does not matter between which two instructions the process died.
package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// Distributor distributes in Azure. It is not changed once it is in use, and safe for concurrent use then.
type Distributor struct {
	Account *azurearm.Account
	// Tags are put on what is made only for the time of a distribution: the run's mark, and managedResourceTags. A distribution
	// that goes on has those that it began with.
	Tags map[string]string
	// Secret is told what must not be shown before it is used. Nil: nobody is told.
	Secret func(events.Secret)
	Now    func() time.Time // nil: time.Now

	Pace  time.Duration // between two looks at what takes time; 0: 5 s
	Tries int           // how often a region of a version, or the copy of a VHD, is tried; 0: 3

	written func() error // tests: called after each change of the journal
}

const (
	defaultPace  = 5 * time.Second
	defaultTries = 3
)

// Distribute sends the snapshots of r to every distributor of its plan, and returns one output for each, in template order, nil
// where it failed. The error is a *distribute.PartialError if one succeeded, else a *distribute.Error; or what keeps the whole
// distribution from beginning, a *GoneError for one.
//
// A ctx that ends makes it return at once. What was begun in Azure goes on there, and the next call for the same run folder takes it
// up again, but for copies of VHDs, which are ended.
func (d *Distributor) Distribute(ctx context.Context, r distribute.Request, emit func(events.Event)) ([]*events.RunOutput, error) {
	j, err := d.begin(ctx, r, emit)
	if err != nil {
		return nil, err
	}
	outputs, err := distribute.Together(ctx, r.Plan, j.publish, emit)
	j.close(ctx)
	j.clearUp(ctx)
	return outputs, errors.Join(err, j.journal.failure())
}

// job is one call of Distribute.
type job struct {
	*Distributor
	request distribute.Request
	emit    func(events.Event)
	journal *journal
	mask    events.Mask // of what this distribution knows to be secret

	copies  copies
	access  access
	account account
}

// begin reads the journal, or makes it, and sees that there is still something to distribute.
func (d *Distributor) begin(ctx context.Context, r distribute.Request, emit func(events.Event)) (*job, error) {
	own := *d
	own.Pace, own.Tries = cmp.Or(d.Pace, defaultPace), cmp.Or(d.Tries, defaultTries)
	if own.Now == nil {
		own.Now = time.Now
	}
	journal, err := openJournal(r, own.Tags, own.written)
	if err != nil {
		return nil, err
	}
	own.Tags = journal.read().Tags // they stay as they were: by them it is known whose all of it is
	j := &job{Distributor: &own, request: r, emit: emit, journal: journal}
	for i := range r.Plan.Destinations {
		if v := r.Plan.Destinations[i].VHD; v != nil {
			j.hide(signatureOf(v.URI)...)
		}
	}
	if err := journal.resume(r.RetryFailed); err != nil {
		return nil, err
	}
	if journal.finished() {
		return j, nil
	}
	j.expect()
	return j, j.findSnapshot(ctx)
}

// hide makes secrets known to all who show something.
func (j *job) hide(secrets ...events.Secret) {
	for _, s := range secrets {
		j.mask.Add(s)
		if j.Secret != nil {
			j.Secret(s)
		}
	}
}

// publish serves one destination, unless an earlier distribution of the run has done so, or has given it up.
func (j *job) publish(ctx context.Context, d plan.Destination) (events.RunOutput, error) {
	at := j.journal.destination(d.ID)
	switch at.State {
	case Done:
		return *at.Output, j.struck(ctx, at)
	case Failed:
		return events.RunOutput{}, &EarlierError{Text: at.Error}
	}
	if err := j.journal.change(d.ID, func(s *Destination) { s.State = Running }); err != nil {
		return events.RunOutput{}, err
	}
	out, err := j.serve(ctx, d)
	cause, err := context.Cause(ctx), j.shown(err)
	switch {
	case err == nil || cause == nil:
	case errors.Is(err, cause): // it is not over: the journal says where to go on
		return events.RunOutput{}, err
	default:
		return events.RunOutput{}, cause
	}
	if err != nil {
		return events.RunOutput{}, errors.Join(err, j.journal.change(d.ID, func(s *Destination) {
			s.State, s.Error = Failed, err.Error()
		}))
	}
	out.Name, out.Type = d.RunOutputName, d.Kind()
	err = j.journal.change(d.ID, func(s *Destination) { s.State, s.Error, s.Output = Done, "", &out })
	if err != nil {
		return events.RunOutput{}, err
	}
	return out, j.struck(ctx, j.journal.destination(d.ID))
}

func (j *job) serve(ctx context.Context, d plan.Destination) (events.RunOutput, error) {
	switch {
	case d.ManagedImage != nil:
		return j.managedImage(ctx, d)
	case d.SharedImage != nil:
		return j.imageVersion(ctx, d)
	case d.VHD != nil:
		return j.vhd(ctx, d)
	default:
		panic(fmt.Sprintf("distribute: destination %s has no type", d.ID))
	}
}

// record notes a resource before it is made, and done strikes it.
func (j *job) record(ctx context.Context, id string) error {
	return j.request.Record(ctx, store.AzureResource, j.Account.Endpoint()+id)
}

func (j *job) done(ctx context.Context, id string) error {
	if j.request.Done == nil || id == "" {
		return nil
	}
	return j.request.Done(ctx, store.AzureResource, j.Account.Endpoint()+id)
}

// struck hands over what a destination has made: it is the user's from now on. Doing it again changes nothing, and is needed where
// the process died between the journal and the ledger.
func (j *job) struck(ctx context.Context, at Destination) error {
	if at.Account != "" {
		return j.done(ctx, at.Account)
	}
	return j.done(ctx, at.Output.ArtifactID)
}

// say is a line in the log of a step.
func (j *job) say(step, format string, args ...any) {
	j.emit(events.Event{Step: step, Output: &events.Output{Stream: events.Say, Text: fmt.Sprintf(format, args...)}})
}

// percent tells how far something is.
func (j *job) percent(step, what string, done int64) {
	j.emit(events.Event{Step: step, Progress: &events.Progress{What: what, Done: done, Total: 100, Unit: "percent"}})
}

// pause waits for the next look.
func (j *job) pause(ctx context.Context) error {
	t := time.NewTimer(j.Pace)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
