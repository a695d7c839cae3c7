package azuresim

import (
	"slices"
	"strings"
	"time"
)

// resource is a document that is kept.
type resource struct {
	id      ID
	kind    *kind
	body    object // as readers see it, but for what a view adds
	secret  object // what was written and is never shown: passwords, values of secrets
	created time.Time
	changed time.Time // by a PUT or a PATCH
	number  int       // counts creations: lists are in this order

	op      *operation   // that is under way, or was last
	spread  []regionCopy // image versions: where they are replicated to
	guest   *guestState  // virtual machines
	sas     []grant      // disks and snapshots: who may read their bytes
	copying *copying     // snapshots: how far their copy is, if it is one
	plan    []*planned   // deployments: what they make
}

// state is the provisioning state.
func (r *resource) state() string { return text(r.body, "properties", "provisioningState") }

func (r *resource) setState(state string) {
	if r.kind != nil && !r.kind.stateless {
		set(r.body, state, "properties", "provisioningState")
	}
}

// store keeps resources. It is used under the Sim's lock.
type store struct {
	byKey map[string]*resource
	made  int
}

func newStore() *store { return &store{byKey: map[string]*resource{}} }

func (s *store) get(id ID) *resource { return s.byKey[id.Key()] }

// find looks an id up that is written somewhere.
func (s *store) find(id string) *resource { return s.byKey[strings.ToLower(id)] }

func (s *store) put(r *resource) {
	if old := s.byKey[r.id.Key()]; old != nil {
		r.number, r.created = old.number, old.created
	} else {
		s.made++
		r.number = s.made
	}
	s.byKey[r.id.Key()] = r
}

func (s *store) remove(id ID) { delete(s.byKey, id.Key()) }

// list gives the resources that keep says, the oldest first.
func (s *store) list(keep func(*resource) bool) []*resource {
	var found []*resource
	for _, r := range s.byKey {
		if keep(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *resource) int { return a.number - b.number })
	return found
}

// inside gives what is in a resource or a resource group, at any depth.
func (s *store) inside(id ID) []*resource {
	prefix := id.Key() + "/"
	return s.list(func(r *resource) bool { return strings.HasPrefix(r.id.Key(), prefix) })
}

// children gives the resources of a type right inside a resource.
func (s *store) children(id ID, typ string) []*resource {
	want := len(id.Names) + 1
	return s.list(func(r *resource) bool {
		return len(r.id.Names) == want && r.id.Is(id.Type+"/"+typ) && r.id.Parent().Key() == id.Key()
	})
}
