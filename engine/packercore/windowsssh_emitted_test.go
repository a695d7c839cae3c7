package packercore_test

import (
	"regexp"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// A Windows that is reached by OpenSSH: the builder takes what is emitted. What is made of it has nobody's password any more, so the
// machine that validates it is reached by WinRM, as the user whom its first boot makes.
func TestEmittedWindowsBySSH(t *testing.T) {
	step := func(id, text string) plan.Step {
		return plan.Step{ID: id, PowerShell: &plan.PowerShell{Script: plan.Content{FileName: id + ".ps1", Text: text}}}
	}
	p := &plan.Plan{
		Name: "desk", OS: plan.Windows, Source: plan.Source{Origin: plan.Origin{Path: "properties.source"}},
		Steps: []plan.Step{step("01", "whoami\n")}, Validation: &plan.Validation{Steps: []plan.Step{step("v01", "exit 0\n")}},
	}
	folder, err := emit.Packer(p, emit.Options{WindowsSSH: true})
	if err != nil {
		t.Fatal(err)
	}
	build, validate := map[string]string{}, map[string]string{}
	for _, f := range folder.Files {
		if name, ok := strings.CutPrefix(f.Path, emit.ValidateDir+"/"); ok {
			validate[name] = string(f.Data)
		} else {
			build[f.Path] = string(f.Data)
		}
	}
	for _, tc := range []struct {
		name, way string
		files     map[string]string
		vars      map[string]string
	}{
		{"build", "ssh", build, map[string]string{"ssh_username": "builder", "ssh_password": "S3cret!pass", "devices": "virtio"}},
		{"validation", "winrm", validate, map[string]string{"winrm_password": "S3cret!pass", "tpm": "true", "firmware": "uefi", "secure_boot": "true"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := regexp.MustCompile(`communicator += "(\w+)"`).FindStringSubmatch(tc.files[emit.TemplateFile]); got == nil || got[1] != tc.way {
				t.Errorf("communicator is %q, want %q", got, tc.way)
			}
			r := newRig(t, tc.files)
			r.reg.Builders["ingot-qemu"] = func() packersdk.Builder {
				return &halfBuilder{r.builder, all.Builders()["ingot-qemu"]()}
			}
			r.opts.Vars = tc.vars
			r.opts.Vars["source_disk"], r.opts.Vars["output_directory"] = "/base.qcow2", r.dir
			r.builder.guest.Rules = []provtest.Rule{{Contains: "powershell"}}
			if _, err := r.build(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
