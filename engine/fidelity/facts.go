package fidelity

import (
	"time"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/plan"
)

// Facts are what a run is, as far as it is known. What is not known yet is zero, and no difference is told of it.
type Facts struct {
	Plan    *plan.Plan
	Base    Base
	Machine Machine
	Files   []resolve.Staged // what the run was made of
	Policy  resolve.Policy   // what was allowed to the template's URIs
	Timeout time.Duration    // that was asked for in place of the template's; 0: none

	Container bool               // steps run in a container of this machine, or have
	Marks     []kernelbound.Mark // of those that do
	Booted    bool               // a VM has booted from the image in the same run, or will: for later steps, or to validate it

	Metadata bool     // the guest is answered at 169.254.169.254
	Identity []string // resources that tokens are given for; "all" is every one, nil is none
	Mentions []Mention
	Reused   []string // ids of the steps that an earlier run did
}

// Base is the disk that the build VM starts from.
type Base struct {
	Name    string // in the store of base images; "" for one of the local gallery
	Version string
	Origin  string // "bootstrap", a URL, or a path on this machine; "" where nobody knows it
	Size    int64  // bytes
	Profile guest.Profile
}

// OriginBootstrap is the Base.Origin of a disk that was made of Debian's packages on this machine.
const OriginBootstrap = "bootstrap"

// Machine is the build VM. The zero Machine is not known yet.
type Machine struct {
	CPUs        int
	MemoryMiB   int
	Firmware    string // bios or uefi
	Accelerator string // kvm or tcg
	SecureBoot  bool
	TPM         bool
}

// Mention is an address of Azure's fabric that a script or a file of the template names.
type Mention struct {
	Step    string // id
	Address string // MetadataAddress or WireServer
	Text    string // that was found; not always the address
	Origin  plan.Origin
}

// Addresses that every VM in Azure reaches, and no other machine.
const (
	MetadataAddress = "169.254.169.254"
	WireServer      = "168.63.129.16"
)

// firstMention of an address; ok is false where nothing names it.
func (f Facts) firstMention(address string) (m Mention, ok bool) {
	for _, m := range f.Mentions {
		if m.Address == address {
			return m, true
		}
	}
	return Mention{}, false
}

// sourceName is how a person names the source of the image template.
func (f Facts) sourceName() string {
	switch s := f.Plan.Source; {
	case s.PlatformImage != nil:
		return s.PlatformImage.URN()
	case s.ManagedImage != nil:
		return s.ManagedImage.ID
	case s.SharedImage != nil:
		return s.SharedImage.ID
	}
	panic("fidelity: the plan's source has no type")
}
