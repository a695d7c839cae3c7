package build_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	sdk "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
	"github.com/ingot-build/ingot/plugins/wsman"
)

// badWindowsTemplate is badTemplate for Windows.
var badWindowsTemplate = strings.NewReplacer(
	`"publisher": "Debian", "offer": "debian-12", "sku": "12"`,
	`"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-azure-edition"`,
	`{"type": "Shell", "name": "next", "inline": ["echo the next one > /tmp/next"]}`,
	`{"type": "PowerShell", "name": "next", "inline": ["Write-Output next"]}`,
).Replace(badTemplate)

// A WinRM service that answers with something else while a script runs.
func TestBadWinRM(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault winrmserver.Fault
		want  string
	}{
		{"garbage", winrmserver.Garbage, "no XML"},
		{"the end of another message", winrmserver.WrongEnd, ""},
		{"half a reply", winrmserver.HalfReply, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := winguest.New("packer", "word")
			s, err := winrmserver.Start(m, winrmserver.Options{User: "packer", Password: "word", NoNTLM: true,
				Fault: func(about winrmserver.Request) winrmserver.Fault {
					if about.Action == "Receive" && strings.Contains(strings.Join(m.Journal(), "\n"), "script-") {
						return tc.fault
					}
					return winrmserver.NoFault
				}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			comm, err := wsman.New(&sdk.Config{
				Host: "127.0.0.1", Port: s.Port(), Username: "packer", Password: "word", Timeout: time.Minute,
			}, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			r := runBadOn(t, comm, fmt.Sprintf(badWindowsTemplate,
				`{"type": "PowerShell", "name": "bad", "inline": ["Write-Output going"]}`), nil, false)
			r.fails(t, firstLine, tc.want)
		})
	}
}

// hasty is a provisioner that tries again for no longer than a second, where Packer has five minutes.
type hasty struct{ packersdk.Provisioner }

func (h hasty) Prepare(raws ...any) error {
	return h.Provisioner.Prepare(append(raws, map[string]any{"start_retry_timeout": "1s"})...)
}
