package packercore_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// What is emitted for a Windows machine builds as well: scripts arrive to the byte, and commands as they were meant, whatever HCL
// and Packer's own templates would make of them.
func TestEmittedWindows(t *testing.T) {
	const (
		users   = "New-Item c:\\site\r\nWrite-Output \"${env:X} e\u0301 {{ .Vars }}\"\n"
		restart = `shutdown /r /f /t 5 /c "{{reason}} ${x} %{y} é"`
		check   = `powershell -c "{{ }}"`
		filter  = `include:$_.Title -like '*{{x}}*'`
	)
	script := func(name, text string) plan.Content { return plan.Content{FileName: name, Text: text} }
	p := &plan.Plan{
		Name: "desk", OS: plan.Windows,
		Source: plan.Source{Origin: plan.Origin{Path: "properties.source"}},
		Steps: []plan.Step{
			{ID: "prepare", Hidden: true, File: &plan.File{
				Content: script("DeprovisioningScript.ps1", "exit 0\n"), Destination: `c:\DeprovisioningScript.ps1`,
			}},
			{ID: "customize[0]", Name: "users", PowerShell: &plan.PowerShell{Script: script("01-users.ps1", users), ValidExitCodes: []int64{0, 3010}}},
			{ID: "customize[1]", PowerShell: &plan.PowerShell{Script: script("02.ps1", "a\n"), Elevated: true}},
			{ID: "customize[2]", PowerShell: &plan.PowerShell{Script: script("03.ps1", "b\n"), Elevated: true, AsSystem: true}},
			{ID: "customize[3]", WindowsRestart: &plan.WindowsRestart{Command: restart, CheckCommand: check, Timeout: "1m"}},
			{ID: "customize[4]", WindowsUpdate: &plan.WindowsUpdate{SearchCriteria: "IsInstalled=0 and {{x}}", Filters: []string{filter}, UpdateLimit: 7}},
			{ID: "generalize", Hidden: true, PowerShell: &plan.PowerShell{Script: script("generalize.ps1", "c\n")}},
		},
	}
	folder, err := emit.Packer(p, emit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range folder.Files {
		files[f.Path] = string(f.Data)
	}
	r := newRig(t, files)
	r.reg.Builders["ingot-qemu"] = func() packersdk.Builder {
		return &halfBuilder{r.builder, all.Builders()["ingot-qemu"]()}
	}
	r.opts.Vars = map[string]string{"source_disk": "/base.qcow2", "output_directory": r.dir, "winrm_password": "S3cret!pass"}
	var uploads []string
	note := func() {
		for path, text := range r.builder.guest.Files() {
			uploads = append(uploads, path+"\n"+string(text))
		}
	}
	r.builder.guest.Rules = []provtest.Rule{
		{Contains: "-EncodedCommand", Stdout: "BUILDVM restarted.\n", Then: note},
		{Contains: "powershell", Then: note},
	}
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{users, "exit 0\n", "a\n", "b\n", "c\n"} {
		if !slices.ContainsFunc(uploads, func(s string) bool { return strings.HasSuffix(s, ".ps1\n"+want) }) {
			t.Errorf("no script on the guest is %q", want)
		}
	}
	commands := r.builder.guest.Commands()
	for _, want := range []string{restart, check} {
		if !slices.Contains(commands, want) {
			t.Errorf("%q was not run; commands:\n%s", want, strings.Join(commands, "\n"))
		}
	}
	sent := strings.Join(uploads, "\n")
	for _, want := range []string{"<UserId>packer</UserId>", "<UserId>SYSTEM</UserId>"} {
		if !strings.Contains(sent, want) {
			t.Errorf("no elevated runner has %q", want)
		}
	}
	// The update script begins with its orders.
	_, orders, _ := strings.Cut(sent, "$orders = '")
	orders, _, _ = strings.Cut(orders, "'")
	text, err := base64.StdEncoding.DecodeString(orders)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"filters":[{"include":true,"expression":"$_.Title -like '*{{x}}*'"}],"searchCriteria":"IsInstalled=0 and {{x}}","updateLimit":7}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("orders of the updates (-want +got):\n%s", diff)
	}
}
