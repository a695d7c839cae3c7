package cli

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestAzureManagedImage is the common build: a marketplace image, a script, a managed image. Nothing else is left.
func TestAzureManagedImage(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	out := w.build(ExitDone, w.template(jammy, hello, managedImage("web"), ""))
	for _, want := range []string{
		"hello from packer", "building in subscription " + azuresim.DefaultSubscription + " as the system-assigned managed identity",
		"the source image's exact version is 22.04.202410020", "boot: done", "generalize: done", "shutdown: done",
		"web (ManagedImage)", azureGroups + "images/providers/Microsoft.Compute/images/web",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	w.left("/images/web")
	image := w.sim.Resource(azureGroups + "images/providers/Microsoft.Compute/images/web")
	if props := image["properties"].(map[string]any); props["hyperVGeneration"] != "V1" {
		t.Errorf("the image is %v", props)
	}
}

// TestAzureFailure has a customizer that fails: all is removed, and the script's place is told.
func TestAzureFailure(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	out := w.build(ExitFailed, w.template(jammy, fails, managedImage("web"), ""))
	if !strings.Contains(out, `customizer "nginx" exited with 7`) || !strings.Contains(out, "web.json:9:") {
		t.Errorf("it says:\n%s", out)
	}
	w.left()
}
