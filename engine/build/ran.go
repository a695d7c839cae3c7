package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Stretch is a row of steps that were run on one target.
type Stretch struct {
	Target string   `json:"target"` // its name: nspawn is a container, qemu a VM
	Steps  []string `json:"steps"`  // ids, of the image template's own
	Reused bool     `json:"reused,omitempty"`
	Why    string   `json:"why,omitempty"` // in a clause, why it is not the target of the stretch before

	container bool
	from, to  int // the steps of the plan from one on, and up to before another
}

// Ran are the stretches of a run, in the order of its steps.
type Ran []Stretch

// String is one line for people: "customize[0] and customize[1] ran in a container, customize[2] in a VM: …".
func (r Ran) String() string {
	var parts []string
	for _, one := range r {
		where := "in a VM"
		if one.container {
			where = "in a container"
		}
		steps := one.Steps[0]
		switch n := len(one.Steps); {
		case n == 2:
			steps += " and " + one.Steps[1]
		case n > 2:
			steps += " to " + one.Steps[n-1]
		}
		if len(parts) == 0 {
			where = "ran " + where
		}
		if one.Reused {
			where += " of an earlier build"
		}
		if one.Why != "" {
			where += fmt.Sprintf(" (%s)", one.Why)
		}
		parts = append(parts, steps+" "+where)
	}
	return strings.Join(parts, ", ")
}

// noteMove remembers why the steps from one on run elsewhere.
func (s *state) noteMove(at int, why string) {
	s.ran = append(s.cut(at), Stretch{Target: s.Then.Info().Name, Why: why, from: at, to: at})
}

// cut gives the stretches up to before a step, and one that begins there and has no step yet: what was run after it counts no more.
func (s *state) cut(at int) []Stretch {
	var list []Stretch
	for _, one := range s.ran {
		if one.from < at || one.from == at && one.to == at {
			one.to = min(one.to, at)
			list = append(list, one)
		}
	}
	return list
}

// noteReused remembers where the steps of a chain were run.
func (s *state) noteReused(chain *layers.Chain) {
	s.ran = nil
	if chain == nil {
		return
	}
	from := 0
	for _, l := range chain.Layers {
		earlier := l.Run != s.id
		if n := len(s.ran); n > 0 && s.ran[n-1].Target == l.Target && s.ran[n-1].Reused == earlier {
			s.ran[n-1].to = l.Next
		} else {
			s.ran = append(s.ran, Stretch{Target: l.Target, Reused: earlier, container: s.isContainer(l.Target), from: from, to: l.Next})
		}
		from = l.Next
	}
}

// isContainer reports whether a target that this run knows is of containers.
func (s *state) isContainer(name string) bool {
	for _, t := range []target.Target{s.Target, s.Then, s.container} {
		if t != nil && t.Info().Name == name {
			return t.Info().Container
		}
	}
	return false
}

// noteRan remembers that a step of the plan runs now.
func (s *state) noteRan(i int) {
	info := s.Target.Info()
	s.ran = s.cut(i)
	if n := len(s.ran); n > 0 && s.ran[n-1].Target == info.Name && !s.ran[n-1].Reused {
		last := &s.ran[n-1]
		last.to, last.container = max(last.to, i+1), info.Container
		return
	}
	s.ran = append(s.ran, Stretch{Target: info.Name, container: info.Container, from: i, to: i + 1})
}

// stretches are those of the result; nil where no step could have been run in a container.
func (s *state) stretches(p *plan.Plan) Ran {
	if !slices.ContainsFunc(s.ran, func(one Stretch) bool { return one.container }) && s.container == nil {
		return nil
	}
	var list Ran
	for _, one := range s.ran {
		one.Why = s.mask.Text(one.Why)
		for i := one.from; i < min(one.to, len(p.Steps)); i++ {
			if st := p.Steps[i]; !st.Hidden {
				one.Steps = append(one.Steps, st.ID)
			}
		}
		if len(one.Steps) > 0 {
			list = append(list, one)
		}
	}
	return list
}
