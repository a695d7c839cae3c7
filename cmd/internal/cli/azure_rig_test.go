package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
	"github.com/ingot-build/ingot/internal/testtools"
)

// azureWorld is an emulated Azure, and a user with the plugin who builds there.
type azureWorld struct {
	*testing.T
	sim  *azuresim.Sim
	home string
	env  []string
}

const azureGroups = "/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/"

// lightPort is where light guests listen: not on 22, which not everybody may.
const lightPort = 2222

func newAzureWorld(t *testing.T, o azuresim.Options) *azureWorld {
	t.Helper()
	plugin := testtools.AzurePlugin(t)
	if o.Machines == nil {
		o.Machines = &lightguest.Machines{Dir: t.TempDir(), Port: lightPort}
	}
	o.DeleteWait = 10 * time.Second // plugins wait as long between two tries
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	home, err := os.MkdirTemp("", "home") // short enough for the sockets of plugins
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	w := &azureWorld{T: t, sim: sim, home: home}
	w.env = slices.Concat(os.Environ(), sim.Environ(), []string{
		actAsIngot + "=1", "HOME=" + home, "XDG_STATE_HOME=", "XDG_DATA_HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=",
		"PACKER_PLUGIN_PATH=" + testtools.PluginDir(t, plugin), fmt.Sprintf("INGOT_AZURE_SSH_PORT=%d", lightPort), "INGOT_AZURE_PACE=20ms",
		preflightEnv + "=off", // which has tests of its own
	})
	w.put("images", "", "2024-03-01", `{"location": "westeurope"}`)
	return w
}

// template writes an image template. Distributors and what else there is are JSON.
func (w *azureWorld) template(source, customize, distribute, more string) string {
	w.Helper()
	file := filepath.Join(w.home, "web.json")
	text := `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates",
  "apiVersion": "2024-02-01",
  "name": "web",
  "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"` + azureGroups + `images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aib": {}}},
  "properties": {
    "source": ` + source + `,
    "customize": [` + customize + `],
    "distribute": [` + distribute + `]` + more + `
  }
}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return file
}

const (
	jammy = `{"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts", "version": "latest"}`
	hello = `{"type": "Shell", "name": "hello", "inline": ["echo hello from $USER", "sudo sh -c 'echo done > /etc/built'"]}`
	fails = `{"type": "Shell", "name": "nginx", "inline": ["echo going to fail", "exit 7"]}`
)

// managedImage is a distributor.
func managedImage(name string) string {
	return `{"type": "ManagedImage", "runOutputName": "` + name + `", "location": "westeurope",
      "imageId": "` + azureGroups + `images/providers/Microsoft.Compute/images/` + name + `"}`
}

// ingot is one run of the program.
func (w *azureWorld) ingot(ctx context.Context, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = w.env
	return cmd
}

// run gives what a terminal would show, and the exit code.
func (w *azureWorld) run(args ...string) (string, int) {
	w.Helper()
	out, err := w.ingot(w.Context(), args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	code := 0
	if exit != nil {
		code = exit.ExitCode()
	}
	return string(out), code
}

// build has to end with an exit code.
func (w *azureWorld) build(want int, template string, flags ...string) string {
	w.Helper()
	out, code := w.run(append([]string{"build", "--on", "azure", template}, flags...)...)
	if code != want {
		w.Fatalf("exit code %d, want %d\n%s\n%s", code, want, out, w.calls())
	}
	return out
}

func (w *azureWorld) calls() string {
	var b strings.Builder
	for _, c := range w.sim.Calls() {
		fmt.Fprintf(&b, "%s %s %d %s\n", c.Method, c.Path, c.Status, c.Query)
	}
	return b.String()
}

// put makes a resource, as a person does before a build. path is below the group; "" is the group itself.
func (w *azureWorld) put(group, path, version, body string) {
	w.Helper()
	w.do(http.MethodPut, group, path, version, body)
}

func (w *azureWorld) do(method, group, path, version, body string) {
	w.Helper()
	address := w.sim.URL() + azureGroups + group + path + "?api-version=" + version
	req, err := http.NewRequestWithContext(w.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token())
	resp, err := w.sim.Client().Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		var said bytes.Buffer
		_, _ = said.ReadFrom(resp.Body)
		w.Fatalf("%s %s: %s\n%s", method, path, resp.Status, &said)
	}
}

func (w *azureWorld) token() string {
	w.Helper()
	var endpoint, header string
	for _, v := range w.sim.Environ() {
		if value, ok := strings.CutPrefix(v, "IDENTITY_ENDPOINT="); ok {
			endpoint = value
		}
		if value, ok := strings.CutPrefix(v, "IDENTITY_HEADER="); ok {
			header = value
		}
	}
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, endpoint+"?api-version=2019-08-01&resource="+w.sim.URL(), nil)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("X-IDENTITY-HEADER", header)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.Token == "" {
		w.Fatalf("no token: %s, %v", resp.Status, err)
	}
	return said.Token
}

// left checks what there is in Azure, by the ends of ids, beside the group of the images.
func (w *azureWorld) left(want ...string) {
	w.Helper()
	want = append([]string{"/resourceGroups/images"}, want...)
	got := w.sim.Resources()
	same := len(got) == len(want)
	for _, one := range want { // in any order: builds may run side by side
		same = same && slices.ContainsFunc(got, func(id string) bool { return strings.HasSuffix(id, one) })
	}
	if !same {
		w.Errorf("there is %q, want %q\n%s", got, want, w.calls())
	}
	if out, code := w.run("clean"); code != ExitDone || !strings.Contains(out, "nothing was left behind") {
		w.Errorf("clean: exit code %d\n%s", code, out)
	}
}
