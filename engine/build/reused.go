package build

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/translate/plan"
)

// tellReuse says in one line what of earlier builds is reused, and why the rest is not; and marks the steps.
func (s *state) tellReuse(found layers.Reuse) {
	for _, line := range found.Damaged {
		s.say(stepResolve, "layers: "+line)
	}
	s.reused = reuseOf(s.Plan, found)
	if s.Bench == nil && found.From == s.until() {
		s.reused.Next, s.reused.Reason = "", "" // the run ends there
	}
	s.say(stepResolve, "layers: "+s.reused.String())
	if found.From == 0 {
		return
	}
	done := func(id, title string) {
		s.emit(events.Event{Step: id, State: &events.State{Phase: events.Done, Title: title, Reused: true}})
	}
	if s.finished() {
		done(stepBoot, titles[stepBoot])
	}
	for _, st := range s.Plan.Steps[:found.From] {
		done(st.ID, st.Title())
	}
	if s.finished() {
		done(stepShutdown, titles[stepShutdown])
	}
}

// Reused says what of earlier builds a run has reused.
type Reused struct {
	Steps  int           `json:"steps"`           // of the image template's own
	Of     int           `json:"of"`              // how many it has
	Disk   bool          `json:"disk,omitempty"`  // the finished disk: no VM was started to build it
	Age    time.Duration `json:"ageNs,omitempty"` // of what was reused
	Next   string        `json:"next,omitempty"`  // title of the first step that was run; "" where none was
	Reason string        `json:"why,omitempty"`   // one clause: why it was

	booted bool // a machine was reused that had run no step of the image template
}

func reuseOf(p *plan.Plan, found layers.Reuse) *Reused {
	r := &Reused{Age: found.Age, Reason: found.Why, Disk: found.From == len(p.Steps), booted: found.From > 0}
	for i, st := range p.Steps {
		if st.Hidden {
			continue
		}
		r.Of++
		if i < found.From {
			r.Steps++
		}
	}
	if found.From < len(p.Steps) {
		r.Next = p.Steps[found.From].Title()
	}
	return r
}

// String is one line for people.
func (r *Reused) String() string {
	steps := "steps"
	if r.Of == 1 {
		steps = "step"
	}
	age := ""
	if r.booted {
		age = fmt.Sprintf(" (kept %s)", ago(r.Age))
	}
	runs := ""
	if r.Next != "" {
		runs = fmt.Sprintf("; %s runs: %s", r.Next, r.Reason)
	}
	switch {
	case r.Disk:
		return fmt.Sprintf("all of %d %s are reused, and the disk%s; no VM is started to build it", r.Of, steps, age)
	case r.Steps > 0:
		return fmt.Sprintf("%d of %d %s are reused%s%s", r.Steps, r.Of, steps, age, runs)
	case r.booted:
		return fmt.Sprintf("0 of %d %s are reused, and the machine before them%s%s", r.Of, steps, age, runs)
	case r.Reason == "":
		return fmt.Sprintf("0 of %d %s are reused", r.Of, steps)
	}
	return fmt.Sprintf("0 of %d %s are reused: %s", r.Of, steps, r.Reason)
}

// ago is a time span as people say it.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := d / unit.of; n == 1 {
			return fmt.Sprintf("1 %s ago", unit.name)
		} else if n > 1 {
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "just now"
}

// layerDisk is the disk of a layer.
func layerDisk(l layers.Layer) string { return filepath.Join(l.Dir, layers.DiskFile) }
