package lower_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// The scripts of the hidden steps have none of the faults that Ingot finds in those of others, but that one runs Sysprep: ING2310.
func TestPowerShellScripts(t *testing.T) {
	for _, name := range []string{"deprovision.ps1", "generalize.ps1"} {
		text, err := os.ReadFile(filepath.Join("scripts", name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\r") || strings.ContainsFunc(string(text), func(r rune) bool { return r > '~' }) {
			t.Errorf("%s: Windows PowerShell takes a script without a byte order mark for ANSI, so it has to be ASCII", name)
		}
		lines, err := json.Marshal(strings.Split(string(text), "\n"))
		if err != nil {
			t.Fatal(err)
		}
		tmpl, list := template.Decode(parse(t, strings.Replace(windows, `"inline": ["a"]`, `"inline": `+string(lines), 1)))
		if list.HasErrors() {
			t.Fatal(list)
		}
		for _, d := range check.Check(tmpl, check.Options{}) {
			if d.Code >= "ING2300" && d.Code < "ING2400" && d.Code != "ING2310" {
				t.Errorf("%s: %s\n%s", name, d, d.Why)
			}
		}
	}
}

// What shows the system of the source, and what is taken when nothing does.
func TestSystem(t *testing.T) {
	const image = `{"type": "ManagedImage", "imageId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Compute/images/base"}`
	const market = `{"type": "PlatformImage", "publisher": "%s", "offer": "%s", "sku": "s", "version": "1.0.0"}`
	of := func(publisher, offer string) string {
		return strings.Replace(strings.Replace(market, "%s", publisher, 1), "%s", offer, 1)
	}
	tests := []struct {
		name, source, customize, validate string
		want                              plan.OS
		guessed                           bool
	}{
		{"a customizer for Linux", image, `{"type": "Shell", "inline": ["a"]}`, "", plan.Linux, false},
		{"a customizer for Windows", image, `{"type": "WindowsRestart"}`, "", plan.Windows, false},
		{"the publisher", of("Canonical", "x"), "", "", plan.Linux, false},
		{"the publisher of Windows", of("MicrosoftWindowsServer", "x"), "", "", plan.Windows, false},
		{"the offer", of("MicrosoftSQLServer", "sql2022-ws2022"), "", "", plan.Windows, false},
		{"a validator", image, "", `{"type": "PowerShell", "inline": ["a"]}`, plan.Windows, false},
		{"a validator for Linux", image, "", `{"type": "Shell", "inline": ["a"]}`, plan.Linux, false},
		{"a path of Windows", image, `{"type": "File", "sourceUri": "a", "destination": "c:\\a"}`, "", plan.Windows, false},
		{"a share of Windows", image, `{"type": "File", "sourceUri": "a", "destination": "\\\\host\\a"}`, "", plan.Windows, false},
		{"a path of Linux", image, `{"type": "File", "sourceUri": "a", "destination": "/tmp/a"}`, "", plan.Linux, false},
		{"nothing", image, "", "", plan.Linux, true},
		{"a publisher of both", of("bitnami", "x"), "", "", plan.Linux, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, list := template.Decode(parse(t, `{"apiVersion": "2022-07-01", "location": "l", "identity": {}, "properties": {"source": `+tt.source+`,
				"customize": [`+tt.customize+`], "validate": {"inVMValidations": [`+tt.validate+`]},
				"distribute": [{"type": "VHD", "runOutputName": "d"}]}}`))
			if list.HasErrors() {
				t.Fatal(list)
			}
			p, list := lower.Lower(tmpl)
			if p == nil || p.OS != tt.want {
				t.Fatalf("got %+v, %v; want %s", p, list, tt.want)
			}
			if guessed := len(list) == 1 && list[0].Code == lower.CodeSystemGuessed; guessed != tt.guessed || len(list) > 1 {
				t.Errorf("findings %v; guessed: %v", list, tt.guessed)
			}
			hidden, script := "/tmp/DeprovisioningScript.sh", "generalize.sh"
			if tt.want == plan.Windows {
				hidden, script = `c:\DeprovisioningScript.ps1`, "generalize.ps1"
			}
			first, last := p.Steps[0], p.Steps[len(p.Steps)-1]
			if first.File == nil || first.File.Destination != hidden || last.Content().FileName != script {
				t.Errorf("hidden steps: %+v and %+v", first, last)
			}
		})
	}
}

// The oldest public api-version names a network otherwise.
func TestNetworkByNames(t *testing.T) {
	tmpl, list := template.Decode(parse(t, `{"apiVersion": "2019-05-01-preview", "location": "West US 2", "properties": {
		"source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "UbuntuServer", "sku": "18.04-LTS", "version": "latest"},
		"vmProfile": {"vnetConfig": {"name": "net", "subnetName": "build", "resourceGroupName": "rg"}},
		"distribute": [{"type": "VHD", "runOutputName": "d"}]}}`))
	if list.HasErrors() {
		t.Fatal(list)
	}
	p, list := lower.Lower(tmpl)
	if p == nil {
		t.Fatal(list)
	}
	want := plan.Azure{Location: "westus2", Network: plan.Network{VirtualNetwork: "net", Subnet: "build", ResourceGroup: "rg"}}
	if diff := cmp.Diff(want, p.Azure); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What HCL would change is refused where it is a path or a command; scripts and labels are taken.
func TestNotNFC(t *testing.T) {
	const decomposed = "e\u0301"
	tests := []struct{ customizer, path string }{
		{`{"type": "File", "sourceUri": "a", "destination": "c:\\e` + "\u0301" + `"}`, "destination"},
		{`{"type": "WindowsRestart", "restartCommand": "` + decomposed + `"}`, "restartCommand"},
		{`{"type": "WindowsRestart", "restartCheckCommand": "` + decomposed + `"}`, "restartCheckCommand"},
		{`{"type": "WindowsUpdate", "searchCriteria": "` + decomposed + `"}`, "searchCriteria"},
		{`{"type": "WindowsUpdate", "filters": ["include:$true", "exclude:$_ -eq '` + decomposed + `'"]}`, "filters[1]"},
		{`{"type": "PowerShell", "name": "` + decomposed + `", "inline": ["` + decomposed + `"]}`, ""},
	}
	for _, tt := range tests {
		tmpl, list := template.Decode(parse(t, strings.Replace(windows, `{"type": "WindowsRestart", "restartCommand": "r", "restartCheckCommand": "c", "restartTimeout": "10m"}`,
			tt.customizer, 1)))
		if list.HasErrors() {
			t.Fatal(list)
		}
		p, list := lower.Lower(tmpl)
		if tt.path == "" {
			if p == nil || !strings.Contains(p.Steps[3].PowerShell.Script.Text, decomposed) {
				t.Errorf("%s: %v", tt.customizer, list)
			}
			continue
		}
		if len(list) != 1 || list[0].Code != lower.CodeNotNFC || list[0].Path != "properties.customize[2]."+tt.path || list[0].Severity != diag.Error {
			t.Errorf("%s: findings %v", tt.customizer, list)
		}
	}
}

// Nothing is built when only the source is validated.
func TestSourceOnly(t *testing.T) {
	tmpl, list := template.Decode(parse(t, strings.Replace(full, `"sourceValidationOnly": false`, `"sourceValidationOnly": true`, 1)))
	if list.HasErrors() {
		t.Fatal(list)
	}
	p, list := lower.Lower(tmpl)
	if p == nil {
		t.Fatal(list)
	}
	if p.Steps != nil || p.Destinations != nil || p.OptimizeBoot || !p.Validation.SourceOnly || len(p.Validation.Steps) != 2 {
		t.Errorf("got %+v with validation %+v", p, p.Validation)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}
