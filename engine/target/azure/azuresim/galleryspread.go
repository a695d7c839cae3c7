package azuresim

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// regionCopy is a version in one region.
type regionCopy struct {
	region  string
	state   string // Replicating, Completed, Failed
	detail  string
	started time.Time
	takes   time.Duration
}

// storedImageVersion begins copies to the regions that are new, and drops those that are not wanted any more.
func storedImageVersion(c *change) {
	var copies []regionCopy
	for _, v := range items(c.body(), "properties", "publishingProfile", "targetRegions") {
		name := normal(text(v, "name"))
		i := slices.IndexFunc(c.res.spread, func(r regionCopy) bool { return r.region == name && r.state == "Completed" })
		if i >= 0 {
			copies = append(copies, c.res.spread[i])
			continue
		}
		copies = append(copies, regionCopy{region: name, state: "Replicating", started: time.Now()})
	}
	c.res.spread = copies
}

// replicate is the long part of a version: all regions at once, each as long as Options.Replication and what a fault
// of the region adds to that. When one fails the version is "Failed", and the other regions have their copies.
func replicate(ctx context.Context, c *change) error {
	s := c.sim
	if err := copyBytes(ctx, c); err != nil {
		return err
	}
	var group sync.WaitGroup
	var failed []*Error
	stuck := false
	s.mu.Lock()
	for i := range c.res.spread {
		r := &c.res.spread[i]
		if r.state != "Replicating" {
			continue
		}
		r.takes = s.opts.Replication
		f := s.faults.strike(http.MethodPut, c.id.String(), r.region, 0)
		if f != nil {
			r.takes += f.Delay
			stuck = stuck || f.Stuck
		}
		takes := r.takes
		group.Go(func() {
			if s.pause(takes) != nil {
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if e := r.end(f); e != nil {
				failed = append(failed, e)
			}
		})
	}
	s.mu.Unlock()
	group.Wait()
	if stuck {
		<-ctx.Done()
	}
	if ctx.Err() != nil || failed == nil {
		return ctx.Err()
	}
	e := refuse(http.StatusConflict, "ReplicationJobsNotCompleted",
		"Replication of image version '%s' did not complete in all regions.", c.id.Name())
	e.Details = failed
	return e
}

// end says what became of the copy to a region; f may be nil.
func (r *regionCopy) end(f *Fault) *Error {
	switch {
	case f == nil || !f.Stuck && !f.fails():
		r.state = "Completed"
	case !f.Stuck:
		e := f.error(http.StatusConflict)
		e.Target = r.region
		r.state, r.detail = "Failed", e.Message
		return e
	}
	return nil
}

// reaches tells whether a version can be used in a region.
func (r *resource) reaches(region string) bool {
	return slices.ContainsFunc(r.spread, func(c regionCopy) bool {
		return c.region == normal(region) && c.state == "Completed"
	})
}

// viewImageVersion adds the state of replication, if that was asked for.
func viewImageVersion(_ *Sim, res *resource, r *http.Request, o object) {
	if r == nil || !strings.EqualFold(r.URL.Query().Get("$expand"), "ReplicationStatus") {
		return
	}
	counts := map[string]int{}
	summary := []any{}
	for _, c := range res.spread {
		counts[c.state]++
		progress := 100
		if c.state == "Replicating" {
			progress = 0
			if c.takes > 0 {
				progress = int(min(99, 100*time.Since(c.started)/c.takes))
			}
		}
		summary = append(summary, object{"region": shownLocation(c.region), "state": c.state, "details": c.detail,
			"progress": progress})
	}
	state := "Completed"
	switch {
	case counts["Failed"] > 0:
		state = "Failed"
	case counts["Replicating"] > 0:
		state = "InProgress"
	}
	set(o, object{"aggregatedState": state, "summary": summary}, "properties", "replicationStatus")
}

// latestVersion is the highest of a definition that a region has, and that is excluded neither as a whole nor there;
// nil if there is none.
func (s *Sim) latestVersion(definition ID, region string) *resource {
	var latest *resource
	for _, r := range s.store.children(definition, "versions") {
		if r.excluded(region) || !r.reaches(region) {
			continue
		}
		if latest == nil || slices.Compare(versionNumbers(r.id.Name()), versionNumbers(latest.id.Name())) > 0 {
			latest = r
		}
	}
	return latest
}

// excluded tells whether "latest" passes a version by in a region.
func (r *resource) excluded(region string) bool {
	profile := at(r.body, "properties", "publishingProfile")
	if truth(profile, "excludeFromLatest") {
		return true
	}
	return slices.ContainsFunc(items(profile, "targetRegions"), func(v any) bool {
		return normal(text(v, "name")) == normal(region) && truth(v, "excludeFromLatest")
	})
}
