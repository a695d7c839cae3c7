package testtools

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"testing"
)

// PluginDir makes a folder with plugins as "packer plugins install" lays them out, each beside its checksum. It is gone when the
// test ends.
func PluginDir(t testing.TB, plugins ...Plugin) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range plugins {
		if err := p.Install(dir); err != nil {
			t.Fatalf("install %s: %v", p, err)
		}
	}
	return dir
}

// FileName is the name that Packer looks for: packer-plugin-azure_v1.4.5_x5.0_linux_amd64.
func (p Plugin) FileName() string {
	name := fmt.Sprintf("packer-plugin-%s_v%s_%s_%s_%s", path.Base(p.Source), p.Version, p.APIVersion, runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// Install puts the plugin into a folder as "packer plugins install" does.
func (p Plugin) Install(dir string) error {
	data, err := os.ReadFile(p.Path)
	if err != nil {
		return err
	}
	folder := filepath.Join(dir, filepath.FromSlash(p.Source))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file := filepath.Join(folder, p.FileName())
	if err := os.WriteFile(file, data, 0o755); err != nil {
		return err
	}
	return os.WriteFile(file+"_SHA256SUM", fmt.Appendf(nil, "%x", sha256.Sum256(data)), 0o644)
}
