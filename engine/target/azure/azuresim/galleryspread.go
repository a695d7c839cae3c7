package azuresim

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// regionCopy is a version in one region.
type regionCopy struct {
	region  string
	state   string // Replicating, Completed, Failed
	detail  string
	started time.Time
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

// replicate is the long part of a version: all regions at once. When one fails the version is "Failed", and the other
// regions have their copies.
func replicate(ctx context.Context, c *change) error {
	s := c.sim
	if err := s.pause(s.opts.Replication); err != nil {
		return err
	}
	var failed []*Error
	stuck := false
	s.mu.Lock()
	for i := range c.res.spread {
		r := &c.res.spread[i]
		if r.state != "Replicating" {
			continue
		}
		f := s.faults.strike(http.MethodPut, c.id.String(), r.region)
		switch {
		case f == nil:
			r.state = "Completed"
		case f.Stuck:
			stuck = true
		default:
			e := f.error(http.StatusConflict)
			r.state, r.detail = "Failed", e.Message
			e.Target = r.region
			failed = append(failed, e)
		}
	}
	s.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	if failed == nil {
		return nil
	}
	e := refuse(http.StatusConflict, "ReplicationJobsNotCompleted",
		"Replication of image version '%s' did not complete in all regions.",
		c.id.Name())
	e.Details = failed
	return e
}

// reaches tells whether a version can be used in a region.
func (r *resource) reaches(region string) bool {
	return slices.ContainsFunc(r.spread, func(c regionCopy) bool {
		return c.region == normal(region) &&
			c.state == "Completed"
	})
}

// viewImageVersion adds the state of replication, if that was asked for.
func viewImageVersion(s *Sim, res *resource, r *http.Request, o object) {
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
			if whole := s.opts.Replication; whole > 0 {
				progress = int(min(99, 100*time.Since(c.started)/whole))
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

// latestVersion is the highest of a definition that is not excluded; nil if there is none.
func (s *Sim) latestVersion(definition ID) *resource {
	var latest *resource
	for _, r := range s.store.children(definition, "versions") {
		if truth(r.body, "properties", "publishingProfile", "excludeFromLatest") || r.state() != "Succeeded" {
			continue
		}
		if latest == nil || slices.Compare(versionNumbers(r.id.Name()), versionNumbers(latest.id.Name())) > 0 {
			latest = r
		}
	}
	return latest
}
