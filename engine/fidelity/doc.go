// Package fidelity tells what the managed service would do differently for an image template than a run on this machine did.
//
// A local run is not the service: another disk stands in for the marketplace image, the build VM is behind this host's NAT, nobody
// asks a subscription for permission. Most templates do not care, and some do. So every difference that holds for the template
// at hand is stated, with its reason; one that does not hold is not.
//
// Of is pure: the same facts give the same list. What the service does is written down, with how it is known, in docs/fidelity.md.
package fidelity

import (
	"slices"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Kind names a sort of difference. It is stable: scripts choose by it.
type Kind string

// Difference is one thing that the service would do otherwise.
type Difference struct {
	Kind  Kind       `json:"kind"`
	What  string     `json:"what"`           // one line: how it is here, and how it is there
	Why   string     `json:"why"`            // one sentence
	Step  string     `json:"step,omitempty"` // id of the step, or of the distributor; "" where it is the whole run
	Path  string     `json:"path,omitempty"` // in the image template, where something of it is the reason
	Range diag.Range `json:"-"`              // of Path
}

// about puts a difference at a place in the image template.
func (d Difference) about(o plan.Origin) Difference {
	d.Path, d.Range = o.Path, o.Range
	return d
}

// Of lists the differences that hold, in the order of Kinds, and of one kind in the order of the template. f.Plan is not nil.
func Of(f Facts) []Difference {
	var all []Difference
	for _, r := range rules {
		for _, d := range r.find(f) {
			d.Kind = r.kind
			all = append(all, d)
		}
	}
	return all
}

// rule finds the differences of one kind.
type rule struct {
	kind Kind
	find func(Facts) []Difference
}

// one is the result of a rule with a single difference.
func one(d Difference) []Difference { return []Difference{d} }

// Chosen are those of a list whose kind is one of kinds; All among them stands for every kind.
func Chosen(list []Difference, kinds []Kind) []Difference {
	var chosen []Difference
	for _, d := range list {
		if slices.Contains(kinds, d.Kind) || slices.Contains(kinds, All) {
			chosen = append(chosen, d)
		}
	}
	return chosen
}
