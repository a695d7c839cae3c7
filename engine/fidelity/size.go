package fidelity

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// The service's own choices of a VM size, by the generation of the source.
const (
	sizeGen1 = "Standard_D1_v2"
	sizeGen2 = "Standard_D2ds_v4"
)

// size is what is known of a size of Azure by its name.
type size struct {
	name      string
	cpus      int     // 0: not known
	memoryGiB float64 // 0: not known
	temporary bool    // it has a temporary disk
}

// serviceSize is the size that the service would take.
func (f Facts) serviceSize() size {
	name := f.Plan.Azure.VMSize
	if name == "" {
		name = sizeGen1
		if f.generation2() {
			name = sizeGen2
		}
	}
	return sizeOf(name)
}

// older are sizes whose number is not that of their CPUs.
var older = map[string]size{
	"standard_d1_v2": {cpus: 1, memoryGiB: 3.5}, "standard_d2_v2": {cpus: 2, memoryGiB: 7}, "standard_d3_v2": {cpus: 4, memoryGiB: 14},
	"standard_ds1_v2": {cpus: 1, memoryGiB: 3.5}, "standard_ds2_v2": {cpus: 2, memoryGiB: 7}, "standard_ds3_v2": {cpus: 4, memoryGiB: 14},
	"standard_a1_v2": {cpus: 1, memoryGiB: 2}, "standard_a2_v2": {cpus: 2, memoryGiB: 4}, "standard_a4_v2": {cpus: 4, memoryGiB: 8},
	"standard_b1s": {cpus: 1, memoryGiB: 1}, "standard_b1ms": {cpus: 1, memoryGiB: 2}, "standard_b2s": {cpus: 2, memoryGiB: 4},
	"standard_b2ms": {cpus: 2, memoryGiB: 8},
}

// newer are the families D and F, whose number is that of their CPUs, with 4 and 2 GiB of memory for each. The letters behind it say
// more: d is a temporary disk, which all had before version 4.
var newer = regexp.MustCompile(`^standard_([df])(\d+)([a-z]*)_v(\d+)$`)

func sizeOf(name string) size {
	lower := strings.ToLower(name)
	if s, ok := older[lower]; ok {
		s.name, s.temporary = name, true
		return s
	}
	s := size{name: name}
	m := newer.FindStringSubmatch(lower)
	if m == nil {
		return s
	}
	cpus, errCPUs := strconv.Atoi(m[2])
	version, errVersion := strconv.Atoi(m[4])
	odd := m[1] == "d" && version < 3 || m[1] == "f" && version > 2 || strings.Contains(m[3], "l") // l is for less memory
	if errCPUs != nil || errVersion != nil || odd {
		return s
	}
	s.cpus, s.memoryGiB = cpus, float64(4*cpus)
	if m[1] == "f" {
		s.memoryGiB = float64(2 * cpus)
	}
	s.temporary = version < 4 || strings.Contains(m[3], "d")
	return s
}

// generation2 reports whether the source is known to be for VMs of the second generation: its names say so in the marketplace.
func (f Facts) generation2() bool {
	if x := f.Plan.Source.Exact; x != nil && x.Generation != "" {
		return x.Generation == "V2"
	}
	if w := f.Plan.Source.PlatformImage; w != nil {
		sku := strings.ToLower(w.SKU)
		return strings.Contains(sku, "gen2") || strings.HasSuffix(sku, "-g2") || strings.HasSuffix(sku, "_g2")
	}
	return f.Plan.OS == plan.Windows && f.Base.Profile.Firmware == "uefi"
}
