package qemu

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/plugins/machine"
)

const fullBlock = `
source_disk      = "/base/debian.qcow2"
source_format    = "qcow2"
output_directory = "/staging/3f2a9c1e"
disk_size        = "30G"
vm_name          = "ingot-3f2a9c1e"
cpus             = 4
memory           = 2048
accelerator      = "tcg"
firmware         = "uefi"
ssh_username     = "builder"
ssh_timeout      = "10m"
shutdown_timeout = "90s"
`

// decode reads a source block's body as Packer core does.
func decode(t *testing.T, body string) cty.Value {
	t.Helper()
	f, diags := hclparse.NewParser().ParseHCL([]byte(body), "image.pkr.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := hcldec.Decode(f.Body, hcldec.ObjectSpec(new(FlatConfig).HCL2Spec()), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return v
}

func TestConfigFromHCL(t *testing.T) {
	core := map[string]any{"packer_on_error": "abort", "packer_build_name": "image"}
	t.Run("all keys", func(t *testing.T) {
		var c Config
		if err := c.prepare(core, decode(t, fullBlock)); err != nil {
			t.Fatal(err)
		}
		want := Config{
			SourceDisk: "/base/debian.qcow2", SourceFormat: "qcow2", OutputDirectory: "/staging/3f2a9c1e", DiskSize: "30G",
			VMName: "ingot-3f2a9c1e", CPUs: 4, Memory: 2048, Accelerator: "tcg", Firmware: "uefi", GuestOS: "linux", Devices: "virtio",
			Communicator: "ssh", SSHUsername: "builder", SSHTimeout: 10 * time.Minute, ShutdownTimeout: 90 * time.Second,
		}
		want.PackerOnError, want.PackerBuildName = "abort", "image"
		want.diskSize = 30 << 30
		if diff := cmp.Diff(want, c, cmp.AllowUnexported(Config{}), cmpopts.IgnoreFields(Config{}, "comm")); diff != "" {
			t.Error(diff)
		}
		if c.comm.SSHUsername != "builder" || c.comm.SSHTimeout != 10*time.Minute || c.comm.Type != "ssh" {
			t.Errorf("communicator got %q, %s, %q", c.comm.SSHUsername, c.comm.SSHTimeout, c.comm.Type)
		}
	})
	t.Run("defaults", func(t *testing.T) {
		var c Config
		err := c.prepare(core, decode(t, `
			source_disk = "b.vhd"
			source_format = "vpc"
			output_directory = "{{ not a template }}"`))
		if err != nil {
			t.Fatal(err)
		}
		got := []any{c.VMName, c.CPUs, c.Memory, c.Accelerator, c.Firmware, c.SSHUsername, c.SSHTimeout, c.ShutdownTimeout,
			c.OutputDirectory, c.diskSize}
		want := []any{"ingot", 2, 1024, "auto", "bios", "packer", 20 * time.Minute, 5 * time.Minute,
			"{{ not a template }}", int64(0)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWinRMConfig(t *testing.T) {
	const base = `
		source_disk      = "windows.qcow2"
		source_format    = "qcow2"
		output_directory = "out"
		communicator     = "winrm"
		winrm_password   = "a word"
	`
	for _, tc := range []struct {
		name, more string
		want       communicator.WinRM
	}{
		{"defaults", "", communicator.WinRM{WinRMHost: machine.Loopback, WinRMUser: "packer", WinRMPassword: "a word", WinRMPort: 5985,
			WinRMTimeout: 30 * time.Minute, WinRMUseNTLM: config.TriFalse}},
		{"all keys", `
			winrm_username = "builder"
			winrm_port     = 15986
			winrm_timeout  = "10m"
			winrm_use_ssl  = true
			winrm_insecure = true
			winrm_use_ntlm = true
			`, communicator.WinRM{WinRMHost: machine.Loopback, WinRMUser: "builder", WinRMPassword: "a word", WinRMPort: 5986,
			WinRMTimeout: 10 * time.Minute, WinRMUseSSL: true, WinRMInsecure: true, WinRMUseNTLM: config.TriTrue}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c Config
			for range 2 { // the core may prepare twice
				if err := c.prepare(decode(t, base+tc.more)); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tc.want, c.comm.WinRM, cmpopts.IgnoreFields(communicator.WinRM{}, "WinRMTransportDecorator")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if ntlm := c.comm.WinRMTransportDecorator != nil; ntlm != c.WinRMUseNTLM {
				t.Errorf("authenticates by NTLM: %v", ntlm)
			}
		})
	}
	t.Run("port of the guest", func(t *testing.T) {
		for more, want := range map[string]int{"": 5985, "winrm_use_ssl = true": 5986, "winrm_use_ssl = true\nwinrm_port = 443": 443} {
			var c Config
			if err := c.prepare(decode(t, base+more)); err != nil || c.guestPort() != want {
				t.Errorf("%q: got %d, %v, want %d", more, c.guestPort(), err, want)
			}
		}
	})
	t.Run("the other way's keys", func(t *testing.T) {
		var c Config
		err := c.prepare(decode(t, strings.Replace(base, `"a word"`, `""`, 1)+"ssh_timeout = \"1m\"\nssh_username = \"me\""))
		for _, want := range []string{"winrm_password is missing", `ssh_timeout has no meaning with communicator "winrm"`, "ssh_username"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to say %q", err, want)
			}
		}
	})
}

func TestConfigComplaints(t *testing.T) {
	for _, tc := range []struct{ name, line, want string }{
		{"no source", `source_disk = ""`, "source_disk is missing"},
		{"no output directory", `output_directory = ""`, "output_directory is missing"},
		{"format guessed", `source_format = ""`, `source_format is "": it is one of qcow2, raw, vpc`},
		{"unknown format", `source_format = "vmdk"`, `source_format is "vmdk"`},
		{"unknown accelerator", `accelerator = "kvm:tcg"`, `accelerator is "kvm:tcg": it is one of auto, kvm, tcg`},
		{"unknown firmware", `firmware = "coreboot"`, `firmware is "coreboot": it is one of bios, uefi`},
		{"name with an option in it", `vm_name = "a,process=b"`, `vm_name is "a,process=b"`},
		{"name too long for a host", `vm_name = "` + strings.Repeat("a", 64) + `"`, "at most 63"},
		{"no processor", `cpus = -1`, "cpus is -1"},
		{"half a processor", `cpus = 1.5`, "whole number"},
		{"little memory", `memory = 64`, "memory is 64"},
		{"size without unit", `disk_size = "30"`, "with the unit M, G or T"},
		{"size with a fraction", `disk_size = "1.5G"`, "whole number"},
		{"size of nothing", `disk_size = "0G"`, "whole number"},
		{"size that overflows", `disk_size = "99999999999T"`, "at most 64T"},
		{"timeout without unit", `ssh_timeout = "20"`, "missing unit in duration"},
		{"unknown way in", `communicator = "docker"`, `communicator is "docker": it is one of ssh, winrm`},
		{"WinRM's keys by SSH", `winrm_use_ssl = true`, `winrm_use_ssl has no meaning with communicator "ssh"`},
		{"negative timeout", `shutdown_timeout = "-1m"`, "shutdown_timeout is -1m0s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			key := strings.Fields(tc.line)[0]
			var lines []string
			for line := range strings.Lines(fullBlock) {
				if !strings.HasPrefix(line, key+" ") {
					lines = append(lines, line)
				}
			}
			var c Config
			err := c.prepare(decode(t, strings.Join(lines, "")+tc.line+"\n"))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		var c Config
		err := c.prepare(decode(t, `memory = 1`))
		for _, want := range []string{"source_disk", "source_format", "output_directory", "memory"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to name %s", err, want)
			}
		}
	})
}
