package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// moving is what a run knows whose build VM is a container for as long as that will do: at the first step that needs a kernel of its own,
// the build moves to a VM. It is zero in a run that stays where it begins.
type moving struct {
	container target.Target      // where it begins; nil: it has one target alone
	marks     []kernelbound.Mark // of the steps as they are written; with one target too, if that is of containers
	did       []kernelbound.Mark // of steps that were run, by what they did
	seen      *kernelbound.Seen  // of the container that runs, at its last boundary; nil: nothing yet
	inVM      string             // why no step runs in a container; "": some may
	byPlan    bool               // that is for the image template as it is now
	emitted   string             // name of the target whose Packer template is in the run's folder; "": there is none yet
	handed    string             // ID of the layer that the VM goes on from, while the machine is given up
	alone     []string           // IDs of layers that this run removes again
	ran       []Stretch
	verifying bool      // the container's image is there, and the VM's is being built
	verified  *Verified // nil: it was not wanted, or did not come to its end
}

// largestScript is how much of a script is looked at.
const largestScript = 4 << 20

// begins settles where a run begins that may move. It is called before anything is checked.
func (s *state) begins() {
	if !s.Moves || s.Then == nil {
		return
	}
	s.container = s.Target
}

// use makes a target the run's. The builder that other runs have stays as it is.
func (s *state) use(t target.Target) {
	if s.Target != t {
		own := *s.Builder
		own.Target = t
		s.Builder = &own
	}
}

// allInVM gives up containers for this run, and says why.
func (s *state) allInVM(why string) {
	s.inVM = why
	s.use(s.Then)
	s.say(stepResolve, "auto: every step runs in a VM: "+why)
}

// checkContainer finds out whether a run that may begin in a container can.
func (s *state) checkContainer(ctx context.Context) {
	if s.container == nil {
		return
	}
	asked := func(value string) bool { return value != "" && value != "auto" }
	problems := s.Target.Check(ctx, s.Plan)
	switch {
	case asked(s.Machine.Firmware):
		s.allInVM(fmt.Sprintf("--firmware %s was asked for, and a container boots by none", s.Machine.Firmware))
	case asked(s.Machine.Accelerator):
		s.allInVM(fmt.Sprintf("--accel %s was asked for, and a container has none", s.Machine.Accelerator))
	case len(problems) > 0:
		s.allInVM(join(": ", problems[0].What, problems[0].Why))
	case s.LayerStore == nil:
		s.allInVM("the machine could not be handed on from a container, as there is no folder of layers")
	}
}

// placeSteps finds the steps that need a kernel of their own, once every script is there, and what they need.
func placeSteps(ctx context.Context, s *state) error {
	if s.container == nil && !s.Target.Info().Container {
		return nil
	}
	s.findMarks()
	if s.byPlan {
		s.inVM, s.byPlan = "", false
	}
	switch {
	case s.container == nil:
		s.tellMarks()
		return nil
	case s.inVM != "":
		return nil
	}
	i, m := s.bound()
	validator := s.boundValidator()
	switch disk := s.base.Machine; {
	case disk.TPM || disk.SecureBoot:
		s.allInVM("the source asks for a TPM or secure boot, and a container has none")
	case s.onlyHidden(i):
		s.allInVM(s.needs(i, m))
	case validator != nil && sourceOnly(s.Plan):
		s.allInVM(fmt.Sprintf("%s needs a kernel of its own (%s)", s.titleOf(validator.Step), validator.Command))
	case i == len(s.Plan.Steps) && validator == nil:
		return nil
	}
	s.byPlan = s.inVM != ""
	var errs []error
	for _, p := range s.Then.Check(ctx, s.Plan) { // now, and not when half of the build is done
		errs = append(errs, &HostError{What: p.What, Why: p.Why, Fix: join("; ", p.Fix, "or run all of it in a container: --on fast")})
	}
	return errors.Join(errs...)
}

// onlyHidden reports whether nothing of the image template comes before a step.
func (s *state) onlyHidden(i int) bool {
	for _, st := range s.Plan.Steps[:i] {
		if !st.Hidden {
			return false
		}
	}
	return i < len(s.Plan.Steps)
}

// findMarks looks into the scripts of the plan as it is now.
func (s *state) findMarks() {
	s.marks = kernelbound.Marks(s.Plan, func(c plan.Content) (string, bool) {
		if c.SHA256 == "" {
			return "", false
		}
		f, err := s.openContent(&c)
		if err != nil {
			return "", false
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, largestScript))
		return string(text), err == nil
	})
}

func (s *state) titleOf(id string) string {
	for _, st := range s.Plan.AllSteps() {
		if st.ID == id {
			return st.Title()
		}
	}
	return id
}

// bound is the first step that needs a kernel of its own, and why; the number of steps if none does.
func (s *state) bound() (int, kernelbound.Mark) {
	for i, st := range s.Plan.Steps {
		if m := s.markOf(st.ID); m != nil {
			return i, *m
		}
	}
	return len(s.Plan.Steps), kernelbound.Mark{}
}

// markOf is the first mark of a step; nil: it has none.
func (s *state) markOf(id string) *kernelbound.Mark {
	for _, list := range [][]kernelbound.Mark{s.marks, s.did} {
		for i := range list {
			if list[i].Step == id {
				return &list[i]
			}
		}
	}
	return nil
}

// validateInVM has the validators run in a VM of a build that is in a container still, if one of them needs a kernel of its own.
func (s *state) validateInVM(ctx context.Context) error {
	m := s.boundValidator()
	if s.container == nil || m == nil || s.Target == s.Then {
		return nil
	}
	s.say(stepValidateBoot, fmt.Sprintf("auto: the validators run in a VM: %s needs a kernel of its own (%s)", s.titleOf(m.Step), m.Command))
	s.use(s.Then)
	return emitPacker(ctx, s)
}

// boundValidator is the mark of a validator that needs a kernel of its own; nil: none does.
func (s *state) boundValidator() *kernelbound.Mark {
	for i := range s.marks {
		if OfValidation(s.marks[i].Step) {
			return &s.marks[i]
		}
	}
	return nil
}

// needs says in a clause what a step needs a VM for.
func (s *state) needs(i int, m kernelbound.Mark) string {
	return fmt.Sprintf("%s needs a kernel of its own (%s)", s.Plan.Steps[i].Title(), strings.TrimSpace(m.Command))
}

// choose settles which target the next machine is of, now that it is known from which step on it runs.
func (s *state) choose() {
	s.standing.over = 0
	if s.container == nil || s.inVM != "" || s.verifying {
		return
	}
	i, m := s.bound()
	switch {
	case i >= len(s.Plan.Steps):
		s.use(s.container)
	case i <= s.standing.from:
		if s.Target != s.Then {
			s.say(stepResolve, fmt.Sprintf("auto: the build goes on in a VM, since %s", s.needs(i, m)))
		}
		s.use(s.Then)
	default:
		s.use(s.container)
		s.standing.over = i
	}
}

// will says which layers will do. What a container made is no VM's work: a build in VMs goes on only from what VMs made, all of it. One
// that may move goes on from any, unless a step ran in a container that needs a VM.
func (s *state) will() func(l layers.Layer, from int) bool {
	name := s.Target.Info().Name
	switch {
	case s.verifying || s.container == nil && !s.Target.Info().Container:
		return func(l layers.Layer, _ int) bool { return l.Target == name }
	case s.container == nil:
		return nil
	}
	return func(l layers.Layer, from int) bool {
		if l.Target == s.Then.Info().Name {
			return true
		}
		if l.Bound != "" {
			return false
		}
		for i := from; i < min(l.Next, len(s.Plan.Steps)); i++ {
			if s.markOf(s.Plan.Steps[i].ID) != nil {
				return false
			}
		}
		return true
	}
}

// barred says why a layer was left out that there is.
func (s *state) barred(l layers.Layer) string {
	switch {
	case s.verifying:
		return "what was kept after it was made in a container"
	case s.container == nil:
		return "what was kept after it was made by --on fast; --on auto or --on fast goes on from it"
	case l.Bound != "":
		return fmt.Sprintf("what was kept after it was made in a container, where %s did what it does not do in a VM: %s", l.Title, l.Bound)
	}
	return "what was kept after it was made in a container, by a step that needs a VM"
}
