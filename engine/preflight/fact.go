package preflight

import (
	"reflect"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// Kind is what a fact is about.
type Kind string

// The kinds, in the order in which facts are listed and told.
const (
	Provider     Kind = "provider"
	StagingGroup Kind = "stagingGroup"
	Identity     Kind = "identity"
	Source       Kind = "source"
	Terms        Kind = "terms"
	VMSize       Kind = "vmSize"
	Quota        Kind = "quota"
	Subnet       Kind = "subnet"
	Group        Kind = "group"
	Gallery      Kind = "gallery"
	Regions      Kind = "regions"
	Version      Kind = "version"
	Storage      Kind = "storage"
	Policy       Kind = "policy"
)

var kinds = []Kind{Provider, StagingGroup, Identity, Source, Terms, VMSize, Quota, Subnet, Group, Gallery, Regions, Version, Storage, Policy}

func kindRank(k Kind) int { return slices.Index(kinds, k) }

// Fact is something that must be so before a build begins.
type Fact struct {
	Kind    Kind    `json:"kind"`
	Subject string  `json:"subject"` // what it is about: a resource id, the name of a provider, a VM size
	Scope   string  `json:"scope"`   // where Azure is asked about it
	Holds   string  `json:"holds"`   // what must be so: one clause
	Why     string  `json:"why"`
	Fix     string  `json:"fix"` // what to do where it is not so
	Places  []Place `json:"places"`
	Want    Want    `json:"-"`
}

// Want is what asking Azure needs beside the subject. Only what a kind of fact asks for is set.
type Want struct {
	Home     string // the scope of the build's subscription
	Location string
	OS       plan.OS
	Template string // the name of the image template
	Size     string
	Regions  []string
	Source   *plan.Source // without its places
	Tags     map[string]string
}

// wantSource is the source for a Want.
func (d *deriver) wantSource() *plan.Source {
	s := d.plan.Source
	s.Origin = plan.Origin{}
	return &s
}

// fact notes a fact.
func (d *deriver) fact(path string, f Fact) {
	f.Places = []Place{{d.file, path}}
	f.Want.Home = d.home
	d.own.addFacts([]Fact{f})
}

// addFacts notes facts, each once, with all places.
func (n *Needs) addFacts(list []Fact) {
	for _, f := range list {
		i := slices.IndexFunc(n.Facts, func(old Fact) bool {
			return old.Kind == f.Kind && old.Holds == f.Holds && strings.EqualFold(old.Subject, f.Subject) &&
				strings.EqualFold(old.Scope, f.Scope) && reflect.DeepEqual(old.Want, f.Want)
		})
		if i < 0 {
			n.Facts = append(n.Facts, f)
			continue
		}
		for _, p := range f.Places {
			if !slices.Contains(n.Facts[i].Places, p) {
				n.Facts[i].Places = append(n.Facts[i].Places, p)
			}
		}
	}
}
