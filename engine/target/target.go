// Package target says what a place where build VMs live must be able to do. The places themselves are folders below this one;
// a third target is a new folder and a line in cmd/internal/wire.
package target

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// A Target is a place where build VMs live; it knows what a Packer builder needs there.
type Target interface {
	// Info gives facts about the target. It does no I/O.
	Info() Info
	// Check lists what is missing on this machine for p, each with its fix. A target that can start gives nil.
	Check(ctx context.Context, p *plan.Plan) []Problem
	// Stage makes ready what the builder needs, and returns the values of the Packer template's variables. Everything it
	// creates goes through r.Record first.
	Stage(ctx context.Context, r Request) (Staged, error)
	// Collect returns the disk that the builder left behind in the staging directory, or an error when there is none.
	Collect(ctx context.Context, s Staged) (Disk, error)
}

// Info is what a caller may know of a target without asking the world.
type Info struct {
	Name    string // as --on takes it: qemu
	Builder string // the Packer builder it runs: ingot-qemu
	// Template is what Packer templates for it are emitted for, as package emit names its targets; "" is qemu.
	Template string
	// External says that the builder is in a plugin of its own: one of Ingot's tells more of what it does.
	External bool
	// Container says that its machines are containers: they have the kernel of this machine, boot by no firmware, and keep no memory. Their
	// disks are those of a VM.
	Container bool
}

// Problem is something missing on this machine: what, why, and what to type.
type Problem struct{ What, Why, Fix string }

// Machine is what the user asked of the build VM. Zero values mean "the target decides".
type Machine struct {
	CPUs        int
	MemoryMiB   int
	Firmware    string // auto, bios or uefi
	Accelerator string // auto, kvm or tcg
	BootTimeout time.Duration
}

// Request is what Stage works from.
type Request struct {
	RunID   string
	Dir     string // the run's staging directory; Stage makes it
	Plan    *plan.Plan
	Base    Disk
	Machine Machine
	// Layer is where the VM goes on from; nil: it starts from Base. What the layer says of the machine wins over Machine.
	Layer *Layer
	// BaseStays says that Base.Path outlives the run, so that a disk which others go on from may name it.
	BaseStays bool
	Timeout   time.Duration // of the run; 0: the plan's
	// Validates is set for a validation VM, which a run may have beside its build VM.
	Validates bool
	// Record writes a thing to the ledger. It must return before the thing is created.
	Record func(ctx context.Context, kind store.Kind, name string) error
	// Strike forgets a thing that is gone.
	Strike func(ctx context.Context, kind store.Kind, name string) error
}

// Layer is a build VM as it stood before a step, in a folder that nobody writes to. Whoever asks for it keeps the folder, and all
// disks below its own, for as long as the VM is used.
type Layer struct {
	Dir        string
	Facts      json.RawMessage // what Machine.Freeze of package packercore returned
	PrivateKey string          // of the build user, as a file of OpenSSH; the guest knows no other
}

// Staged is a target made ready for one build.
type Staged struct {
	Dir    string
	Vars   map[string]string // of the Packer template
	Detail string            // one line for people: "2 CPUs, 2048 MiB, TCG (software emulation)"
	Plugin string            // with an external builder: the constraint on its version
	Tags   map[string]string // in Azure: of all that the builder makes
}

// An Unstager is a target of which something runs for as long as its VMs are needed.
type Unstager interface {
	// Unstage ends what Stage started. Nothing that is recorded is removed. It copes with a Stage that failed, or never was.
	Unstage(ctx context.Context) error
}

// A Refuser is a target whose place may refuse what a VM needs, such as one of its size. Its VMs have sizes by name.
type Refuser interface {
	// Failure is what the place refused last, if the builder could not do without it; nil: nothing. It is asked before Unstage.
	Failure() error
}

// A Keeper is a target that can leave a VM standing in which a step failed, for a look inside.
type Keeper interface {
	// Kept tells how to get into the VM that the builder of s left standing. It is an error when none stands.
	Kept(ctx context.Context, s Staged) (Kept, error)
}

// Kept is a VM that outlives its run.
type Kept struct {
	Name    string `json:"name"`              // of the VM
	Address string `json:"address"`           // host and port of its SSH or WinRM service
	User    string `json:"user"`              // who may log in
	Command string `json:"command,omitempty"` // logs in; "" where no program does it without a password
	Disk    string `json:"disk"`              // path
}

// Disk is a disk file on this machine; or, when Snapshot is set, one in Azure.
type Disk struct {
	Name, Origin string // of a base image: its name in the store, and what it was made of; "" for other disks

	Path        string        // "" with Snapshot
	Format      string        // qcow2, raw or vpc, as qemu-img names them
	SHA256      string        // of the file, lower-case hex; "" when not known
	VirtualSize int64         // bytes
	Machine     guest.Profile // what a machine that starts from it has to be like
	Snapshot    *Snapshot     // nil for a file
}

// Snapshot is what a build in Azure leaves: snapshots of its disks, and what an image that is made of them has to say.
type Snapshot struct {
	OSDisk       string   `json:"osDisk"`              // resource id of the snapshot
	DataDisks    []string `json:"dataDisks,omitempty"` // resource ids, in the order of their LUNs: 0, 1, …
	Location     string   `json:"location"`            // as region names are written in ids: westus2
	OS           plan.OS  `json:"os"`
	Generation   string   `json:"generation"`             // V1 or V2, as Azure calls the generations of Hyper-V
	Architecture string   `json:"architecture"`           // x64 or Arm64
	SecurityType string   `json:"securityType,omitempty"` // as an image definition has it: TrustedLaunchSupported; "" is Standard
	VMSize       string   `json:"vmSize,omitempty"`       // of the machine whose disks they are; "" where nobody needs it any more
}
