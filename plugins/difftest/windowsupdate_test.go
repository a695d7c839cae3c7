package difftest

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
)

// updates answers the passes of windows-update, one exit code after another. Each pass that installs leaves a restart pending.
func updates(exits ...int) func(*winguest.Machine) {
	return func(m *winguest.Machine) {
		left := exits // each machine has its own
		m.Answers = func(text string) (winguest.Answer, bool) {
			if !strings.HasPrefix(text, "$orders = '") || len(left) == 0 {
				return winguest.Answer{}, false
			}
			exit := left[0]
			left = left[1:]
			return winguest.Answer{Stdout: "Searching for updates\r\n", Exit: exit, Do: func(m *winguest.Machine) {
				if exit == 101 {
					m.SetKey(`HKLM:\Software\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress`, 1)
				}
			}}, true
		}
	}
}

var updateCases = []windowsCase{
	{name: "nothing to install", config: `provisioner "windows-update" {}`, machine: updates(0)},
	{name: "two rounds", config: `
  provisioner "windows-update" {
    search_criteria = "IsInstalled=0"
    filters         = ["exclude:$_.Title -like '*Preview*'", "include:$true"]
    update_limit    = 25
  }`, machine: updates(101, 101, 0)},
	{name: "after a failed pass", config: `provisioner "windows-update" {}`, machine: updates(102, 0)},
	{name: "failed for good", config: `provisioner "windows-update" { update_max_retries = 1 }`, machine: updates(102, 102),
		fails: "non-zero exit status: 102"},
	{name: "a wrong filter", config: `provisioner "windows-update" { filters = ["include:$_."] }`, machine: updates(103),
		fails: "a filter cannot be evaluated"},
	{name: "as somebody else", config: `
  provisioner "windows-update" {
    username = build.User
    password = build.Password
  }`, machine: updates(0)},
}

// TestWindowsUpdate runs the provisioner inside of Ingot's core, and as a plugin of stock Packer's. The community's plugin of
// that name cannot be had as a module, so this holds only that the two hosts do the same with it.
func TestWindowsUpdate(t *testing.T) {
	t.Parallel()
	diff(t, updateCases, nil, testtools.WindowsUpdatePlugin(t))
}
