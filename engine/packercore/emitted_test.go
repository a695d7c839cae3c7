package packercore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// halfBuilder is the real ingot-qemu until it runs: specification and Prepare are its own, the machine is a scripted one.
type halfBuilder struct {
	*fakeBuilder
	real packersdk.Builder
}

func (b *halfBuilder) ConfigSpec() hcldec.ObjectSpec { return b.real.ConfigSpec() }

func (b *halfBuilder) Prepare(raws ...any) (generated, warnings []string, err error) {
	return b.real.Prepare(raws...)
}

// What is emitted from a plan builds, and puts on the guest what the plan says, to the byte.
func TestEmitted(t *testing.T) {
	const (
		deprovision = "#!/bin/sh\nwaagent -force -deprovision+user\n"
		install     = "#!/bin/sh -e\necho e\u0301 {{ .Vars }} ${var.x}\n" // nothing in it may mean anything to HCL or Packer
		config      = "listen {{ port }};"
		generalize  = "#!/bin/sh\n/tmp/DeprovisioningScript.sh\n"
	)
	p := &plan.Plan{
		Name: "web", OS: plan.Linux, OSDiskSizeGB: 30,
		Source: plan.Source{Origin: plan.Origin{Path: "properties.source"}},
		Steps: []plan.Step{
			{ID: "prepare", Hidden: true, File: &plan.File{
				Content:     plan.Content{FileName: "DeprovisioningScript.sh", Text: deprovision},
				Destination: "/tmp/DeprovisioningScript.sh",
			}},
			{ID: "customize[0]", Name: "install ${web}", Shell: &plan.Shell{
				Script: plan.Content{FileName: "01-install.sh", Text: install},
			}},
			{ID: "customize[1]", File: &plan.File{
				Content: plan.Content{FileName: "02-site.conf", Text: config}, Destination: "/tmp/site.conf",
			}},
			{ID: "generalize", Hidden: true, Shell: &plan.Shell{
				Script: plan.Content{FileName: "generalize.sh", Text: generalize}, AsRoot: true, LastWord: true,
			}},
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
	r.opts.AsService = true
	r.opts.Vars = map[string]string{"source_disk": "/base.qcow2", "output_directory": r.dir, "cpus": "1"}
	// Deprovisioning removes the user that is logged in, and the connection with it.
	var scripts []string
	r.builder.guest.Rules = []provtest.Rule{
		{Contains: "sudo -n", Exit: packersdk.CmdDisconnect, Then: func() { scripts = append(scripts, uploaded(r, "/tmp/script_")) }},
		{Contains: "chmod +x", Then: func() { scripts = append(scripts, uploaded(r, "/tmp/script_")) }},
	}
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{install, generalize}, scripts); diff != "" {
		t.Errorf("scripts (-want +got):\n%s", diff)
	}
	for path, want := range map[string]string{"/tmp/DeprovisioningScript.sh": deprovision, "/tmp/site.conf": config} {
		if got := string(r.builder.guest.Files()[path]); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	var commands []string
	for _, c := range r.builder.guest.Commands() {
		commands = append(commands, scriptNumber.ReplaceAllString(c, "script_N.sh"))
	}
	const vars = "PACKER_BUILDER_TYPE='azure-arm' PACKER_BUILD_NAME='azure-arm' "
	if diff := cmp.Diff([]string{
		"chmod 0755 /tmp/script_N.sh",
		"chmod +x /tmp/script_N.sh; " + vars + " /tmp/script_N.sh",
		"rm -f /tmp/script_N.sh",
		"rm -f ",
		"chmod 0755 /tmp/script_N.sh",
		"chmod +x /tmp/script_N.sh; sudo -n env INGOT_GENERALIZE_SECONDS='3600' " + vars + " /tmp/script_N.sh",
	}, commands); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	var titles []string
	for _, e := range r.events {
		if e.State != nil && e.State.Phase == events.Done && strings.HasPrefix(e.Step, "provisioner") {
			titles = append(titles, e.Step+" "+e.State.Title)
		}
	}
	if diff := cmp.Diff([]string{
		"provisioner[0] prepare", "provisioner[1] install ${web}", "provisioner[2] customize[1]", "provisioner[3] generalize",
	}, titles); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

var scriptNumber = regexp.MustCompile(`script_\d+\.sh`)

// uploaded returns the content of the one file on the guest whose path begins so.
func uploaded(r *rig, prefix string) string {
	for path, content := range r.builder.guest.Files() {
		if strings.HasPrefix(path, prefix) {
			return string(content)
		}
	}
	return fmt.Sprintf("nothing at %s", prefix)
}

var fileRef = regexp.MustCompile(`"\$\{path\.root\}/(files/[^"]+)"`)

// Every Packer template that an example wants is accepted by the components that will run it.
func TestExamples(t *testing.T) {
	dirs, err := filepath.Glob("../../examples/*/want")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(dir, "*.pkr.hcl"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			continue
		}
		checked++
		t.Run(filepath.Base(filepath.Dir(dir)), func(t *testing.T) {
			files := map[string]string{}
			sums := ""
			for _, name := range names {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				files[filepath.Base(name)] = string(text)
				// The contents are another test's business; here they only have to be there.
				for _, m := range fileRef.FindAllStringSubmatch(string(text), -1) {
					if _, ok := files[m[1]]; !ok {
						files[m[1]] = ""
						sums += "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  " +
							strings.TrimPrefix(m[1], "files/") + "\n"
					}
				}
			}
			files["files/SHA256SUMS"] = sums
			r := newRig(t, files)
			r.opts.Vars = map[string]string{"source_disk": "/base.qcow2", "output_directory": r.dir}
			if err := packercore.Validate(t.Context(), r.reg, r.opts); err != nil {
				t.Error(err)
			}
		})
	}
	if checked == 0 {
		t.Skip("no example has its wanted Packer template beside it")
	}
}

// Load meets any text a person may put there: it finds faults, and never panics.
func FuzzLoad(f *testing.F) {
	f.Add(minimal)
	f.Add(strings.Replace(oneShell, "%s", "timeout = \"1m\"\n max_retries = 3", 1))
	f.Add(`variable "x" { type = map(list(number)) }`)
	f.Add(`build { sources = [null] }`)
	f.Add(`variable "x" { default = null }` + minimal)
	f.Add(`packer { required_version = "~> 1" }`)
	f.Fuzz(func(t *testing.T, text string) {
		r := newRig(t, map[string]string{"image.pkr.hcl": text, "install.sh": ""})
		r.opts.Vars = map[string]string{"x": text}
		// The components of others have Prepares of their own to test.
		r.reg.Provisioners = map[string]func() packersdk.Provisioner{"shell": r.reg.Provisioners["shell"]}
		r.reg.Builders = map[string]func() packersdk.Builder{"fake": r.reg.Builders["fake"]}
		_, err := packercore.Load(t.Context(), r.reg, r.opts)
		for _, e := range packercore.TemplateErrors(err) {
			if e.Err == nil || e.Error() == "" {
				t.Errorf("an error without text: %#v", e)
			}
		}
		if err == nil {
			_ = packercore.Validate(t.Context(), r.reg, r.opts)
		}
	})
}
