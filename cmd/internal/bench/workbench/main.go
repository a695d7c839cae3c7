// Workbench measures what layers are for, and what they cost, on this host and with the acceleration that works here:
//
//   - The last of five customizers is edited: from the save to that step's first line, by ingot build, by ingot build --watch, by ingot
//     build --no-cache, and by stock Packer with packer-plugin-ingot, which has to do all of it again.
//   - A build in which every step is cached, VHD included.
//   - What layers add to a build of ten steps: the pause of each with 1 GiB of memory, the time in all, and the room they take.
//   - ingot diff of two layers with 1,000 changed files between them.
//
// Usage: workbench INGOT [IMAGE]
//
// Stock Packer is a tool here, like a stop-watch: .ci/tools/build makes it. Where it was not, its row is left out, and the reason
// printed. IMAGE is a base image that Ingot has, or the file of a qcow2 disk; debian-12 if it is left out. A bound that is missed ends
// it with exit code 1. It takes minutes, most of them for what is not cached.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

// The bounds.
const (
	againBound  = 20.0             // times less than a rebuild by stock Packer, to the step's first line
	ownBound    = time.Second      // of that, all but the guest's own work
	pauseBound  = time.Second      // for a layer of a guest with 1 GiB
	addedBound  = 0.10             // of the time of ten steps
	cachedBound = 2 * time.Second  // of a build in which nothing runs
	diffBound   = 3 * time.Second  // of a diff with 1,000 files
	memoryBound = 100 << 20        // bytes of Ingot itself, as for any build
	patience    = 20 * time.Minute // for one build
	memoryMiB   = "1024"           // of the guests
)

// rounds is how often a short measurement is made. The least counts: what else the machine does only adds.
const rounds = 3

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: workbench INGOT [IMAGE]")
		os.Exit(2)
	}
	image := "debian-12"
	if len(os.Args) == 3 {
		image = os.Args[2]
	}
	ok, err := run(os.Args[1], image)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(ingot, image string) (ok bool, err error) {
	b, err := prepare(ingot, image)
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(b.dir)
	b.head()
	for _, measure := range []func() error{b.edits, b.cached, b.tenSteps, b.diff} {
		if err := measure(); err != nil {
			return false, err
		}
	}
	b.figure(b.memory <= memoryBound, "Ingot's own memory at its peak, of all runs above: %d MiB (wanted: at most %d MiB",
		b.memory>>20, memoryBound>>20)
	return b.ok, nil
}

// bench is what all measurements share.
type bench struct {
	dir    string // of everything, state and layers included; removed at the end
	ingot  string
	disk   string // the base image's
	env    []string
	memory int64 // most that an Ingot process held, in bytes
	ok     bool  // no bound was missed so far
}

// prepare makes folders for state, layers and results, which begin empty. The base image is the one that stands for Debian 12 in them.
func prepare(ingot, image string) (b *bench, err error) {
	b = &bench{ok: true}
	if b.ingot, err = filepath.Abs(ingot); err != nil {
		return nil, err
	}
	disk := image
	if _, err := os.Stat(image); err != nil {
		path, err := output(exec.Command(b.ingot, "image", "path", image))
		if err != nil {
			return nil, err
		}
		disk = strings.TrimSpace(path)
	}
	if b.dir, err = os.MkdirTemp("", "ingot-bench-"); err != nil {
		return nil, err
	}
	b.env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(b.dir, "state"), "XDG_CACHE_HOME="+filepath.Join(b.dir, "cache"),
		"XDG_DATA_HOME="+filepath.Join(b.dir, "data"), "INGOT_LAYERS=on", "PACKER_PLUGIN_PATH="+filepath.Join(b.dir, "plugins"),
		"PACKER_CONFIG_DIR="+b.dir, "CHECKPOINT_DISABLE=1")
	if err := b.addImage(disk); err != nil {
		os.RemoveAll(b.dir)
		return nil, err
	}
	return b, nil
}

// addImage makes a disk the only base image.
func (b *bench) addImage(disk string) error {
	add := exec.Command(b.ingot, "image", "add", "debian-12", disk, "--urn", "Debian:debian-12:12")
	add.Env = b.env
	if _, err := output(add); err != nil {
		return err
	}
	path := exec.Command(b.ingot, "image", "path", "debian-12")
	path.Env = b.env
	text, err := output(path)
	b.disk = strings.TrimSpace(text)
	return err
}

// head says where the figures come from.
func (b *bench) head() {
	kind := map[string]string{"kvm": "KVM", "tcg": "TCG, software emulation"}
	a := accel.Probe(context.Background())
	version, err := output(exec.Command("qemu-system-x86_64", "--version"))
	if err != nil {
		version = err.Error()
	}
	first, _, _ := strings.Cut(version, "\n")
	fmt.Printf("acceleration: %s (%s)\nhost: %d × %s, load %s before this\n%s, guests with %s MiB\n", kind[a.Name], a.Reason,
		runtime.NumCPU(), cpuModel(), load(), first, memoryMiB)
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(text), "model name\t: ")
	model, _, _ := strings.Cut(rest, "\n")
	return model
}

// load is how many processes wanted to run in the last minute: the figures are worth little where it is high.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// figure prints a figure with its bound.
func (b *bench) figure(met bool, format string, args ...any) {
	verdict := "met"
	if !met {
		verdict, b.ok = "missed", false
	}
	fmt.Printf("  "+format+", "+verdict+")\n", args...)
}

func output(cmd *exec.Cmd) (string, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %.2000s%.2000s", cmd, err, out, stderr.String())
	}
	return string(out), nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
