// Fast measures what the fast target is for, a build in a container of this host, beside the same in a virtual machine:
//
//   - From the start of the container to its first command by SSH, at its first boot and from a layer, and where an edit's time goes.
//   - Five customizers, all of them and with the last one edited: in a container, in a VM, and by stock Packer, which has to do all of it
//     again; by ingot build and by ingot build --watch.
//   - How long the container stands still for a layer: after little was written, and after 300 MB.
//   - Writing and reading by the disk of the image beside this host's own, and the installation of packages.
//   - The memory of all that runs a build.
//
// Usage: fast INGOT [IMAGE]
//
// Stock Packer is a tool here, like a stop-watch: .ci/tools/build makes it. Where it was not, its row is left out, and the reason
// printed. IMAGE is a base image that Ingot has, or the file of a qcow2 disk; debian-12 if it is left out. A bound that is missed ends
// it with exit code 1. It takes minutes, most of them for what a VM does.
package main

import (
	"fmt"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
)

// The bounds.
const (
	startBound = time.Second           // from the start of the container to the first command by SSH
	editBound  = time.Second           // from the save to the edited step's first line
	layerBound = 50 * time.Millisecond // for which the container stands still
)

// onFast places a build in a container.
var onFast = []string{"--on", "fast"}

func main() {
	rig.Main("fast", func(r *rig.Rig) error {
		b := &bench{Rig: r}
		if err := rig.All(b.start, b.five, b.layers, b.disk, b.packages); err != nil {
			return err
		}
		b.memories()
		return nil
	})
}

// bench has the measurements, and the most memory that builds took on each target.
type bench struct {
	*rig.Rig
	fast, vm rig.Memory
}

// build builds in a container, or in a VM.
func (b *bench) build(vm bool, mark string, args ...string) (*rig.Seen, error) {
	most := &b.vm
	if !vm {
		args, most = append(args, onFast...), &b.fast
	}
	s, err := b.Build(mark, args...)
	most.Own, most.QEMU, most.Guest = max(most.Own, s.Most.Own), max(most.QEMU, s.Most.QEMU), max(most.Guest, s.Most.Guest)
	return s, err
}

// memories prints what runs a build, apart from what a build runs.
func (b *bench) memories() {
	fmt.Println("\nmemory at its peak, of all runs above")
	fmt.Printf("  in a container: Ingot and all that runs the container, with the storage daemon: %d MiB; what runs in it: %d MiB\n",
		b.fast.Own>>20, b.fast.Guest>>20)
	fmt.Printf("  in a VM of %s MiB: Ingot %d MiB; QEMU with what runs in it: %d MiB, %.1f times all of the container\n", rig.MemoryMiB,
		b.vm.Own>>20, b.vm.QEMU>>20, float64(b.vm.QEMU)/float64(b.fast.Own+b.fast.Guest))
}

// least is the smallest of some times.
func least(times []time.Duration) time.Duration {
	var t time.Duration
	for _, x := range times {
		t = rig.Smaller(t, x)
	}
	return t
}
