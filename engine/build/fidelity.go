package build

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/steps"
	"github.com/ingot-build/ingot/translate/plan"
)

// unlike is what a run on this machine learns of its own differences from the service. It is safe for concurrent use.
type unlike struct {
	mu       sync.Mutex
	reused   []string           // ids of steps
	mentions []fidelity.Mention // of Azure's fabric, in scripts and files
	known    bool               // the source was found, and all scripts were read
}

// note remembers the steps that were not run.
func (u *unlike) note(e events.Event) {
	if e.State == nil || !e.State.Reused {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !slices.Contains(u.reused, e.Step) {
		u.reused = append(u.reused, e.Step)
	}
}

// reusedOf are the steps of the image template that were not run.
func (u *unlike) reusedOf(p *plan.Plan) []string {
	var ids []string
	for _, st := range p.Steps {
		if !st.Hidden && slices.Contains(u.reused, st.ID) {
			ids = append(ids, st.ID)
		}
	}
	return ids
}

// compareStep is the entry of the story that holds the run against the service, as late as nothing has been booted yet.
var compareStep = steps.Step[state]{Name: "compare with the service", Do: compare}

// compare refuses the run for differences that were not to be.
func compare(_ context.Context, s *state) error {
	if s.Target.Info().External {
		return nil // it is where the service is
	}
	if list := fidelity.Chosen(s.differences(), s.StrictFidelity); len(list) > 0 {
		return notAsWanted(list)
	}
	return nil
}

func (s *state) openContent(c *plan.Content) (io.ReadCloser, error) {
	return s.Resolver.Cache.Open(c.SHA256)
}

// notAsWanted refuses a run for differences. The template has no error, so this machine is what is not as wanted.
func notAsWanted(list []fidelity.Difference) *HostError {
	var kinds, lines []string
	for _, d := range list {
		line := fmt.Sprintf("%s: %s; %s", d.Kind, d.What, d.Why)
		if at := d.Range.String(); at != "" {
			line = at + ": " + line
		}
		lines = append(lines, line)
		if !slices.Contains(kinds, string(d.Kind)) {
			kinds = append(kinds, string(d.Kind))
		}
	}
	names := strings.Join(kinds, ", ")
	where := "in Azure (--on azure)"
	if !slices.ContainsFunc(list, func(d fidelity.Difference) bool { return !fidelity.OfContainers(d.Kind) }) {
		where = "in a VM (--on local)"
	}
	return &HostError{
		What: "the service would differ in what --strict-fidelity has: " + names,
		Why:  strings.Join(lines, "\n"),
		Fix:  fmt.Sprintf("build it %s, or leave %s out of --strict-fidelity", where, names),
	}
}

// differences are those that hold as far as they are known; nil in Azure, and before the source is found.
func (s *state) differences() []fidelity.Difference {
	s.unlike.mu.Lock()
	defer s.unlike.mu.Unlock()
	if !s.unlike.known {
		return nil
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(s.staged.Vars[name]) // the target's own figures; one that it does not have is not told
		return n
	}
	return fidelity.Of(fidelity.Facts{
		Plan: s.Plan,
		Base: fidelity.Base{
			Name: s.base.Name, Version: versionOf(s.Plan), Origin: s.base.Origin, Size: s.base.VirtualSize, Profile: s.base.Machine,
		},
		Machine: fidelity.Machine{
			CPUs: number("cpus"), MemoryMiB: number("memory"), Firmware: s.staged.Vars["firmware"], Accelerator: s.staged.Vars["accelerator"],
			SecureBoot: s.staged.Vars["secure_boot"] == "true", TPM: s.staged.Vars["tpm"] == "true",
		},
		Container: s.contained(), Booted: s.booted(), Marks: s.marksOfFidelity(),
		Files: s.files, Policy: s.Staging, Timeout: s.Timeout, Mentions: s.unlike.mentions, Reused: s.unlike.reusedOf(s.Plan),
		Metadata: s.answering.on, Identity: s.Metadata.Allow,
	})
}

// versionOf is the exact version of a plan's source, where it has one.
func versionOf(p *plan.Plan) string {
	if p.Source.Exact == nil {
		return ""
	}
	return p.Source.Exact.Version
}
