// Package rig is a small Azure on this machine, with what a build needs in it, and an Ingot that can reach nothing else: for programs
// that prove something about whole builds on Azure. See azuresim for what the Azure is.
package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
)

// Options say what a rig is made of.
type Options struct {
	Ingot   string           // path of the program
	Plugins string           // folder with the Azure plugin, as Packer looks for it
	Sim     azuresim.Options // Machines are light guests where nothing else is said
	VHD     bool             // the image template has a VHD distributor too; Sim.Blobs keeps it
	Inline  string           // what the customizer runs; "" writes a file
}

// SSHPort is where guests listen: on 22 they need the right to, and that nobody else does.
const SSHPort = 2222

// A Rig is safe for concurrent use.
type Rig struct {
	Sim  *azuresim.Sim
	Dir  string // all that the programs write; removed by Close
	opts Options
	env  []string

	names  names
	before map[string]string // the resources that were there before any build, with their documents
}

// New starts the Azure, and makes in it what was there before the build: the places that images go to, and things of other people.
func New(ctx context.Context, o Options) (r *Rig, err error) {
	dir, err := os.MkdirTemp("", "ingot-rig-")
	if err != nil {
		return nil, err
	}
	r = &Rig{Dir: dir, opts: o, names: newNames()}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if o.Sim.Machines == nil {
		o.Sim.Machines = &lightguest.Machines{Dir: dir, Port: SSHPort}
	}
	if r.Sim, err = azuresim.Start(o.Sim); err != nil {
		return nil, fmt.Errorf("start the emulated Azure: %w", err)
	}
	r.env = r.environ()
	if err := r.furnish(ctx); err != nil {
		return nil, fmt.Errorf("furnish the emulated Azure: %w", err)
	}
	if err := os.WriteFile(r.Template(), []byte(r.template()), 0o600); err != nil {
		return nil, err
	}
	r.before = r.resources()
	return r, nil
}

// Close ends the Azure and removes the rig's files.
func (r *Rig) Close() error {
	var err error
	if r.Sim != nil {
		err = r.Sim.Close()
	}
	return errors.Join(err, os.RemoveAll(r.Dir))
}

// Template is the path of the image template that builds build.
func (r *Rig) Template() string { return filepath.Join(r.Dir, "web.json") }

// Environ is the environment of programs that are to reach the rig and nothing else.
func (r *Rig) Environ() []string { return slices.Clone(r.env) }

// environ is that of the programs: their own folders, the emulated Azure, and little of what the caller has.
func (r *Rig) environ() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(r.Dir, "home"), "TMPDIR=" + filepath.Join(r.Dir, "tmp"),
		"PACKER_PLUGIN_PATH=" + r.opts.Plugins, "PACKER_CONFIG_DIR=" + filepath.Join(r.Dir, "packer"), "CHECKPOINT_DISABLE=1",
		"INGOT_AZURE_SSH_PORT=" + strconv.Itoa(SSHPort), "INGOT_AZURE_PATIENCE=20s", "INGOT_AZURE_PREFLIGHT=off", "NO_COLOR=1", "LC_ALL=C.UTF-8",
	}
	for _, name := range []string{"STATE", "DATA", "CACHE", "CONFIG"} {
		env = append(env, "XDG_"+name+"_HOME="+filepath.Join(r.Dir, "xdg", name))
	}
	for _, dir := range []string{"home", "tmp"} {
		_ = os.MkdirAll(filepath.Join(r.Dir, dir), 0o700) // a program that misses it says so
	}
	return append(env, r.Sim.Environ()...)
}
