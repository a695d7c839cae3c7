package azuresim_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
	"github.com/ingot-build/ingot/internal/testtools"
)

// packerRig is stock Packer with HashiCorp's plugin, and an emulated Azure that it builds in.
type packerRig struct {
	*testing.T
	sim    *azuresim.Sim
	plugin testtools.Plugin
	env    []string
	dir    string

	mu       sync.Mutex
	commands []string // that came to guests over SSH
}

// sshPort is not 22, so that the tests need no right to listen there.
const sshPort = 2222

func newPackerRig(t *testing.T, o azuresim.Options) *packerRig {
	t.Helper()
	r := &packerRig{T: t, plugin: testtools.AzurePlugin(t), dir: t.TempDir()}
	packer := testtools.Packer(t)
	if o.Machines == nil {
		o.Machines = &lightguest.Machines{Dir: t.TempDir(), Port: sshPort, Log: r.heard}
	}
	o.DeleteWait = 10 * time.Second // the old plugin waits as long between two tries
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r.sim = sim
	r.env = append(testtools.PackerEnv(t, testtools.PluginDir(t, r.plugin)), sim.Environ()...)
	r.env = append(r.env, "PATH="+filepath.Dir(packer)+":"+os.Getenv("PATH"))
	return r
}

func (r *packerRig) heard(_, command string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, command)
}

// source is a source block for a Linux build, with more in it.
func (r *packerRig) source(more string) string {
	return fmt.Sprintf(`
packer {
  required_plugins {
    azure = { source = %q, version = %q }
  }
}
source "azure-arm" "image" {
  cloud_environment_name = %q
  metadata_host          = %q
  client_id              = "22222222-2222-2222-2222-222222222222"
  client_secret          = "secret"
  tenant_id              = %q
  subscription_id        = %q
  location               = "westeurope"
  vm_size                = "Standard_D2s_v5"
  ssh_port               = %d
  ssh_username           = "packer"
  %s
}
`, r.plugin.Source, r.plugin.Version, azuresim.Cloud, r.sim.MetadataHost(r.plugin.Version), azuresim.DefaultTenant,
		azuresim.DefaultSubscription, sshPort, more)
}

const ubuntu = `
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts"
`

// build runs Packer, and gives what it said.
func (r *packerRig) build(source, provisioners string, flags ...string) (string, error) {
	r.Helper()
	text := source + "build {\n  sources = [\"source.azure-arm.image\"]\n" + provisioners + "\n}\n"
	file := filepath.Join(r.dir, "image.pkr.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	cmd := exec.CommandContext(r.Context(), testtools.Packer(r), append(append([]string{"build", "-color=false"},
		flags...), file)...)
	cmd.Env = r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// built is a build that has to succeed.
func (r *packerRig) built(source, provisioners string, flags ...string) string {
	r.Helper()
	out, err := r.build(source, provisioners, flags...)
	if err != nil {
		r.Fatalf("packer build: %v\n%s\ncalls:\n%s", err, out, r.calls())
	}
	return out
}

func (r *packerRig) calls() string {
	var b strings.Builder
	for _, c := range r.sim.Calls() {
		fmt.Fprintf(&b, "%s %s %d %s\n", c.Method, c.Path, c.Status, c.Query)
	}
	return b.String()
}

// left checks what there is in the emulator, by the ends of ids.
func (r *packerRig) left(want ...string) {
	r.Helper()
	got := r.sim.Resources()
	same := len(got) == len(want)
	for i := range want {
		same = same && strings.HasSuffix(got[i], want[i])
	}
	if !same {
		r.Errorf("there is %q, want %q", got, want)
	}
}

// group makes a resource group, as a person does before a build.
func (r *packerRig) group(name string) {
	r.Helper()
	r.put("/subscriptions/"+azuresim.DefaultSubscription+"/resourceGroups/"+name, "2024-03-01",
		`{"location": "westeurope"}`)
}
