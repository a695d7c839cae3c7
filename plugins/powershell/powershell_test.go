package powershell_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/powershell"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// remote makes the commands of a script the same each time; the retries are for guests that come back, and here none does.
const remote = `
remote_path         = "c:/Windows/Temp/step.ps1"
remote_env_var_path = "c:/Windows/Temp/vars.ps1"
start_retry_timeout = "1ns"
`

func TestConformance(t *testing.T) {
	provtest.Run(t, provtest.Subject{
		New: powershell.New,
		Config: func(path string) string {
			return fmt.Sprintf("script = %q\nskip_clean = true\n%s", path, remote)
		},
		Path: "c:/Windows/Temp/step.ps1",
		Runs: "&'c:/Windows/Temp/step.ps1'",
	})
}

func TestCommand(t *testing.T) {
	for _, tc := range []struct{ name, config, command, vars string }{
		{
			"by default", "",
			`powershell -executionpolicy bypass "& { if (Test-Path variable:global:ProgressPreference)` +
				`{set-variable -name variable:global:ProgressPreference -value 'SilentlyContinue'};` +
				`. c:/Windows/Temp/vars.ps1; &'c:/Windows/Temp/step.ps1'; exit $LastExitCode }"`,
			`$env:PACKER_BUILDER_TYPE="ingot-qemu"; $env:PACKER_BUILD_NAME="image"; `,
		},
		{
			"the template's own environment wins",
			`environment_vars = ["PACKER_BUILDER_TYPE=mine"]` + "\n" + `execute_command = "run {{.Path}}"`,
			"run c:/Windows/Temp/step.ps1",
			`$env:PACKER_BUILDER_TYPE="mine"; $env:PACKER_BUILD_NAME="image"; `,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := &provtest.Guest{}
			if err := provision(t, g, "skip_clean = true\n"+tc.config); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tc.command}, g.Commands()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			if got := string(g.Files()["c:/Windows/Temp/vars.ps1"]); got != tc.vars {
				t.Errorf("the environment is %q, want %q", got, tc.vars)
			}
		})
	}
}

// An elevated script is run by a scheduled task; as the local system, which has no password, by one without a logon.
func TestElevated(t *testing.T) {
	g := &provtest.Guest{}
	if err := provision(t, g, "skip_clean = true\nelevated_user = \"SYSTEM\"\nelevated_password = \"\""); err != nil {
		t.Fatal(err)
	}
	commands := g.Commands()
	if len(commands) != 1 {
		t.Fatalf("ran %q, want one command", commands)
	}
	_, runner, _ := strings.Cut(commands[0], `-file "`)
	task := string(g.Files()[strings.TrimSuffix(runner, `"`)])
	for _, want := range []string{
		"<UserId>SYSTEM</UserId>", `$password = ""`, "<RunLevel>HighestAvailable</RunLevel>", "c:/Windows/Temp/step.ps1",
	} {
		if !strings.Contains(task, want) {
			t.Errorf("%s runs a task without %q:\n%s", commands[0], want, task)
		}
	}
}

func TestValidExitCodes(t *testing.T) {
	for _, tc := range []struct {
		config string
		exit   int
		fails  bool
	}{
		{"", 0, false},
		{"", 3010, true},
		{"valid_exit_codes = [0, 3010]", 3010, false},
		{"valid_exit_codes = [3010]", 0, true},
	} {
		g := &provtest.Guest{Rules: []provtest.Rule{{Contains: "step.ps1", Exit: tc.exit}}}
		if err := provision(t, g, "skip_clean = true\n"+tc.config); (err != nil) != tc.fails {
			t.Errorf("exit code %d with %q: got %v", tc.exit, tc.config, err)
		}
	}
}

// Without skip_clean nothing stays behind in the guest: the clean-up is a script that removes itself last.
func TestCleanUp(t *testing.T) {
	g := &provtest.Guest{}
	if err := provision(t, g, ""); err != nil {
		t.Fatal(err)
	}
	for path, content := range g.Files() {
		if !strings.Contains(path, "packer-cleanup-") {
			continue
		}
		for _, gone := range []string{"c:/Windows/Temp/vars.ps1", "c:/Windows/Temp/step.ps1", path} {
			if !strings.Contains(string(content), "Remove-Item "+gone+"}") {
				t.Errorf("the clean-up leaves %s:\n%s", gone, content)
			}
		}
		return
	}
	t.Errorf("there is no clean-up among %q", g.Commands())
}

// provision runs a script on the guest. The data that the core hands in is not written to.
func provision(t *testing.T, g *provtest.Guest, config string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "step.ps1")
	if err := os.WriteFile(path, []byte("Get-Date\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := powershell.New()
	core := map[string]any{"packer_build_name": "image", "packer_builder_type": "ingot-qemu"}
	if err := p.Prepare(core, provtest.Decode(t, p, fmt.Sprintf("script = %q\n%s%s", path, remote, config))); err != nil {
		t.Fatal(err)
	}
	data := map[string]any{"ID": "vm"}
	err := p.Provision(t.Context(), &provtest.UI{}, g, data)
	if len(data) != 1 {
		t.Errorf("the core's data became %v", data)
	}
	return err
}
