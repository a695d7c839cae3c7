package plugindir

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/internal/testtools"
)

// TestPackerAgrees has stock Packer list a folder with all sorts of files: it must find what this package does not
// refuse.
func TestPackerAgrees(t *testing.T) {
	packer := testtools.Packer(t)
	folder := allSorts(t, "github.com/acme/cloud")
	cmd := exec.Command(packer, "plugins", "installed")
	cmd.Env = testtools.PackerEnv(t, folder)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := slices.DeleteFunc(strings.Fields(string(out)), func(path string) bool {
		// "installed" lists plugins of every version of the API; a build takes only those that Packer can talk to.
		return strings.Contains(path, "_x6.0_") || strings.Contains(path, "_x5.1_")
	})
	list, err := List(t.Context(), newHost(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, in := range list {
		if in.Refused == "" {
			ours = append(ours, in.Path)
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("plugins (-Packer +Ingot):\n%s", diff)
	}
}

// TestSharedFolder has each of the two programs install a plugin, and the other one find it.
func TestSharedFolder(t *testing.T) {
	packer := testtools.Packer(t)
	program := filepath.Join(t.TempDir(), "mine")
	write(t, program, script("1.2.3-dev", "x5.0", "/dev/null"))
	const source = "example.com/me/mine"
	run := func(folder string, args ...string) string {
		t.Helper()
		cmd := exec.Command(packer, append([]string{"plugins"}, args...)...)
		cmd.Env = testtools.PackerEnv(t, folder)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("packer plugins %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	t.Run("by Packer", func(t *testing.T) {
		folder := t.TempDir()
		run(folder, "install", "--path", program, source)
		if got := usable(t, folder); got != "mine 1.2.3-dev" {
			t.Errorf("Ingot finds %q", got)
		}
	})
	t.Run("by Ingot", func(t *testing.T) {
		i := &Installer{Folder: t.TempDir(), Host: newHost(t)}
		src, err := ParseSource(source)
		if err != nil {
			t.Fatal(err)
		}
		r, err := i.InstallFile(t.Context(), src, program)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(run(i.Folder, "installed")); got != r.Plugin.Path {
			t.Errorf("Packer finds %q, want %q", got, r.Plugin.Path)
		}
	})
}
