package azure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// follow watches the version until Azure is done with it: one way or the other, which is for the caller to see. wait ends with the
// operation that was begun; nil where a process before this one began it, and the version's state tells.
func (w *versionWork) follow(ctx context.Context, wait func(context.Context) error) error {
	ended := make(chan error, 1)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if wait != nil {
		go func() { ended <- wait(watching) }()
	}
	tick := time.NewTicker(w.Pace)
	defer tick.Stop()
	for unread := 0; ; {
		select {
		case err := <-ended:
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			w.why = wrong(err, "make image version %s", w.number)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		there, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case absent(err) && wait == nil:
			return nil // it is gone
		case err != nil:
			// Following is no reason to fail: the version is made whether it is looked at or not.
			if unread++; unread > maxUnread {
				return wrong(err, "follow image version %s", w.number)
			}
			continue
		}
		unread = 0
		if _, err := w.note(there); err != nil {
			return err
		}
		if wait == nil && !busy(stateOfVersion(there)) {
			return nil
		}
	}
}

// maxUnread is how many looks in a row may fail.
const maxUnread = 5

// note compares the regions with what was known of them, journals and tells what is new, and gives those that lack the version.
func (w *versionWork) note(v armcompute.GalleryImageVersion) (left []string, err error) {
	known := w.journal.destination(w.d.ID).Regions
	next := w.regions(known)
	if v.Properties != nil && v.Properties.ReplicationStatus != nil {
		for _, s := range v.Properties.ReplicationStatus.Summary {
			if s == nil {
				continue
			}
			if i := slices.IndexFunc(next, func(r Region) bool { return r.Name == region(value(s.Region)) }); i >= 0 {
				w.see(&next[i], s)
			}
		}
	}
	if stateOfVersion(v) == "Succeeded" && v.Properties.PublishingProfile != nil {
		w.settle(next, v.Properties.PublishingProfile.TargetRegions)
	}
	for _, r := range next {
		if r.State != Done {
			left = append(left, r.Name)
		}
	}
	if slices.Equal(known, next) {
		return left, nil
	}
	return left, w.journal.change(w.d.ID, func(at *Destination) { at.Regions = next })
}

// see brings one region up to date.
func (w *versionWork) see(r *Region, s *armcompute.RegionalReplicationStatus) {
	what := fmt.Sprintf("replicate version %s to %s", w.number, r.Name)
	switch value(s.State) {
	case armcompute.ReplicationStateCompleted:
		if r.State != Done {
			w.percent(w.d.ID, what, 100)
		}
		r.State, r.Detail = Done, ""
	case armcompute.ReplicationStateFailed:
		if r.State != Failed {
			w.say(w.d.ID, "version %s did not reach %s: %s", w.number, r.Name, value(s.Details))
		}
		r.State, r.Detail = Failed, value(s.Details)
	default:
		r.State = Running
		w.percent(w.d.ID, what, int64(max(0, min(100, value(s.Progress)))))
	}
}

// settle takes a version that is done for being where it was sent: the state of regions may be told late, or not at all.
func (w *versionWork) settle(list []Region, sent []*armcompute.TargetRegion) {
	for i := range list {
		r := &list[i]
		there := slices.ContainsFunc(sent, func(t *armcompute.TargetRegion) bool { return t != nil && region(value(t.Name)) == r.Name })
		if there && r.State != Done && r.State != Failed {
			w.percent(w.d.ID, fmt.Sprintf("replicate version %s to %s", w.number, r.Name), 100)
			r.State, r.Detail = Done, ""
		}
	}
}

// regions are the wanted ones, with what is known of each.
func (w *versionWork) regions(known []Region) []Region {
	var list []Region
	for _, t := range w.wanted() {
		r := Region{Name: *t.Name, State: Waiting}
		if i := slices.IndexFunc(known, func(k Region) bool { return k.Name == r.Name }); i >= 0 {
			r = known[i]
		}
		list = append(list, r)
	}
	return list
}

// spend counts another try for the regions that lack the version, before it is made. again is false when one of them has had all
// of its tries: the others had theirs at the same time.
func (w *versionWork) spend(left []string) (again bool, err error) {
	again = true
	err = w.journal.change(w.d.ID, func(at *Destination) {
		at.Regions = w.regions(at.Regions)
		lacks := func(r Region) bool { return len(left) == 0 || slices.Contains(left, r.Name) }
		again = !slices.ContainsFunc(at.Regions, func(r Region) bool { return lacks(r) && r.Tries >= w.Tries })
		if !again {
			return
		}
		for i := range at.Regions {
			if lacks(at.Regions[i]) {
				at.Regions[i].Tries++
			}
		}
	})
	return again, err
}

// giveUp ends with some regions without the version. The version is asked for once more in the others alone, which makes it whole
// there: a version that failed anywhere is in state Failed, and is nobody's latest.
func (w *versionWork) giveUp(ctx context.Context, v armcompute.GalleryImageVersion) error {
	e := &RegionsError{Version: w.number, Err: w.why}
	for _, r := range w.journal.destination(w.d.ID).Regions {
		if r.State != Done {
			e.Failed = append(e.Failed, r)
		}
	}
	reached := w.reached()
	own := slices.ContainsFunc(reached, func(r *armcompute.TargetRegion) bool { return *r.Name == w.place })
	if !own || len(e.Failed) == 0 {
		return e
	}
	for _, r := range reached {
		e.Reached = append(e.Reached, *r.Name)
	}
	if stateOfVersion(v) != "Succeeded" {
		err := w.put(ctx, reached)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			w.say(w.d.ID, "version %s stays in state Failed: %v", w.number, w.shown(err))
		}
	}
	if err := w.done(ctx, w.id()); err != nil { // what can be used is the user's
		return err
	}
	return e
}
