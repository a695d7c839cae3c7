package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestPreflightAsksAzure runs the whole program against an emulated Azure that has next to nothing of what the template needs.
func TestPreflightAsksAzure(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{Quota: map[string]int{"cores": 0}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	dir := t.TempDir()
	const sub = "/subscriptions/" + azuresim.DefaultSubscription
	template := strings.ReplaceAll(`{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope", "name": "web",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"SUB/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
    "vmProfile": {"vmSize": "Standard_D2s_v5"},
    "distribute": [{"type": "ManagedImage", "runOutputName": "m", "location": "westeurope",
      "imageId": "SUB/resourceGroups/images/providers/Microsoft.Compute/images/web"}]
  }
}
`, "SUB", sub)
	if err := os.WriteFile(filepath.Join(dir, "web.json"), []byte(template), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(env []string, args ...string) (code int, stdout, stderr string) {
		t.Helper()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Args = append([]string{"ingot", "preflight", "web.json"}, args...)
		cmd.Dir = dir
		cmd.Env = slices.Concat([]string{"PATH=/nowhere", "XDG_CACHE_HOME=" + dir, "XDG_STATE_HOME=" + dir}, env)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err = cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), out.String(), errs.String()
	}
	code, out, errs := run(sim.Environ())
	for _, want := range []string{
		`web.json:6:29: error: the quota "cores" in westeurope has no room for 2 more: 0 of 0 are used [ING4507]`,
		"web.json:8:18: error: the resource group \"" + sub + "/resourceGroups/images\" does not exist [ING4509]",
		"  at:   properties.distribute[0].imageId\n", "  fix:  make it: az group create --name images\n",
		"\nnot ready to build on Azure as the system-assigned managed identity of this machine: ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in:\n%s", want, out)
		}
	}
	if code != 4 || errs != "" {
		t.Errorf("code %d\n%s", code, errs)
	}

	code, out, errs = run(sim.Environ(), "--output", "json")
	var report struct {
		Ready    bool
		Findings []struct{ Code, Path string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 4 || report.Ready || len(report.Findings) != 2 {
		t.Errorf("code %d, %v\n%s%s", code, err, out, errs)
	}
	if got := sim.Resources(); len(got) != 0 {
		t.Errorf("preflight has made %v", got)
	}

	// Nobody to be, and no Azure to ask, are said as such.
	for name, tt := range map[string]struct {
		env  []string
		want string
	}{
		"nobody": {[]string{"ARM_METADATA_URL=" + sim.URL(), "SSL_CERT_FILE=" + sim.CAFile(), "AZURE_TOKEN_CREDENTIALS=AzureCLICredential"},
			"error: the user of the Azure CLI got no token"},
		"http":           {[]string{"ARM_METADATA_URL=" + sim.PlainURL()}, "describes no cloud\n  why:  it is no https URL"},
		"no certificate": {[]string{"ARM_METADATA_URL=" + sim.URL()}, "describes no cloud\n  why:  "},
	} {
		if code, out, errs := run(tt.env); code != 4 || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: code %d\n%s%s", name, code, out, errs)
		}
	}
}
