package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// sharedImage is a distributor that makes an explicit version.
func sharedImage(name, number string, regions ...string) string {
	var list []string
	for _, r := range regions {
		list = append(list, `{"name": "`+r+`"}`)
	}
	return `{"type": "SharedImage", "runOutputName": "` + name + `", "targetRegions": [` + strings.Join(list, ", ") + `],
      "galleryImageId": "` + sharedDefinition + `/versions/` + number + `"}`
}

const sharedDefinition = azureGroups + "images/providers/Microsoft.Compute/galleries/shared/images/web"

func (w *azureWorld) sharedGallery() {
	w.Helper()
	const api, gallery = "2024-03-03", "/providers/Microsoft.Compute/galleries/shared"
	w.put("images", gallery, api, `{"location": "westeurope"}`)
	w.put("images", gallery+"/images/web", api, `{"location": "westeurope", "properties": {"osType": "Linux", "osState": "Generalized",
		"hyperVGeneration": "V1", "identifier": {"publisher": "Contoso", "offer": "web", "sku": "web"}}}`)
}

// TestAzureDistributionGoesOn: a region fails for good, its run is partly done, and goes on from the snapshot later.
func TestAzureDistributionGoesOn(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "northeurope", Times: azuresim.Always, Code: "ReplicationFailed", Message: "no room there"}}})
	w.sharedGallery()
	template := w.template(jammy, hello, sharedImage("version", "1.0.0", "westeurope", "northeurope")+","+managedImage("web"), "")
	out := w.build(ExitPartly, template)
	for _, want := range []string{
		"image version 1.0.0 did not reach northeurope (no room there); it can be used in westeurope",
		"ingot distribute ", "--retry-failed", "web (ManagedImage)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if out, code := w.run("distribute", "latest"); code != ExitHost || !strings.Contains(out, "all that it has not distributed has failed") {
		t.Errorf("without --retry-failed: exit code %d\n%s", code, out)
	}
	w.sim.SetFaults()
	out, code := w.run("distribute", "latest", "--retry-failed")
	if code != ExitDone || !strings.Contains(out, "version (SharedImage)") || !strings.Contains(out, "web (ManagedImage)") {
		t.Fatalf("exit code %d\n%s\n%s", code, out, w.calls())
	}
	there := w.sim.Resources() // in no order: destinations are served at once
	slices.Sort(there)
	at := azureGroups + "images"
	if d := cmp.Diff([]string{at, strings.TrimSuffix(sharedDefinition, "/images/web"), sharedDefinition, sharedDefinition + "/versions/1.0.0",
		at + "/providers/Microsoft.Compute/images/web"}, there); d != "" {
		t.Error(d)
	}
	if out, code := w.run("clean"); code != ExitDone || !strings.Contains(out, "nothing was left behind") {
		t.Errorf("clean: exit code %d\n%s", code, out)
	}
	if out, code := w.run("distribute", "latest"); code != ExitHost || !strings.Contains(out, "all of it is distributed") {
		t.Errorf("once more: exit code %d\n%s", code, out)
	}
	if out, _ := w.run("runs"); !strings.Contains(out, "Succeeded") {
		t.Errorf("the run is recorded as:\n%s", out)
	}
}

// TestNothingToDistribute: a run that was no build in Azure says so.
func TestNothingToDistribute(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.build(ExitFailed, w.template(jammy, fails, managedImage("web"), ""))
	if out, code := w.run("distribute", "latest"); code != ExitHost || !strings.Contains(out, "it did not get as far as its distribution") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if out, code := w.run("distribute", "ffff"); code != ExitUsage || !strings.Contains(out, "ffff") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestAzureDistributionIsKilled: another build comes between, which clears up after the dead; what the image is made of stays.
func TestAzureDistributionIsKilled(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "northeurope", Delay: time.Second, Times: azuresim.Always}}})
	w.sharedGallery()
	w.killAt("replicate version 1.0.0 to westeurope: 100%", "build", "--on", "azure",
		w.template(jammy, hello, sharedImage("version", "1.0.0", "westeurope", "northeurope"), ""))
	runs, err := filepath.Glob(filepath.Join(w.home, ".local/state/ingot/runs/*/distribution.json"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("journals: %v, %v", runs, err)
	}
	run := filepath.Base(filepath.Dir(runs[0]))
	w.build(ExitFailed, w.template(jammy, fails, managedImage("web"), ""))
	if out, code := w.run("clean", "--on", "azure"); code != ExitDone || !strings.Contains(out, "kept is for: ingot distribute "+run) {
		t.Errorf("clean: exit code %d\n%s", code, out)
	}
	out, code := w.run("distribute", run)
	if code != ExitDone || !strings.Contains(out, "version (SharedImage)") || strings.Contains(out, "customize[0]") {
		t.Fatalf("exit code %d\n%s\n%s", code, out, w.calls())
	}
	w.left("/galleries/shared", "/images/web", "/versions/1.0.0")
}
