package gateway_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const windowsPassword = "Pa$$w0rd-for-tests"

// windowsMachines have one machine: the Windows for tests behind its WinRM server.
type windowsMachines struct {
	server *winrmserver.Server
	about  azuresim.Machine // what it was started as
}

func newWindows(t *testing.T) *windowsMachines {
	t.Helper()
	w := &windowsMachines{}
	var err error
	w.server, err = winrmserver.Start(winguest.New("packer", windowsPassword),
		winrmserver.Options{User: "packer", Password: windowsPassword, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.server.Close)
	return w
}

func (w *windowsMachines) Start(_ context.Context, about azuresim.Machine) (azuresim.Guest, error) {
	w.about = about
	return w, nil
}

func (*windowsMachines) Addr() netip.Addr               { return netip.MustParseAddr("127.0.0.1") }
func (*windowsMachines) PowerOff(context.Context) error { return nil }
func (*windowsMachines) PowerOn(context.Context) error  { return nil }
func (*windowsMachines) Destroy() error                 { return nil }

// TestWindows has a key vault on the way, which the older plugin asks by its name: the gateway answers for it.
func TestWindows(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	r := newRig(t, azuresim.Options{Machines: w, DeleteWait: 10 * time.Second})
	r.put(subscription+"/resourceGroups/images", "2024-03-01", `{"location": "westeurope"}`)
	out, err := r.build(r.source(`
  location        = "westeurope"
  vm_size         = "Standard_D2s_v5"
  os_type         = "Windows"
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2019-Datacenter"
  communicator    = "winrm"
  winrm_use_ssl   = true
  winrm_insecure  = true
  winrm_username  = "packer"
  winrm_password  = "`+windowsPassword+`"
  winrm_port      = `+strings.TrimPrefix(w.server.Address(), "127.0.0.1:")+`
  managed_image_resource_group_name   = "images"
  managed_image_name                  = "unused"
  managed_image_os_disk_snapshot_name = "win_os"
  skip_create_image                   = true
`), `provisioner "powershell" { inline = ["Write-Output \"hello\""] }`)
	if err != nil {
		t.Fatalf("packer build: %v\n%s\ncalls:\n%s\nlast error: %v", err, out, r.calls(), r.gateway.LastError())
	}
	if !strings.Contains(out, "hello") || !w.about.Windows || w.about.Certificate == nil {
		t.Errorf("the machine was %+v:\n%s", w.about, out)
	}
	for _, kind := range []string{"/vaults/", "/secrets/"} {
		if !slices.ContainsFunc(r.recorded, func(id string) bool { return strings.Contains(id, kind) }) {
			t.Errorf("none of %s is recorded: %q", kind, r.recorded)
		}
	}
	if r.late != nil || r.hasSecret(out) {
		t.Errorf("recorded when they were there: %q; a true credential is in the log: %v", r.late, r.hasSecret(out))
	}
}
