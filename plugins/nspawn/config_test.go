package nspawn

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

var whole = map[string]any{"source_disk": "base.qcow2", "source_format": "qcow2", "output_directory": "output"}

func TestDefaults(t *testing.T) {
	var c Config
	if err := c.prepare(whole); err != nil {
		t.Fatal(err)
	}
	if c.VMName != "ingot" || c.CPUs != 2 || c.Memory != 1024 || c.Firmware != "bios" || c.SSHUsername != "packer" ||
		c.SSHTimeout != 5*time.Minute || c.ShutdownTimeout != 5*time.Minute {
		t.Errorf("defaults: %+v", c)
	}
}

func TestConfigRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		set  map[string]any
		want string
	}{
		"no disk":              {map[string]any{"source_disk": ""}, "source_disk is missing"},
		"no folder":            {map[string]any{"output_directory": ""}, "output_directory is missing"},
		"format to be guessed": {map[string]any{"source_format": ""}, `source_format is "": it is one of qcow2, raw, vpc`},
		"firmware":             {map[string]any{"firmware": "coreboot"}, `firmware is "coreboot": it is one of bios, uefi`},
		"capital letters":      {map[string]any{"vm_name": "Ingot"}, `vm_name is "Ingot"`},
		"name too long":        {map[string]any{"vm_name": strings.Repeat("a", 61)}, "at most 60"},
		"no processor":         {map[string]any{"cpus": -1}, "cpus is -1"},
		"no memory":            {map[string]any{"memory": 64}, "at least 128 (MiB)"},
		"past":                 {map[string]any{"ssh_timeout": "-1s"}, "ssh_timeout is -1s"},
		"past, at the end":     {map[string]any{"shutdown_timeout": "-1s"}, "shutdown_timeout is -1s"},
		"size without unit":    {map[string]any{"disk_size": "30"}, `disk_size is "30"`},
		"two commands":         {map[string]any{"metadata_relay": "a\nb"}, "metadata_relay has a line break"},
		"layer without key":    {map[string]any{"layer": "l"}, "ssh_private_key is missing"},
		"key without layer":    {map[string]any{"ssh_private_key": "k"}, "ssh_private_key has no meaning without layer"},
		"no key":               {map[string]any{"layer": "l", "ssh_private_key": "k"}, "ssh_private_key is no key"},
		"of a VM":              {map[string]any{"accelerator": "kvm"}, `unknown configuration key: '"accelerator"'`},
	} {
		t.Run(name, func(t *testing.T) {
			set := maps.Clone(whole)
			maps.Copy(set, tt.set)
			if err := new(Config).prepare(set); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The name that a build has by default, and those that the engine gives, are names of a container.
func TestNames(t *testing.T) {
	for _, name := range []string{"ingot", "ingot-0badcafe-validate"} {
		set := maps.Clone(whole)
		if set["vm_name"] = name; new(Config).prepare(set) != nil {
			t.Errorf("%q is refused", name)
		}
	}
}

// What a container is made of: a seed where it is new, and no cloud-init where it was set up before.
func TestSpec(t *testing.T) {
	var c Config
	set := maps.Clone(whole)
	maps.Copy(set, map[string]any{"cpus": 3, "memory": 512, "metadata_relay": "relay here"})
	if err := c.prepare(set); err != nil {
		t.Fatal(err)
	}
	g := newGuest(&c, &recorder{}, func(error) {})
	g.dir, g.grow = "/build", 1<<30
	s := g.spec()
	if s.Name != "ingot" || s.Dir != "/build" || s.Disk != "disk.qcow2" || s.Grow != 1<<30 || s.CPUs != 3 || s.MemoryMiB != 512 ||
		s.MetadataRelay != "relay here" || s.Seed != "/build/seed" || s.Stays || s.Hostname != "ingot-build" {
		t.Errorf("new: %+v", s)
	}
	if got, want := strings.Join(s.Parameters, " "), "ds=nocloud;s=file://"+container.SeedMount+"/"; got != want {
		t.Errorf("parameters of a new one: %q, want %q", got, want)
	}
	g.layer = "/layer"
	c.PackerOnError = "abort"
	if s = g.spec(); s.Seed != "" || !s.Stays || strings.Join(s.Parameters, " ") != "cloud-init=disabled" {
		t.Errorf("from a layer: %+v", s)
	}
}
