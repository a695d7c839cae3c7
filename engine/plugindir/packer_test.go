package plugindir

import (
	"os/exec"
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
