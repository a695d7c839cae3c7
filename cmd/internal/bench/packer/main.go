// Packer measures one build twice, side by side: by stock Packer with packer-plugin-ingot, and by ingot build. The build VM has nothing
// to do but what every build has: a step that does nothing, and the generalizing. What the guest takes is the builder's own figure,
// the same code in both; the rest of the time is the program's, and that, with the memory of all its processes, is compared.
//
// Usage: packer INGOT PLUGIN [IMAGE]
//
// Stock Packer is a tool here, like a stop-watch: .ci/tools/build makes it. Where it was not, nothing is measured, and the reason is
// printed. IMAGE is a base image that Ingot has; debian-12 if it is left out.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
	"github.com/ingot-build/ingot/internal/testtools"
)

const (
	rounds        = 2
	overheadBound = 1.0 / 2 // of Packer's
	memoryBound   = 1.0 / 3
)

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 {
		fmt.Fprintln(os.Stderr, "usage: packer INGOT PLUGIN [IMAGE]")
		os.Exit(2)
	}
	image := "debian-12"
	if len(os.Args) == 4 {
		image = os.Args[3]
	}
	if err := run(os.Args[1], os.Args[2], image); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ingot, plugin, image string) error {
	stock, err := testtools.FindPacker()
	if err != nil {
		fmt.Println("nothing is measured:", err)
		return nil
	}
	b, err := prepare(ingot, stock, plugin, image)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	var theirs, ours []measured
	for i := range rounds {
		// In turns, so that a change in what else the machine does is felt by both.
		packer, err := b.packer(i)
		if err != nil {
			return err
		}
		theirs = append(theirs, packer)
		own, err := b.ingot(i)
		if err != nil {
			return err
		}
		ours = append(ours, own)
		fmt.Printf("round %d   packer build: %s\n          ingot build:  %s\n", i+1, packer, own)
	}
	compare(theirs, ours)
	return nil
}

// compare takes the least of each figure: what else the machine does only adds.
func compare(theirs, ours []measured) {
	packer, own := best(theirs), best(ours)
	time := own.overhead().Seconds() / packer.overhead().Seconds()
	memory := float64(own.memory) / float64(packer.memory)
	fmt.Printf("outside the guest: %.2f s against Packer's %.2f s, %.2f of it (wanted: at most %.2f, %s)\n",
		own.overhead().Seconds(), packer.overhead().Seconds(), time, overheadBound, verdict(time <= overheadBound))
	fmt.Printf("memory of all processes but QEMU, at its peak: %d MiB against Packer's %d MiB, %.2f of it (wanted: at most %.2f, %s)\n",
		own.memory>>20, packer.memory>>20, memory, memoryBound, verdict(memory <= memoryBound))
}

func best(all []measured) measured {
	least := all[0]
	for _, m := range all[1:] {
		if m.overhead() < least.overhead() {
			least.wall, least.guest = m.wall, m.guest
		}
		least.memory = min(least.memory, m.memory)
	}
	return least
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}

// bench is what both programs build, and where.
type bench struct {
	dir              string // of everything below; removed at the end
	ingotPath, stock string
	folder           string // the Packer template
	disk             string // the base image's
	env              []string
}

const template = `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "nothing", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
    "customize": [{"type": "Shell", "name": "nothing", "inline": ["true"]}],
    "distribute": [{"type": "VHD", "runOutputName": "disk"}]
  }
}
`

func prepare(ingot, stock, plugin, image string) (b *bench, err error) {
	dir, err := os.MkdirTemp("", "ingot-bench-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	b = &bench{dir: dir, stock: stock, folder: filepath.Join(dir, "nothing")}
	if b.ingotPath, err = filepath.Abs(ingot); err != nil {
		return nil, err
	}
	disk, err := rig.Output(exec.Command(b.ingotPath, "image", "path", image))
	if err != nil {
		return nil, err
	}
	b.disk = strings.TrimSpace(disk)
	file := filepath.Join(dir, "nothing.json")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		return nil, err
	}
	if _, err := rig.Output(exec.Command(b.ingotPath, "translate", file, "-o", b.folder)); err != nil {
		return nil, err
	}
	b.env = append(os.Environ(), "PACKER_PLUGIN_PATH="+filepath.Join(dir, "plugins"), "PACKER_CONFIG_DIR="+dir, "CHECKPOINT_DISABLE=1",
		"XDG_STATE_HOME="+filepath.Join(dir, "state"))
	install := exec.Command(stock, "plugins", "install", "--path", plugin, "github.com/ingot-build/ingot")
	install.Env = b.env
	_, err = rig.Output(install)
	return b, err
}

// packer builds the folder by stock Packer, ingot by Ingot.
func (b *bench) packer(round int) (measured, error) {
	return b.build(b.stock, fmt.Sprintf("packer-%d", round))
}
func (b *bench) ingot(round int) (measured, error) {
	return b.build(b.ingotPath, fmt.Sprintf("ingot-%d", round))
}

// build runs one of the two, which take the same command line.
func (b *bench) build(program, name string) (measured, error) {
	out := filepath.Join(b.dir, name)
	defer os.RemoveAll(out)
	cmd := exec.Command(program, "build", "-var", "source_disk="+b.disk, "-var", "output_directory="+out, "-var", "vm_name="+name, b.folder)
	cmd.Env = b.env
	return measure(cmd)
}

// measured is what one build took.
type measured struct {
	wall, guest  time.Duration
	memory, qemu int64 // bytes, at the peak: of all processes but QEMU, and of QEMU
}

func (m measured) overhead() time.Duration { return m.wall - m.guest }

func (m measured) String() string {
	return fmt.Sprintf("%6.2f s, of which the guest %6.2f s and the program %5.2f s; %4d MiB, and QEMU %4d MiB",
		m.wall.Seconds(), m.guest.Seconds(), m.overhead().Seconds(), m.memory>>20, m.qemu>>20)
}
