package build

import (
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// inContainer are the marks of steps that were run in a container, now or in an earlier build.
func (s *state) inContainer() []kernelbound.Mark {
	var list []kernelbound.Mark
	for _, m := range s.marks {
		if OfValidation(m.Step) && s.Target.Info().Container {
			list = append(list, m)
		}
		for _, one := range s.ran {
			i := stepAt(s.Plan, m.Step)
			if one.container && i >= one.from && i < one.to {
				list = append(list, m)
				break
			}
		}
	}
	return list
}
