package winrmserver_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const template = `
source "null" "x" {
  communicator   = "winrm"
  winrm_host     = "127.0.0.1"
  winrm_port     = %d
  winrm_username = %q
  winrm_password = %q
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_use_ntlm = true
}
build {
  sources = ["source.null.x"]
  provisioner "powershell" {
    inline           = ["Write-Output \"hello $env:NAME\""]
    environment_vars = ["NAME=it's"]
  }
  provisioner "powershell" {
    script            = "answered.ps1"
    elevated_user     = "SYSTEM"
    elevated_password = ""
    valid_exit_codes  = [3]
  }
  provisioner "windows-restart" {}
  provisioner "windows-shell" { inline = ["echo off", "echo in a batch file", "hostname"] }
  provisioner "file" {
    source      = "answered.ps1"
    destination = "c:/a folder/copy.ps1"
  }
}
`

// TestStockPacker has Packer 1.16 use all that it uses.
func TestStockPacker(t *testing.T) {
	if testing.Short() {
		t.Skip("Packer sleeps for most of a quarter of a minute")
	}
	t.Parallel()
	packer := testtools.Packer(t)
	s, m := start(t, winrmserver.Options{TLS: true, NoBasic: true})
	const answered = "Get-WindowsFeature | Install-WindowsFeature\n"
	m.Scripts[winguest.Sum(answered)] = winguest.Answer{Stdout: "installed\r\n", Exit: 3, Do: func(m *winguest.Machine) {
		m.SetKey(`HKLM:\Software\Pending`, 1)
	}}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"image.pkr.hcl": fmt.Sprintf(template, s.Port(), user, password), "answered.ps1": answered,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(packer, "build", ".")
	cmd.Dir = dir
	cmd.Env = testtools.PackerEnv(t, t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("packer: %v", err)
	}
	for _, want := range []string{
		"WinRM connected.", "hello it's", "installed", "BUILDVM restarted.", "in a batch file", "null.x: BUILDVM\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("Packer does not show %q", want)
		}
	}
	if m.Boots() != 2 || s.Boots() != 2 || m.HasKey("hklm:software/pending") {
		t.Errorf("the machine booted %d times, WinRM %d times", m.Boots(), s.Boots())
	}
	want := []string{`c:\Windows\Temp\script.bat`, `c:\a folder\copy.ps1`} // Packer leaves the first behind
	if diff := cmp.Diff(want, m.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if tasks := m.Tasks(); len(tasks) != 1 || tasks[0].User != "SYSTEM" || tasks[0].Level != "HighestAvailable" || tasks[0].Exit != 3 {
		t.Errorf("tasks: %+v", tasks)
	}
	if len(m.Unknown()) > 0 {
		t.Errorf("not understood: %q", m.Unknown())
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
