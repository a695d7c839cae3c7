package azuresim_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/netip"
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
	server  *winrmserver.Server
	machine *winguest.Machine
	about   azuresim.Machine // what it was started as
}

func newWindows(t *testing.T) *windowsMachines {
	t.Helper()
	w := &windowsMachines{machine: winguest.New("packer", windowsPassword)}
	var err error
	w.server, err = winrmserver.Start(w.machine, winrmserver.Options{User: "packer", Password: windowsPassword, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.server.Close)
	w.machine.Down = func() func() {
		back := w.server.Restart(200 * time.Millisecond)
		return func() { _ = back() }
	}
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

// TestWindowsToManagedImage has a key vault on the way: the plugin puts a certificate there, and the machine is made
// with it.
func TestWindowsToManagedImage(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	r := newPackerRig(t, azuresim.Options{Machines: w})
	r.group("images")
	source := strings.Replace(r.source(`
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
  managed_image_resource_group_name = "images"
  managed_image_name                = "win"
`), `  ssh_username           = "packer"`, "", 1)
	out := r.built(source, `
  provisioner "powershell" { inline = ["Write-Output \"hello\""] }
  provisioner "windows-restart" {}`)
	if !strings.Contains(out, "hello") || w.machine.Boots() != 2 {
		t.Errorf("the machine booted %d times:\n%s", w.machine.Boots(), out)
	}
	r.left("/resourceGroups/images", "/images/win")
	text, err := base64.StdEncoding.DecodeString(string(w.about.Certificate))
	var secret struct{ DataType, Data string }
	if err != nil || json.Unmarshal(text, &secret) != nil || secret.DataType != "pfx" || secret.Data == "" {
		t.Errorf("the machine got no certificate: %v, %q", err, text)
	}
	if !w.about.Windows || w.about.Password != windowsPassword {
		t.Error("the machine is not the one asked for")
	}
}
