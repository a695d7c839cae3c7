package lower_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const (
	sysprep   = `C:\Windows\System32\Sysprep\Sysprep.exe`
	setup     = `HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State`
	undeploy  = "IMAGE_STATE_UNDEPLOYABLE"
	succeeded = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"
)

// What the script waits for on Windows, in which order, for how long, and how it ends. Its time is that of the machine, where a
// sleep takes none.
func TestDeprovisionOnWindows(t *testing.T) {
	tests := []struct {
		name  string
		limit string                                // INGOT_GENERALIZE_SECONDS
		setup func(*winguest.Machine)               // may be nil
		slept func(m *winguest.Machine, passed int) // after so many seconds, in steps of 5
		want  string                                // what is printed, runs of one line as one with their count
		exit  int
	}{
		{
			name: "not in Azure, and Sysprep takes ten seconds", limit: "3600",
			slept: func(m *winguest.Machine, passed int) {
				if passed == 10 {
					m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
				}
			},
			want: ">>> running Sysprep\n2 x >>> " + undeploy + "\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
		{
			name: "answer files of an earlier setup", limit: "3600",
			setup: func(m *winguest.Machine) {
				_ = m.WriteFile(`C:\Windows\System32\Sysprep\unattend.xml`, nil)
				_ = m.WriteFile(`C:\Windows\Panther\unattend.xml`, nil)
				m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
			},
			want: `>>> removing C:\Windows\System32\Sysprep\unattend.xml` + "\n" + `>>> removing C:\Windows\Panther\unattend.xml` +
				"\n>>> running Sysprep\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
		{
			name: "agents that come up one after another", limit: "3600",
			setup: func(m *winguest.Machine) {
				inAzure(m)
				m.SetObject("Get-Service", "WindowsAzureTelemetryService", "Status", "StartPending")
				m.SetObject("Get-Service", "WindowsAzureGuestAgent", "Status", "Stopped")
				m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
			},
			slept: func(m *winguest.Machine, passed int) {
				switch passed {
				case 10:
					m.SetObject("Get-Service", "RdAgent", "Status", "StartPending")
				case 20:
					m.SetObject("Get-Service", "RdAgent", "Status", "Running")
				case 25:
					m.SetObject("Get-Service", "WindowsAzureTelemetryService", "Status", "Running")
				case 30:
					m.SetObject("Get-Service", "WindowsAzureGuestAgent", "Status", "Running")
				}
			},
			want: ">>> waiting for the service RdAgent: not installed\n>>> waiting for the service RdAgent: StartPending\n" +
				">>> waiting for the service WindowsAzureTelemetryService: StartPending\n" +
				">>> waiting for the service WindowsAzureGuestAgent: Stopped\n" +
				">>> running Sysprep\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
		{
			name: "no telemetry service", limit: "3600",
			setup: func(m *winguest.Machine) {
				inAzure(m)
				m.SetObject("Get-Service", "RdAgent", "Status", "Running")
				m.SetObject("Get-Service", "WindowsAzureGuestAgent", "Status", "Running")
				m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
			},
			want: ">>> running Sysprep\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
		{
			name: "an agent that never comes", limit: "100", setup: inAzure,
			want: ">>> waiting for the service RdAgent: not installed\n>>> giving up: the build allows 100 s\n", exit: 1,
		},
		{
			name: "an agent that comes late, where nothing bounds the step", limit: "0", setup: inAzure,
			slept: func(m *winguest.Machine, passed int) {
				if passed == 20000 {
					m.SetObject("Get-Service", "RdAgent", "Status", "Running")
					m.SetObject("Get-Service", "WindowsAzureGuestAgent", "Status", "Running")
					m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
				}
			},
			want: ">>> waiting for the service RdAgent: not installed\n>>> running Sysprep\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
		{
			name: "Sysprep ends and nothing comes of it", limit: "3600",
			setup: func(m *winguest.Machine) { m.SetObject("Start-Process", sysprep, "HasExited", "True") },
			want:  ">>> running Sysprep\n60 x >>> " + undeploy + "\n>>> Sysprep has ended, and the image is not generalized\n", exit: 1,
		},
		{
			name: "Sysprep has ended, and the state turns a little later", limit: "3600",
			setup: func(m *winguest.Machine) { m.SetObject("Start-Process", sysprep, "HasExited", "True") },
			slept: func(m *winguest.Machine, passed int) {
				if passed == 295 {
					m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
				}
			},
			want: ">>> running Sysprep\n59 x >>> " + undeploy + "\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
		{
			name: "Sysprep does not end", limit: "600",
			want: ">>> running Sysprep\n134 x >>> " + undeploy + "\n>>> giving up: the build allows 600 s\n", exit: 1,
		},
		{
			name:  "Sysprep ends and nothing bounds the step: as in the service", // nor is the variable set
			setup: func(m *winguest.Machine) { m.SetObject("Start-Process", sysprep, "HasExited", "True") },
			slept: func(m *winguest.Machine, passed int) {
				if passed == 20000 {
					m.SetObject("Get-ItemProperty", setup, "ImageState", succeeded)
				}
			},
			want: ">>> running Sysprep\n4000 x >>> " + undeploy + "\n>>> " + succeeded + "\n>>> the image is generalized\n",
		},
	}
	text, err := os.ReadFile("scripts/deprovision.ps1")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := winguest.New("packer", "word")
			m.SetObject("Get-CimInstance", "Win32_SystemEnclosure", "SMBIOSAssetTag", "")
			m.SetObject("Get-ItemProperty", setup, "ImageState", undeploy)
			m.SetObject("Start-Process", sysprep, "HasExited", "False")
			if tt.setup != nil {
				tt.setup(m)
			}
			passed := 0
			m.Slept = func(m *winguest.Machine, d time.Duration) {
				if passed += int(d.Seconds()); tt.slept != nil {
					tt.slept(m, passed)
				}
			}
			if err := m.WriteFile(`C:\DeprovisioningScript.ps1`, text); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out, errs bytes.Buffer
			exit := m.Run(ctx, winrmserver.Process{
				User: "packer", Line: `powershell -file C:\DeprovisioningScript.ps1`, Env: map[string]string{"INGOT_GENERALIZE_SECONDS": tt.limit},
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
			})
			if diff := cmp.Diff(tt.want, counted(out.String())); diff != "" || exit != tt.exit || errs.Len() > 0 {
				t.Errorf("exit code %d, want %d; stderr %q; printed (-want +got):\n%s", exit, tt.exit, errs.String(), diff)
			}
		})
	}
}

// inAzure gives a machine the tag of Azure's, and no agent.
func inAzure(m *winguest.Machine) {
	m.SetObject("Get-CimInstance", "Win32_SystemEnclosure", "SMBIOSAssetTag", "7783-7084-3265-9085-8269-3286-77")
}

// counted puts lines that repeat each other into one.
func counted(text string) string {
	var b strings.Builder
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r", ""), "\n"), "\n")
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && lines[i+n] == lines[i] {
			n++
		}
		if n > 1 {
			fmt.Fprintf(&b, "%d x ", n)
		}
		b.WriteString(lines[i] + "\n")
		i += n
	}
	return b.String()
}
