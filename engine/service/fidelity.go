package service

import (
	"cmp"
	"context"
	"io"
	"strings"

	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Fidelity tells how the service would differ from a build of p on this machine, as far as it is known without one: nothing is fetched and
// nothing starts. What goes by the CPUs and the memory that this machine has at that time is not told, nor what is in remote scripts.
// Findings of severity error say why p would not be built.
func (s *Service) Fidelity(ctx context.Context, p *plan.Plan) ([]fidelity.Difference, diag.List, error) {
	base, found, err := s.here(s.cfg.Target).Place.Source(ctx, p)
	if err != nil || found.HasErrors() {
		return nil, found, err
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
		return nil, found, err
	}
	if p.OS == plan.Linux { // a build answers there, when a script asks
		for _, m := range facts.Mentions {
			facts.Metadata = facts.Metadata || m.Address == fidelity.MetadataAddress
		}
	}
	return fidelity.Of(facts), found, nil
}
