package examples

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ingot-build/ingot/internal/testtools"
)

// TestPacker has stock Packer look at the folder that each example becomes: it is written as "packer fmt" writes, and valid with
// Ingot's plugin. That Packer builds the same image of it as Ingot is tested where machines are booted, in cmd/ingot.
func TestPacker(t *testing.T) {
	packer := testtools.Packer(t)
	env := testtools.PackerEnv(t, testtools.PluginDir(t, testtools.IngotPlugin(t)))
	for _, name := range names(t) {
		folder := filepath.Join(name, "want")
		for _, args := range [][]string{
			{"fmt", "-check", "-diff", "-recursive", folder},
			{"validate", "-var", "source_disk=base.qcow2", folder},
		} {
			t.Run(name+" "+args[0], func(t *testing.T) {
				cmd := exec.Command(packer, args...)
				cmd.Env = env
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("packer %s: %v\n%s", args[0], err, out)
				}
			})
		}
	}
}
