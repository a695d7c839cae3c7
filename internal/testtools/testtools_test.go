package testtools

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVersions holds that what is looked for is what .ci/tools builds.
func TestVersions(t *testing.T) {
	for folder, require := range map[string]string{
		"packer":              "require github.com/hashicorp/packer v" + PackerVersion,
		"packer-plugin-azure": "require github.com/hashicorp/packer-plugin-azure v" + AzurePluginVersion,
	} {
		mod, err := os.ReadFile(filepath.Join(moduleRoot(), ".ci", "tools", folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(mod), require+"\n") {
			t.Errorf(".ci/tools/%s/go.mod does not say %q", folder, require)
		}
	}
}

func TestPacker(t *testing.T) {
	out, err := exec.Command(Packer(t), "version").Output()
	if want := "Packer v" + PackerVersion; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}

// TestMissing holds that a tool that was not built is told with the command that builds it.
func TestMissing(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := FindPacker()
	if err == nil || !strings.Contains(err.Error(), "fix:  .ci/tools/build") {
		t.Errorf("got %v", err)
	}
}

func TestPluginDir(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := Plugin{Source: "github.com/someone/thing", Path: program, Version: "1.2.3", APIVersion: "x5.0"}
	file := filepath.Join(PluginDir(t, p), "github.com", "someone", "thing", p.FileName())
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("the program is not there to be run: %v, %v", info, err)
	}
	sum, err := os.ReadFile(file + "_SHA256SUM")
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte("#!/bin/sh\n"))); err != nil || string(sum) != want {
		t.Errorf("its checksum is %q, %v, want %q", sum, err, want)
	}
}

// TestAzurePlugin has stock Packer load the plugin from such a folder, which it does only if name, version and checksum are right.
func TestAzurePlugin(t *testing.T) {
	packer, plugin := Packer(t), AzurePlugin(t)
	template := filepath.Join(t.TempDir(), "image.pkr.hcl")
	err := os.WriteFile(template, fmt.Appendf(nil, `packer {
  required_plugins {
    azure = { source = %q, version = ">= %s" }
  }
}
`, plugin.Source, plugin.Version), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(packer, "init", template) // would go and fetch what it does not find
	cmd.Env = append(PackerEnv(t, PluginDir(t, plugin)), "HTTPS_PROXY=http://127.0.0.1:1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("packer init: %v\n%s", err, out)
	}
}
