package difftest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
)

// templateCase is an image template's customizers, with what a build of it comes to on the machine.
type templateCase struct {
	name      string
	customize []map[string]any
	machine   func(*winguest.Machine)
	fails     string
	ends      string // what generalizing left behind: the image's state
}

// The states that Sysprep leaves in the registry; here as keys of their own.
const (
	generalized = `HKLM:\State\IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE`
	complete    = `HKLM:\State\IMAGE_STATE_COMPLETE`
)

var templateCases = []templateCase{
	{name: "generalized", customize: []map[string]any{
		{"type": "PowerShell", "inline": []string{"Write-Output 'hello'"}},
	}, ends: generalized},
	{name: "every customizer", customize: []map[string]any{
		{"type": "PowerShell", "name": "tools", "runElevated": true, "runAsSystem": true,
			"inline": []string{"Write-Output 'tools'", "exit 3"}, "validExitCodes": []int{0, 3}},
		{"type": "PowerShell", "name": "more tools", "runElevated": true, "inline": []string{"whoami"}},
		{"type": "WindowsRestart", "restartCommand": `shutdown /r /f /t 0 /c "Packer Restart"`,
			"restartCheckCommand": "echo Azure-Image-Builder-Restarted-the-VM  > c:\\buildArtifacts.txt", "restartTimeout": "5m"},
		{"type": "PowerShell", "inline": []string{"Write-Output 'last'"}},
	}, ends: generalized},
	{name: "a customizer fails", customize: []map[string]any{
		{"type": "PowerShell", "inline": []string{"exit 3"}},
		{"type": "PowerShell", "inline": []string{"Write-Output 'not reached'"}},
	}, fails: exit3},
	{name: "deprovisioning script of the template's own", customize: []map[string]any{
		{"type": "PowerShell", "inline": []string{`Set-Content 'c:\DeprovisioningScript.ps1' 'Write-Output mine'`}},
	}},
	{name: "deprovisioning script deleted", customize: []map[string]any{
		{"type": "PowerShell", "inline": []string{`Remove-Item 'c:\DeprovisioningScript.ps1'`}},
	}},
	{name: "Sysprep does not succeed", customize: []map[string]any{
		{"type": "PowerShell", "inline": []string{"Write-Output 'hello'"}},
	}, machine: func(m *winguest.Machine) {
		m.Answers = func(text string) (winguest.Answer, bool) {
			return winguest.Answer{Stdout: ">>> IMAGE_STATE_UNDEPLOYABLE\r\n", Exit: 1}, isDeprovision(text)
		}
	}, fails: "status: 1"},
}

// isDeprovision tells the script that generalizes by its text, which needs a Windows to run.
func isDeprovision(text string) bool {
	want, err := os.ReadFile(filepath.Join(root, "translate", "lower", "scripts", "deprovision.ps1"))
	if err != nil {
		panic(err)
	}
	return text == string(want)
}

// root is the folder of go.mod, whatever the working directory is by then.
var root = func() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// TestTemplates translates image templates and runs the provisioners of what comes out by both, from the deprovisioning
// script that is put in place first to the run of whatever is there at the end.
func TestTemplates(t *testing.T) {
	t.Parallel()
	var cases []windowsCase
	for i, tc := range templateCases {
		machine := tc.machine
		if machine == nil {
			machine = func(m *winguest.Machine) {
				m.SetKey(complete, 0)
				m.Answers = func(text string) (winguest.Answer, bool) {
					return winguest.Answer{Stdout: ">>> the image is generalized\r\n", Do: func(m *winguest.Machine) { m.SetKey(generalized, 0) }},
						isDeprovision(text)
				}
			}
		}
		folder := fmt.Sprintf("t%d", i)
		config, files := translated(t, tc.customize)
		for path, text := range files {
			templateFiles[folder+"/"+path] = text
		}
		cases = append(cases, windowsCase{
			name: tc.name, machine: machine, fails: tc.fails,
			config: strings.NewReplacer("${path.root}/files/", folder+"/files/",
				"${var.generalize_seconds}", "3600", "var.generalize_seconds", "3600").Replace(config),
			check: func(t *testing.T, m *winguest.Machine) {
				if m.HasKey(generalized) != (tc.ends == generalized) {
					t.Errorf("generalized: %v, want %q", m.HasKey(generalized), tc.ends)
				}
			},
		})
	}
	diff(t, cases, templateFiles)
}

// templateFiles are the files of all templates, by path.
var templateFiles = map[string]string{}

// translated gives the provisioner blocks of an image template for Windows, and its files.
func translated(t *testing.T, customize []map[string]any) (string, map[string]string) {
	t.Helper()
	const identity = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/" +
		"Microsoft.ManagedIdentity/userAssignedIdentities/i"
	type object = map[string]any
	data, err := json.Marshal(object{
		"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope",
		"identity": object{"type": "UserAssigned", "userAssignedIdentities": object{identity: object{}}},
		"properties": object{
			"source": object{"type": "PlatformImage", "publisher": "MicrosoftWindowsServer", "offer": "WindowsServer",
				"sku": "2022-datacenter", "version": "latest"},
			"customize":  customize,
			"distribute": []object{{"type": "VHD", "runOutputName": "disk"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var opts translate.Options
	opts.Check.Translate = true
	p, list := translate.Translate(translate.Source{File: "image.json", Data: data}, opts)
	if list.HasErrors() {
		t.Fatal(list)
	}
	folder, err := emit.Packer(p, emit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var config string
	files := map[string]string{}
	for _, f := range folder.Files {
		switch {
		case f.Path == "image.pkr.hcl":
			_, build, _ := strings.Cut(string(f.Data), "\nbuild {")
			_, config, _ = strings.Cut(build, "\"]\n") // behind the sources
			config = config[:strings.LastIndexByte(config, '}')]
		case strings.HasPrefix(f.Path, "files/"):
			files[f.Path] = string(f.Data)
		}
	}
	return config, files
}
