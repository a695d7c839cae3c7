package machine

import (
	"fmt"
	"os"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// Artifact is what a build leaves: the qcow2 that lies over the base disk. It is of no use without the base, which
// stays where it was.
type Artifact struct {
	Builder string         // id of the builder that made it
	Disk    string         // absolute path
	Known   map[string]any // what later stages may want to know
}

var _ packersdk.Artifact = (*Artifact)(nil)

// The keys of Artifact.State.
const (
	StateSourceDisk   = "source_disk"   // string: absolute path of the base disk
	StateSourceFormat = "source_format" // string: its format
	StateDiskFormat   = "disk_format"   // string: the format of Files()[0], qcow2
	StateVirtualSize  = "virtual_size"  // int64: bytes, a whole number of MiB
	StateAccelerator  = "accelerator"   // string: kvm or tcg; none in a container
	StateBootSeconds  = "boot_seconds"  // float64: from power-on to the first command
	StateGuestSeconds = "guest_seconds" // float64: in which the guest booted, worked on steps, or shut down
)

func (a *Artifact) BuilderId() string { return a.Builder }
func (a *Artifact) Files() []string   { return []string{a.Disk} }
func (a *Artifact) Id() string        { return a.Disk }
func (a *Artifact) String() string {
	return fmt.Sprintf("disk %s over %v", a.Disk, a.Known[StateSourceDisk])
}
func (a *Artifact) State(name string) any { return a.Known[name] }

// Destroy removes the disk. One that is gone already is no error.
func (a *Artifact) Destroy() error {
	if err := os.Remove(a.Disk); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove the build's disk: %w", err)
	}
	return nil
}
