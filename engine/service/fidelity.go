package service

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// FidelityRequest asks how a build would differ from the service's.
type FidelityRequest struct {
	Plan *plan.Plan
	On   string           // OnLocal, OnFast or OnAuto; "" is OnLocal
	Text kernelbound.Text // gives scripts that are at hand; nil: none are
}

// FidelityReport is what is known of that without a build.
type FidelityReport struct {
	Fidelity []fidelity.Difference `json:"fidelity"`
	Marks    []kernelbound.Mark    `json:"marks,omitempty"`  // of steps that need a kernel of their own, where a container is wanted
	Unread   []kernelbound.Mark    `json:"unread,omitempty"` // scripts of which that is not known
	// InVM is, with OnAuto, the id of the step from which on the build is in a VM, or of a validator, all of which are in one then; "": no
	// step is.
	InVM string `json:"inVM,omitempty"`
	// BaseMissing says why nothing is told of the base image; "": it is there. A build needs it.
	BaseMissing string `json:"baseMissing,omitempty"`
}

// Fidelity tells how the service would differ from a build on this machine, as far as it is known without one: nothing is fetched and
// nothing starts. What goes by the CPUs and the memory that this machine has at that time is not told, nor what is in scripts that are not
// at hand. Findings of severity error say why the plan would not be built. With OnFast and OnAuto a base image that is missing is no
// error: what steps need is known without it.
func (s *Service) Fidelity(ctx context.Context, r FidelityRequest) (FidelityReport, diag.List, error) {
	p := r.Plan
	var report FidelityReport
	boxed := IsFast(r.On) || r.On == OnAuto && p.OS == plan.Linux
	if boxed && p.OS == plan.Windows {
		return report, nil, &HostError{What: "an image with Windows is not built by --on fast",
			Why: "a container has the kernel of this machine, which is Linux", Fix: "leave out --on fast"}
	}
	base, found, err := s.here(s.cfg.Target).Place.Source(ctx, p)
	var missing *HostError
	if boxed && errors.As(err, &missing) {
		report.BaseMissing, err = missing.Error(), nil
	}
	if err != nil || found.HasErrors() {
		return report, found, err
	}
	facts := fidelity.Facts{
		Plan: p,
		Base: fidelity.Base{Name: base.Name, Origin: base.Origin, Size: base.VirtualSize, Profile: base.Machine},
		Machine: fidelity.Machine{
			Firmware: cmp.Or(base.Machine.Firmware, guest.BIOS), SecureBoot: base.Machine.SecureBoot, TPM: base.Machine.TPM,
		},
	}
	if p.Source.Exact != nil {
		facts.Base.Version = p.Source.Exact.Version
	}
	facts.Mentions, err = fidelity.Mentions(p, func(*plan.Content) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil })
	if err != nil {
		return report, found, err
	}
	if p.OS == plan.Linux { // a build answers there, when a script asks
		for _, m := range facts.Mentions {
			facts.Metadata = facts.Metadata || m.Address == fidelity.MetadataAddress
		}
	}
	if boxed {
		facts.Container = report.mark(r)
		facts.Booted = report.InVM != ""
		if facts.Container && r.On != OnAuto {
			facts.Marks = report.Marks // else the steps that they are of are in a VM
		}
	}
	report.Fidelity = fidelity.Of(facts)
	return report, found, nil
}

// mark looks into the scripts. It reports whether a build would be in a container, in part at least.
func (f *FidelityReport) mark(r FidelityRequest) bool {
	text := r.Text
	if text == nil {
		text = func(plan.Content) (string, bool) { return "", false }
	}
	f.Marks, f.Unread = kernelbound.Marks(r.Plan, text), kernelbound.Unread(r.Plan, text)
	if r.On != OnAuto {
		return true
	}
	before := 0 // steps of the image template that come before the first with a mark
	for _, st := range r.Plan.Steps {
		for _, m := range f.Marks {
			if m.Step == st.ID {
				f.InVM = st.ID
				return before > 0
			}
		}
		if !st.Hidden {
			before++
		}
	}
	for _, m := range f.Marks { // all others are of validators
		f.InVM = m.Step
		break
	}
	return true
}
