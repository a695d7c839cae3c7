// Package testtools gives tests the programs that Ingot is held against: stock Packer, its Azure plugin, and Ingot's own plugin for
// Packer. None of them is linked. The first two are built once by .ci/tools/build, which "make test" runs; without them a test
// skips and says how to have them. Only tests and benches may import this package.
package testtools

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The versions that .ci/tools builds. A test holds them against the go.mod files there.
const (
	PackerVersion      = "1.16.0"
	AzurePluginVersion = "1.4.5" // the last one that the module proxy has; it speaks gob
)

// AzurePluginVariable names a checkout of packer-plugin-azure, or a program that was built from one. If it is set, AzurePlugin is that:
// the versions since 2.0, which speak protobuf, can be had in no other way.
const AzurePluginVariable = "INGOT_TEST_AZURE_PLUGIN"

// Packer returns the path of stock Packer.
func Packer(t testing.TB) string {
	t.Helper()
	return tool(t, "packer", PackerVersion)
}

// PackerEnv is an environment for Packer in which it finds the plugins in pluginDir alone, keeps its own files out of the user's
// home, and asks no server for news. See PluginDir.
func PackerEnv(t testing.TB, pluginDir string) []string {
	t.Helper()
	return append(os.Environ(), "PACKER_PLUGIN_PATH="+pluginDir, "PACKER_CONFIG_DIR="+t.TempDir(), "CHECKPOINT_DISABLE=1",
		"PACKER_LOG=", "PACKER_NO_COLOR=1")
}

// A Plugin is a program that Packer can load.
type Plugin struct {
	Source     string // as required_plugins spells it: github.com/hashicorp/azure
	Path       string // of the program
	Version    string // what the program tells of itself: 1.4.5
	APIVersion string // of Packer's RPC: x5.0
}

// AzurePlugin returns v1.4.5 of the Azure plugin, or the one that AzurePluginVariable names.
func AzurePlugin(t testing.TB) Plugin {
	t.Helper()
	p, err := FindAzurePlugin()
	var missing *missingError
	if errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// FindAzurePlugin is AzurePlugin for those that are no tests. The error says how to have it.
func FindAzurePlugin() (Plugin, error) {
	const source = "github.com/hashicorp/azure"
	given := os.Getenv(AzurePluginVariable)
	if given == "" {
		path, err := find("packer-plugin-azure", AzurePluginVersion)
		if err != nil {
			return Plugin{}, err
		}
		return about(source, path)
	}
	path := given
	info, err := os.Stat(given)
	if err == nil && info.IsDir() {
		path, err = goBuild(given, ".", "packer-plugin-azure",
			"-ldflags=-X github.com/hashicorp/packer-plugin-azure/version.VersionPrerelease=")
	}
	if err != nil {
		return Plugin{}, fmt.Errorf("%s: %w", AzurePluginVariable, err)
	}
	return about(source, path)
}

// Ingot returns the path of ingot, built from this tree.
func Ingot(t testing.TB) string {
	t.Helper()
	root := moduleRoot()
	noteSources(t, root, "cmd", "engine", "translate", "plugins", "internal", "go.mod")
	path, err := goBuild(root, "./cmd/ingot", "ingot")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// IngotPlugin returns Ingot's plugin for Packer, built from this tree.
func IngotPlugin(t testing.TB) Plugin {
	t.Helper()
	return own(t, "github.com/ingot-build/ingot", "./cmd/packer-plugin-ingot", "packer-plugin-ingot")
}

// WindowsUpdatePlugin returns a plugin that brings the type windows-update, which templates for Windows may use: Ingot's own provisioner
// in the place of the community's plugin.
func WindowsUpdatePlugin(t testing.TB) Plugin {
	t.Helper()
	return own(t, "github.com/rgl/windows-update", "./internal/testtools/windowsupdate", "packer-plugin-windows-update")
}

// StockPlugin returns a plugin with components that Packer has built in: a builder that writes a file, a provisioner for this machine.
func StockPlugin(t testing.TB) Plugin {
	t.Helper()
	return own(t, "example.com/acme/stock", "./internal/testtools/stock", "packer-plugin-stock")
}

// FindPacker is Packer for those that are no tests. The error says how to have it.
func FindPacker() (string, error) { return find("packer", PackerVersion) }

// tool finds what .ci/tools/build made.
func tool(t testing.TB, name, version string) string {
	t.Helper()
	path, err := find(name, version)
	if err != nil {
		t.Skip(err)
	}
	return path
}

func find(name, version string) (string, error) {
	dir, err := cache()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name+"-v"+version, name)
	if _, err := os.Stat(path); err != nil {
		return "", &missingError{fmt.Sprintf("%s v%s is not built: %v\n  fix:  .ci/tools/build", name, version, err)}
	}
	return path, nil
}

// missingError is about a tool that was not built.
type missingError struct{ text string }

func (e *missingError) Error() string { return e.text }

// cache is the folder of all that is built for tests.
func cache() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "ingot-tools"), err
}

// describe asks a plugin what it is.
func describe(t testing.TB, source, path string) Plugin {
	t.Helper()
	p, err := about(source, path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func about(source, path string) (Plugin, error) {
	out, err := exec.Command(path, "describe").Output()
	if err != nil {
		return Plugin{}, fmt.Errorf("%s describe: %w", path, err)
	}
	var about struct {
		Version    string `json:"version"`
		APIVersion string `json:"api_version"`
	}
	if err := json.Unmarshal(out, &about); err != nil || about.Version == "" || about.APIVersion == "" {
		return Plugin{}, fmt.Errorf("%s describe: got %q, %v", path, out, err)
	}
	return Plugin{Source: source, Path: path, Version: about.Version, APIVersion: about.APIVersion}, nil
}

// String names the plugin as messages do.
func (p Plugin) String() string { return fmt.Sprintf("%s v%s", p.Source, p.Version) }
