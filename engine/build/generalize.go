package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/generalize"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// generalizing is the last step of a build: what it printed, and what the build VM said about its failure. It is safe for
// concurrent use.
type generalizing struct {
	mu       sync.Mutex
	output   []string // the last lines, those of Packer itself left out
	found    []events.Finding
	replaced bool // the script that failed is a customizer's
}

// keptOutput is how many lines of the step are kept. The script is printed first, and what it prints is at the end.
const keptOutput = 200

func (g *generalizing) note(e events.Event) {
	if e.Output == nil || e.Output.Stream == events.Say || e.Step != "generalize" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.output) == keptOutput {
		g.output = slices.Delete(g.output, 0, 1)
	}
	g.output = append(g.output, e.Output.Text)
}

func (g *generalizing) lines() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.output)
}

// phase is what the script said last about how far it is; "" when it said nothing of the kind.
func (g *generalizing) phase() string {
	for _, line := range slices.Backward(g.lines()) {
		if said, ok := strings.CutPrefix(line, ">>> "); ok {
			return strings.TrimSpace(said)
		}
	}
	return ""
}

// boundGeneralize tells the Packer template of a machine how long its last step may take.
func (s *state) boundGeneralize(m machine) {
	if s.GeneralizeTimeout != nil && slices.ContainsFunc(m.steps, plan.Step.Generalizes) {
		name, value := emit.GeneralizeVar(*s.GeneralizeTimeout)
		m.staged.Vars[name] = value
	}
}

// eachAnswer bounds one answer of the build VM. PowerShell takes its time to start in an emulated machine, and some cmdlets
// take more.
const eachAnswer = 45 * time.Second

// diagnose asks the build VM why it could not be generalized.
func (s *state) diagnose(ctx context.Context, failed *packercore.ProvisionError, remote packercore.Remote) {
	say := func(text string) {
		s.emit(events.Event{Step: "generalize", Output: &events.Output{Stream: events.Say, Text: text}})
	}
	say("asking the build VM why it could not be generalized")
	var late *packercore.LateError
	c := generalize.Case{OS: s.Plan.OS, Script: s.deprovisionSum(), Output: s.end.lines(), Late: errors.As(failed, &late)}
	var answers []string
	for _, question := range generalize.Questions(s.Plan.OS) {
		one, cancel := context.WithTimeoutCause(ctx, eachAnswer, fmt.Errorf("it did not answer within %s", eachAnswer))
		answer, err := remote(one, question)
		slow := one.Err() != nil
		cancel()
		answers = append(answers, answer) // as far as it got
		if err != nil {
			say("the build VM could not be asked: " + err.Error())
		}
		if err != nil && !slow || ctx.Err() != nil {
			break
		}
	}
	found, replaced := generalize.Explain(c, answers)
	s.end.mu.Lock()
	defer s.end.mu.Unlock()
	s.end.found, s.end.replaced = found, replaced
}

// deprovisionSum is the checksum of the script that the first step puts in its place; "" in a plan without one.
func (s *state) deprovisionSum() string {
	i := slices.IndexFunc(s.Plan.Steps, func(st plan.Step) bool { return st.Hidden && st.File != nil })
	if i < 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(s.Plan.Steps[i].File.Content.Text))
	return hex.EncodeToString(sum[:])
}

// generalizeProblem adds to the failure of the last step what the build VM showed, and where the image template has a part
// in it.
func (s *state) generalizeProblem(failed *packercore.ProvisionError, p events.Problem) events.Problem {
	var late *packercore.LateError
	if errors.As(failed, &late) {
		p.What = fmt.Sprintf("generalizing was not done within %s", late.After)
		if phase := s.end.phase(); phase != "" && !strings.Contains(p.Why, phase) {
			p.Why = join("\n", "how far it was by its own words: "+phase, p.Why)
		}
		p.Fix = join("; ", "raise --generalize-timeout (0: as long as the whole run may take), if it only needs more time", p.Fix)
	}
	s.end.mu.Lock()
	defer s.end.mu.Unlock()
	p.Findings = s.end.found
	if s.end.replaced {
		if at := s.scriptWriter(); at != "" {
			p.Where = at + "; " + p.Where
		}
	}
	return s.mask.Problem(p)
}

// scriptWriter gives the place of the last customizer that has to do with the script that generalizes; "" when none does as
// far as its own text shows.
func (s *state) scriptWriter() string {
	for _, st := range slices.Backward(s.Plan.Steps) {
		if st.Hidden {
			continue
		}
		names := st.File != nil && strings.Contains(strings.ToLower(st.File.Destination), "deprovisioningscript.")
		if c := st.Content(); c != nil && strings.Contains(c.Text, "DeprovisioningScript.") {
			names = true
		}
		if names {
			return strings.TrimPrefix(st.Origin.Range.String()+", step "+st.ID, ", ")
		}
	}
	return ""
}
