package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestAzureNoSource names an image that there is not: nothing is made, and the finding is at its place.
func TestAzureNoSource(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	out := w.build(ExitTemplate, w.template(strings.Replace(jammy, "latest", "1.2.3", 1), hello, managedImage("web"), ""))
	if !strings.Contains(out, "web.json:8:") ||
		!strings.Contains(out, `the marketplace has no image "Canonical:0001-com-ubuntu-server-jammy:22_04-lts:1.2.3" in westeurope`) {
		t.Errorf("it says:\n%s", out)
	}
	w.left()
}

// TestAzureDataDisks builds an image with disks beside that of the OS.
func TestAzureDataDisks(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	file := w.template(jammy, hello, managedImage("web"), `, "additionalDataDisks": [{"sizeGB": 8}, {"sizeGB": 16}]`)
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(text), "2024-02-01", "2025-10-01", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.build(ExitDone, file)
	w.left("/images/web")
	image := w.sim.Resource(azureGroups + "images/providers/Microsoft.Compute/images/web")
	disks, _ := image["properties"].(map[string]any)["storageProfile"].(map[string]any)["dataDisks"].([]any)
	if len(disks) != 2 {
		t.Errorf("the image has the data disks %v", disks)
	}
}

// TestAzureRefusals are what is typed that cannot be meant, and what is missing on this machine.
func TestAzureRefusals(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	file := w.template(jammy, hello, managedImage("web"), "")
	for _, tt := range []struct {
		name  string
		env   string // one more variable
		flags []string
		code  int
		want  string
	}{
		{"flag of this machine", "", []string{"--on", "azure", "--cpus", "2"}, ExitUsage, "--cpus says nothing to a build with --on azure"},
		{"flag of Azure", "", []string{"--vm-size", "Standard_D2s_v5"}, ExitUsage, "--vm-size says nothing to a build with --on local"},
		{"place", "", []string{"--on", "aws"}, ExitUsage, "allowed: local, qemu, fast, nspawn, auto, azure"},
		{"no plugin", "PACKER_PLUGIN_PATH=" + t.TempDir(), []string{"--on", "azure"}, ExitHost,
			"ingot plugins install github.com/hashicorp/azure '~> 2.5'"},
		{"nobody", "AZURE_TOKEN_CREDENTIALS=EnvironmentCredential", []string{"--on", "azure"}, ExitHost, "check AZURE_TENANT_ID, AZURE_CLIENT_ID"},
		{"port", "INGOT_AZURE_SSH_PORT=ssh", []string{"--on", "azure"}, ExitHost, `INGOT_AZURE_SSH_PORT is "ssh", which is no port`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := w.ingot(t.Context(), append([]string{"build", file}, tt.flags...)...)
			if tt.env != "" {
				cmd.Env = append(cmd.Env, tt.env)
			}
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
				t.Errorf("exit code %d, want %d with %q\n%s", code, tt.code, tt.want, out)
			}
		})
	}
	w.left()
}
