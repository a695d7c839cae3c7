// Package rig is what measurements of whole builds share: folders of their own, with a base image and no layers; image templates whose last
// step is edited; builds whose lines are timed; stock Packer's build of the same; figures with their bounds.
package rig

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

// Rig is one set of measurements.
type Rig struct {
	Dir    string // of everything, state and layers included; removed by Close
	Ingot  string
	Disk   string // the base image's
	Env    []string
	Memory int64 // most that an Ingot process held, in bytes, without machines
	Missed bool  // a bound was missed
}

// MemoryMiB is what guests have.
const MemoryMiB = "1024"

// Rounds is how often a short measurement is made. The least counts: what else the machine does only adds.
const Rounds = 3

// patience bounds one build.
const patience = 20 * time.Minute

// Prepare makes folders for state, layers and results, which begin empty. The base image is the one that stands for Debian 12 in them.
func Prepare(ingot, image string) (r *Rig, err error) {
	r = &Rig{}
	if r.Ingot, err = filepath.Abs(ingot); err != nil {
		return nil, err
	}
	disk := image
	if _, err := os.Stat(image); err != nil {
		path, err := Output(exec.Command(r.Ingot, "image", "path", image))
		if err != nil {
			return nil, err
		}
		disk = strings.TrimSpace(path)
	}
	if r.Dir, err = os.MkdirTemp("", "ingot-bench-"); err != nil {
		return nil, err
	}
	r.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(r.Dir, "state"), "XDG_CACHE_HOME="+filepath.Join(r.Dir, "cache"),
		"XDG_DATA_HOME="+filepath.Join(r.Dir, "data"), "INGOT_LAYERS=on", "PACKER_PLUGIN_PATH="+filepath.Join(r.Dir, "plugins"),
		"PACKER_CONFIG_DIR="+r.Dir, "CHECKPOINT_DISABLE=1")
	if err := r.addImage(disk); err != nil {
		os.RemoveAll(r.Dir)
		return nil, err
	}
	return r, nil
}

// Close removes everything.
func (r *Rig) Close() { os.RemoveAll(r.Dir) }

// addImage makes a disk the only base image.
func (r *Rig) addImage(disk string) error {
	add := exec.Command(r.Ingot, "image", "add", "debian-12", disk, "--urn", "Debian:debian-12:12")
	add.Env = r.Env
	if _, err := Output(add); err != nil {
		return err
	}
	path := exec.Command(r.Ingot, "image", "path", "debian-12")
	path.Env = r.Env
	text, err := Output(path)
	r.Disk = strings.TrimSpace(text)
	return err
}

// Head says where the figures come from.
func (r *Rig) Head() {
	kind := map[string]string{"kvm": "KVM", "tcg": "TCG, software emulation"}
	a := accel.Probe(context.Background())
	version, err := Output(exec.Command("qemu-system-x86_64", "--version"))
	if err != nil {
		version = err.Error()
	}
	first, _, _ := strings.Cut(version, "\n")
	fmt.Printf("acceleration: %s (%s)\nhost: %d × %s, load %s before this\n%s, guests with %s MiB\n", kind[a.Name], a.Reason,
		runtime.NumCPU(), cpuModel(), load(), first, MemoryMiB)
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

// Figure prints a figure with its bound.
func (r *Rig) Figure(met bool, format string, args ...any) {
	verdict := "met"
	if !met {
		verdict, r.Missed = "missed", true
	}
	fmt.Printf("  "+format+", "+verdict+")\n", args...)
}

// Output runs a program to its end and gives what it prints.
func Output(cmd *exec.Cmd) (string, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %.2000s%.2000s", cmd, err, out, stderr.String())
	}
	return string(out), nil
}

// Seconds is a time as figures show it.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
