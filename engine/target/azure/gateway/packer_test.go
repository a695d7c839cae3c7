package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
	"github.com/ingot-build/ingot/engine/target/azure/gateway"
	"github.com/ingot-build/ingot/internal/testtools"
)

// trueSecret is what the Account signs in with. The plugin must never see it.
const trueSecret = "the-true-secret-of-the-account"

// rig is stock Packer with HashiCorp's plugin, an emulated Azure, and a gateway between them.
type rig struct {
	testing.TB
	sim       *azuresim.Sim
	gateway   *gateway.Gateway
	plugin    testtools.Plugin
	env       []string
	variables map[string]string // how the plugin gets to Azure

	mu       sync.Mutex
	recorded []string // ids, in the order of recording
	late     []string // ids that were there when they were recorded
	gone     []string
	said     []string
	tokens   []string // that the Account was given
	peak     []string // what was there while a script ran
	leaks    []string // places where the plugin could have read a credential
}

func newRig(t testing.TB, o azuresim.Options) *rig {
	t.Helper()
	r := &rig{TB: t, plugin: testtools.AzurePlugin(t)}
	if o.Machines == nil {
		o.Machines = &lightguest.Machines{Dir: t.TempDir(), Port: 2222, Log: r.running}
	}
	o.ClientSecret, o.DeleteWait = trueSecret, 10*time.Second // the old plugin waits as long between two tries
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r.sim = sim
	to := account(t, sim)
	to.Credential = &watchedCredential{to.Credential, r}
	r.gateway, err = gateway.Start(t.Context(), gateway.Options{
		Account: to, Plugin: r.plugin.Version, Dir: t.TempDir(), Created: r.created,
		Gone: func(id string) { r.note(&r.gone, id) }, Say: func(line string) { r.note(&r.said, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.gateway.Close(); err != nil {
			t.Error(err)
		}
	})
	r.variables = r.gateway.Variables()
	r.env = append(testtools.PackerEnv(t, testtools.PluginDir(t, r.plugin)), "AZURE_CLIENT_SECRET="+trueSecret, "PACKER_LOG=1")
	r.env = append(r.env, r.gateway.Environ()...)
	r.env = append(r.env, "PATH="+filepath.Dir(testtools.Packer(t))+":"+os.Getenv("PATH"))
	return r
}

// account is a service principal in the emulator.
func account(t testing.TB, sim *azuresim.Sim) *azurearm.Account {
	t.Helper()
	client := sim.Client()
	t.Cleanup(client.CloseIdleConnections)
	options := policy.ClientOptions{Transport: client, Cloud: cloud.Configuration{
		ActiveDirectoryAuthorityHost: sim.URL(),
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: sim.URL(), Audience: sim.URL()},
		},
	}}
	credential, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222", trueSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	return &azurearm.Account{Subscription: azuresim.DefaultSubscription, Credential: credential, Client: options}
}

// created is the ledger: it notes what is recorded, and whether that was in time.
func (r *rig) created(_ context.Context, id string) error {
	if r.sim.Resource(id) != nil {
		r.note(&r.late, id)
	}
	r.note(&r.recorded, id)
	return nil
}

func (r *rig) note(list *[]string, s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*list = append(*list, s)
}

// source is a source block whose way to Azure is what the gateway says.
func (r *rig) source(more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "packer {\n  required_plugins {\n    azure = { source = %q, version = %q }\n  }\n}\n", r.plugin.Source, r.plugin.Version)
	b.WriteString("source \"azure-arm\" \"image\" {\n")
	for name, value := range r.variables {
		fmt.Fprintf(&b, "  %s = %q\n", name, value)
	}
	b.WriteString(more + "\n}\n")
	return b.String()
}

const ubuntu = `
  location        = "westeurope"
  vm_size         = "Standard_D2s_v5"
  ssh_port        = 2222 # no right is needed to listen there
  ssh_username    = "packer"
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts"
`

// build runs Packer, and gives what it said.
func (r *rig) build(source, provisioners string) (string, error) {
	r.Helper()
	file := filepath.Join(r.TempDir(), "image.pkr.hcl")
	text := source + "build {\n  sources = [\"source.azure-arm.image\"]\n" + provisioners + "\n}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	cmd := exec.CommandContext(r.Context(), testtools.Packer(r), "build", "-color=false", file)
	cmd.Env, cmd.Dir = r.env, filepath.Dir(file) // Packer writes a log there when a plugin crashes
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *rig) put(path, version, body string) {
	r.Helper()
	r.send(http.MethodPut, path, version, body)
}

// send calls the emulator as a person does.
func (r *rig) send(method, path, version, body string) {
	r.Helper()
	scopes := policy.TokenRequestOptions{Scopes: []string{r.sim.URL() + "/.default"}}
	token, err := account(r.TB, r.sim).Credential.GetToken(r.Context(), scopes)
	if err != nil {
		r.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.Context(), method, r.sim.URL()+path+"?api-version="+version, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	resp, err := r.sim.Client().Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		r.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}

func (r *rig) calls() string {
	var b strings.Builder
	for _, c := range r.sim.Calls() {
		fmt.Fprintf(&b, "%s %s %d\n", c.Method, c.Path, c.Status)
	}
	return b.String()
}

// watchedCredential keeps the tokens that it gives out.
type watchedCredential struct {
	azcore.TokenCredential
	rig *rig
}

func (c *watchedCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, o)
	if err == nil {
		c.rig.note(&c.rig.tokens, token.Token)
	}
	return token, err
}

// running is called while a script of the build runs: it looks at what there is in Azure, and into the plugin's processes.
func (r *rig) running(string, string) {
	there := r.sim.Resources()
	leaks := r.leaked()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(there) > len(r.peak) {
		r.peak = there
	}
	r.leaks = append(r.leaks, leaks...)
}

// leaked lists what processes of the plugin show of a true credential, in environment and command line.
func (r *rig) leaked() []string {
	var found []string
	looked := 0
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !strings.HasSuffix(target, r.plugin.FileName()) {
			continue
		}
		looked++
		for _, name := range []string{"environ", "cmdline"} {
			data, _ := os.ReadFile(filepath.Join(filepath.Dir(link), name))
			if r.hasSecret(string(data)) {
				found = append(found, target+"'s "+name)
			}
		}
	}
	if looked == 0 {
		found = append(found, "no process of the plugin was found")
	}
	return found
}

// hasSecret reports whether a text has a true credential in it.
func (r *rig) hasSecret(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, token := range r.tokens {
		if strings.Contains(text, token) {
			return true
		}
	}
	return strings.Contains(text, trueSecret)
}
