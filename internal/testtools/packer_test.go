package testtools

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// validate writes a template and has stock Packer look at it with these plugins.
func validate(t *testing.T, hcl string, plugins ...Plugin) (string, error) {
	t.Helper()
	template := filepath.Join(t.TempDir(), "image.pkr.hcl")
	if err := os.WriteFile(template, []byte(hcl), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(Packer(t), "validate", template)
	cmd.Env = PackerEnv(t, PluginDir(t, plugins...))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const everything = `
packer {
  required_plugins {
    ingot          = { source = "github.com/ingot-build/ingot", version = ">= 0.1.0" }
    windows-update = { source = "github.com/rgl/windows-update", version = ">= 0.16.0" }
  }
}
source "ingot-qemu" "image" {
  source_disk      = "base.qcow2"
  source_format    = "qcow2"
  output_directory = "out"
  communicator     = "winrm"
  winrm_password   = "a word"
}
build {
  sources = ["source.ingot-qemu.image"]
  provisioner "ingot-file" {
    source      = "/etc/hosts"
    destination = "/tmp/hosts"
    generated   = true
  }
  provisioner "ingot-shell" { inline = ["true"] }
  provisioner "ingot-powershell" {
    inline            = ["exit 0"]
    elevated_user     = build.User
    elevated_password = build.Password
  }
  provisioner "ingot-windows-restart" { restart_timeout = "10m" }
  provisioner "ingot-windows-update" { filters = ["include:$true"] }
  provisioner "windows-update" { filters = ["include:$true"] }
}
`

// TestOwnPlugins has stock Packer find every component of Ingot's plugins, ask what it can be configured with, and prepare it.
func TestOwnPlugins(t *testing.T) {
	plugins := []Plugin{IngotPlugin(t), WindowsUpdatePlugin(t)}
	if out, err := validate(t, everything, plugins...); err != nil {
		t.Errorf("packer validate: %v\n%s", err, out)
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"the builder's words", `"qcow2"`, `"vmdk"`, `source_format is "vmdk": it is one of qcow2, raw, vpc`},
		{"a provisioner's words", `"include:$true"`, `"include:"`, `filters[0] is "include:": a PowerShell expression is missing`},
		{"no such key", `winrm_password `, `winrm_passwort `, `"winrm_passwort" is not expected here`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := validate(t, strings.Replace(everything, tt.from, tt.to, 1), plugins...)
			// Packer breaks long lines, and draws a line at their left.
			if said := strings.Join(strings.Fields(strings.ReplaceAll(out, "\u2502", "")), " "); err == nil || !strings.Contains(said, tt.want) {
				t.Errorf("got %v, want %q in:\n%s", err, tt.want, out)
			}
		})
	}
}

// TestInstall holds that PluginDir lays a plugin out as Packer itself does.
func TestInstall(t *testing.T) {
	p, dir := IngotPlugin(t), t.TempDir()
	cmd := exec.Command(Packer(t), "plugins", "install", "--path", p.Path, p.Source)
	cmd.Env = PackerEnv(t, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(sums(t, dir), sums(t, PluginDir(t, p))); diff != "" {
		t.Errorf("(-Packer's +ours):\n%s", diff)
	}
}

// sums lists the files below a folder, with the content of the small ones.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		all[rel] = string(data[:min(len(data), 64)])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPluginCheck asks the plugin SDK's own tool whether Packer can take the plugin.
func TestPluginCheck(t *testing.T) {
	dir, err := cache()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "packer-sdc-v*", "packer-sdc"))
	if err != nil || len(found) == 0 {
		t.Skip("packer-sdc is not built\n  fix:  .ci/tools/build packer-sdc")
	}
	p := IngotPlugin(t)
	cmd := exec.Command(found[0], "plugin-check", filepath.Base(p.Path))
	cmd.Dir = filepath.Dir(p.Path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDescribe(t *testing.T) {
	p := IngotPlugin(t)
	got := []string{p.Source, p.Version, p.APIVersion}
	if diff := cmp.Diff([]string{"github.com/ingot-build/ingot", "0.1.0-dev", "x5.0"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out, err := exec.Command(p.Path).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "packer plugins install") {
		t.Errorf("started by hand it does not say what it is: %v\n%s", err, out)
	}
}
