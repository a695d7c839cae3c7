package packercore_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/all"
)

// minimal is the least template that builds.
const minimal = `
source "fake" "image" {}
build { sources = ["source.fake.image"] }
`

func TestRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		hcl  string
		vars map[string]string
		want []string // each a whole message, with DIR for the folder
	}{
		{
			"syntax", "source \"fake\" {\n", nil,
			[]string{`DIR/image.pkr.hcl:1:15: unclosed configuration block: there is no closing brace for this block before the ` +
				`end of the file. This may be caused by incorrect brace nesting elsewhere in this file`},
		},
		{
			"unknown block", "sorce \"fake\" \"x\" {}\n" + minimal, nil,
			[]string{`DIR/image.pkr.hcl:1:1: the top level has no block "sorce"; did you mean "source"? ` +
				`known: "build", "data", "local", "locals", "packer", "source", "variable", "variables"`},
		},
		{
			"a registry", "source \"fake\" \"image\" {}\nbuild {\n  sources = [\"fake.image\"]\n  hcp_packer_registry {}\n}\n", nil,
			[]string{`DIR/image.pkr.hcl:4:3: block "hcp_packer_registry" of build block is not supported: ` +
				`nothing is sent to HCP Packer; remove the block`},
		},
		{
			"attribute at the top", "name = 1\n" + minimal, nil,
			[]string{`DIR/image.pkr.hcl:1:1: the top level has no attribute "name"`},
		},
		{
			"unknown builder", "source \"fkae\" \"image\" {}\nbuild { sources = [\"source.fkae.image\"] }\n", nil,
			[]string{`DIR/image.pkr.hcl:1:8: no builder is called "fkae"; known: "fake"`},
		},
		{
			"unknown provisioner", `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  # properties.customize[3]
  provisioner "shel" {}
}
`, nil,
			[]string{`DIR/image.pkr.hcl:6:15: no provisioner is called "shel"; did you mean "shell"? known: "file", "shell" (from properties.customize[3])`},
		},
		{
			"no build", "source \"fake\" \"image\" {}\n", nil,
			[]string{`the Packer template in DIR has no build block`},
		},
		{
			"unknown source", "source \"fake\" \"image\" {}\nbuild { sources = [\"source.fake.imag\"] }\n", nil,
			[]string{`DIR/image.pkr.hcl:2:19: no source block is called "source.fake.imag"; ` +
				`did you mean "source.fake.image"? known: "source.fake.image"`},
		},
		{
			"a source twice", `
source "fake" "a" {}
source "fake" "b" {}
source "fake" "b" {}
build { sources = ["source.fake.a", "source.fake.b"] }
`, nil,
			[]string{`DIR/image.pkr.hcl:4:1: source.fake.b is defined twice (the first one is at DIR/image.pkr.hcl:3:1)`},
		},
		{
			"build without sources", "build {}\n", nil,
			[]string{`DIR/image.pkr.hcl:1:1: the build block names no source, neither in "sources" nor by a source block`},
		},
		{
			"labels", "build \"x\" {\n  sources = []\n}\nvariable {}\n" + minimal, nil,
			[]string{
				`DIR/image.pkr.hcl:1:7: extraneous label for build: no labels are expected for build blocks`,
				`DIR/image.pkr.hcl:4:10: missing name for variable: all variable blocks must have 1 labels (name)`,
			},
		},
		{
			"components that Packer has", `
source "null" "image" {}
build {
  sources = ["source.null.image"]
  provisioner "shell-local" {}
  post-processor "compress" {}
  post-processor "compres" {}
}
`, nil,
			[]string{
				`DIR/image.pkr.hcl:2:8: builder "null" is Packer's own, and not covered here; known: "fake"`,
				`DIR/image.pkr.hcl:5:15: provisioner "shell-local" is Packer's own, and not covered here; known: "file", "shell"`,
				`DIR/image.pkr.hcl:6:18: post-processor "compress" is Packer's own, and not covered here; none is linked in`,
				`DIR/image.pkr.hcl:7:18: no post-processor is called "compres"; none is linked in`,
			},
		},
		{
			"meta attributes", `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  provisioner "file" {
    only         = ["fake.image"]
    except       = ["fake.other"]
    timeout      = "soon"
    max_retries  = 1.5
    override     = "x"
    pause_before = null
  }
}
`, nil,
			[]string{
				`DIR/image.pkr.hcl:7:5: a block has only or except, not both`,
				`DIR/image.pkr.hcl:8:20: timeout "soon" is not a duration such as "90s" or "5m"`,
				`DIR/image.pkr.hcl:9:20: max_retries is a whole number from 0 to 1000`,
				`DIR/image.pkr.hcl:10:20: override is an object, by the names of sources, and not a string`,
				`DIR/image.pkr.hcl:11:20: pause_before is null`,
			},
		},
		{
			"variable without value", "variable \"source_disk\" {\n  type = string\n}\n" + minimal, nil,
			[]string{`DIR/image.pkr.hcl:1:1: variable "source_disk" has no value: it has no default and none was given`},
		},
		{
			"unknown variable", "variable \"source_disk\" {}\n" + minimal, map[string]string{"source_disc": "x", "source_disk": "y"},
			[]string{`the Packer template declares no variable "source_disc"; did you mean "source_disk"? known: "source_disk"`},
		},
		{
			"values of a wrong type", `
variable "cpus" {
  type = number
}
variable "pin" {
  type      = number
  sensitive = true
}
variable "on" {
  type = bool
}
variable "tags" {
  type = map(string)
}
` + minimal, map[string]string{"cpus": "many", "pin": "12x34", "on": "1", "tags": "{a=\"b\"}"},
			[]string{
				`DIR/image.pkr.hcl:2:1: variable "cpus" cannot be "many": it is not a value of type number`,
				`DIR/image.pkr.hcl:5:1: variable "pin" cannot be what was given (sensitive): it is not a value of type number`,
				`DIR/image.pkr.hcl:9:1: variable "on" cannot be "1": bool required`,
			},
		},
		{
			"faulty declarations", `
variable "a" {
  type    = strin
  default = "x"
}
variable "b" {
  type    = number
  default = "x"
}
variable "b" {}
variable "c" {
  default = var.a
  validation {}
}
` + minimal, nil,
			[]string{
				`DIR/image.pkr.hcl:3:13: invalid type specification: the keyword "strin" is not a valid type specification`,
				`DIR/image.pkr.hcl:8:13: the default of variable "b": a number is required`,
				`DIR/image.pkr.hcl:10:1: variable "b" is declared twice (the first one is at DIR/image.pkr.hcl:6:1)`,
				`DIR/image.pkr.hcl:12:13: variables not allowed: variables may not be used here`,
				`DIR/image.pkr.hcl:13:3: a validation block needs "condition"`,
				`DIR/image.pkr.hcl:13:3: a validation block needs "error_message"`,
			},
		},
		{
			"attribute of a component", `
# properties.source
source "fake" "image" {
  nota = "x"
  # properties.vmProfile.osDiskSizeGB
  size = "big"
}
build { sources = ["source.fake.image"] }
`, nil,
			[]string{
				`DIR/image.pkr.hcl:4:3: unsupported argument: an argument named "nota" is not expected here. ` +
					`Did you mean "note"? (from properties.source)`,
				`DIR/image.pkr.hcl:6:10: incorrect attribute value type: inappropriate value for attribute "size": ` +
					`a number is required (from properties.vmProfile.osDiskSizeGB)`,
			},
		},
		{
			"names that nothing has", `
source "fake" "image" {
  note = "${var.nope} ${build.ID}"
}
build {
  sources = ["source.fake.image"]
  provisioner "shell" {
    script = fil(source.nope)
  }
}
`, nil,
			[]string{
				`DIR/image.pkr.hcl:3:16: unsupported attribute: this object does not have an attribute named "nope"`,
				`DIR/image.pkr.hcl:3:25: unknown variable: there is no variable named "build"`,
				`DIR/image.pkr.hcl:8:14: call to unknown function: there is no function named "fil"; did you mean "file"?`,
			},
		},
		{
			"what Prepare refuses", `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  # properties.customize[0]
  provisioner "file" {
    source = "/no/such/file"
  }
}
`, nil,
			[]string{`DIR/image.pkr.hcl:6:3: provisioner file: Bad source '/no/such/file': stat /no/such/file: no such file or ` +
				`directory; Destination must be specified. (from properties.customize[0])`},
		},
		{
			"required_version", "packer {\n  required_version = \">= 2.0.0\"\n}\n" + minimal, nil,
			[]string{`DIR/image.pkr.hcl:2:22: required_version ">= 2.0.0": this core does what Packer 1.9.4 to 1.16.0 does`},
		},
		{
			"required_plugins", `
packer {
  required_plugins {
    a = "1.0"
    b = { source = "github.com/x/b" }
    c = { source = "b", version = ">= 1.0" }
    d = { source = "github.com/x/d", version = "soon" }
    e = { source = "github.com/x/e", version = "1", sha = "x" }
  }
}
` + minimal, nil,
			[]string{
				`DIR/image.pkr.hcl:4:9: plugin "a": write { source = "github.com/…/a", version = "…" }, and not a string`,
				`DIR/image.pkr.hcl:5:9: plugin "b" has no "version"`,
				`DIR/image.pkr.hcl:6:9: plugin "c": source "b" is not of the form github.com/owner/name`,
				`DIR/image.pkr.hcl:7:9: plugin "d": version "soon" is not a constraint such as ">= 1.2, < 2.0"`,
				`DIR/image.pkr.hcl:8:9: plugin "e" has no attribute "sha"; known: "source", "version"`,
			},
		},
		{
			"plugins that are not there", `
packer {
  required_plugins {
    ingot = { source = "github.com/ingot-build/ingot", version = ">= 3" }
    other = { source = "github.com/ingot-build/ingto", version = ">= 1" }
  }
}
` + minimal, nil,
			[]string{
				`DIR/image.pkr.hcl:4:13: plugin "ingot": version ">= 3" is required, and 0.1.0 is linked in`,
				`DIR/image.pkr.hcl:5:13: plugin "other" (github.com/ingot-build/ingto) is not linked in, and no other plugin is used here; ` +
					`did you mean "github.com/ingot-build/ingot"? known: "github.com/ingot-build/ingot"`,
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, map[string]string{"image.pkr.hcl": tc.hcl})
			r.opts.Vars = tc.vars
			r.reg = packercore.Registry{
				Builders: map[string]func() packersdk.Builder{"fake": r.reg.Builders["fake"]},
				Provisioners: map[string]func() packersdk.Provisioner{
					"file": all.Provisioners()["file"], "shell": all.Provisioners()["shell"],
				},
				Linked: map[string]string{"github.com/ingot-build/ingot": "0.1.0"},
			}
			err := packercore.Validate(t.Context(), r.reg, r.opts)
			if err == nil {
				t.Fatal("got no error")
			}
			var got []string
			for _, e := range packercore.TemplateErrors(err) {
				got = append(got, strings.ReplaceAll(e.Error(), r.dir, "DIR"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnError(t *testing.T) {
	r := newRig(t, map[string]string{"image.pkr.hcl": minimal})
	r.opts.OnError = "panic"
	if _, err := packercore.Load(t.Context(), r.reg, r.opts); err == nil || !strings.Contains(err.Error(), `"panic"`) {
		t.Errorf("got %v", err)
	}
}

func TestBuilderRefuses(t *testing.T) {
	r := newRig(t, map[string]string{"image.pkr.hcl": minimal})
	r.builder.prepare = errors.New("memory is 0")
	err := packercore.Validate(t.Context(), r.reg, r.opts)
	if want := filepath.Join(r.dir, "image.pkr.hcl") + ":2:1: builder fake: memory is 0"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Blocks may be spread over files, in any order.
func TestManyFiles(t *testing.T) {
	r := newRig(t, map[string]string{
		"a.pkr.hcl": `build {
  name    = "web"
  sources = ["source.fake.image"]
}`,
		"b.pkr.hcl":         `source "fake" "image" { note = var.note }`,
		"variables.pkr.hcl": `variable "note" { default = "hi" }`,
		"README.md":         "not HCL",
	})
	names, err := packercore.Load(t.Context(), r.reg, r.opts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"web.fake.image"}, names); diff != "" {
		t.Errorf("builds (-want +got):\n%s", diff)
	}
}

func TestFolder(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no template", map[string]string{"README.md": ""}, "has no *.pkr.hcl file and no *.pkr.json"},
		{"only values", map[string]string{"b.auto.pkrvars.hcl": "a = 1"}, "has no *.pkr.hcl file and no *.pkr.json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, tc.files)
			if err := packercore.Validate(t.Context(), r.reg, r.opts); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	t.Run("no folder", func(t *testing.T) {
		r := newRig(t, nil)
		r.opts.Dir = filepath.Join(r.dir, "missing")
		if err := packercore.Validate(t.Context(), r.reg, r.opts); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestFiles(t *testing.T) {
	const text = "#!/bin/sh -e\necho hello\n"
	good := fmt.Sprintf("%x  install.sh\n", sha256.Sum256([]byte(text)))
	const hcl = `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  # properties.customize[0]
  provisioner "shell" {
    script = "${path.root}/files/install.sh"
  }
}
`
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  string // "": it is fine
	}{
		{"as written", map[string]string{"files/install.sh": text, "files/SHA256SUMS": good}, ""},
		{"binary mark", map[string]string{"files/install.sh": text, "files/SHA256SUMS": strings.Replace(good, "  ", " *", 1)}, ""},
		{"tampered", map[string]string{"files/install.sh": text + "rm -rf /\n", "files/SHA256SUMS": good},
			"files/install.sh: the file was changed: its SHA-256 is"},
		{"listed and gone", map[string]string{
			"files/install.sh": text,
			"files/SHA256SUMS": good + strings.Repeat("0", 64) + "  other.sh\n",
		}, "files/other.sh: the file is missing (listed at "},
		{"not listed", map[string]string{
			"files/install.sh": text, "files/other.sh": "x",
			"files/SHA256SUMS": fmt.Sprintf("%x  other.sh\n", sha256.Sum256([]byte("x"))),
		}, `files/install.sh" has no checksum in files/SHA256SUMS (from properties.customize[0])`},
		{"no list, as in a folder of the user's own", map[string]string{"files/install.sh": text}, ""},
		{"not a list", map[string]string{"files/install.sh": text, "files/SHA256SUMS": good + "hello\n"},
			`SHA256SUMS:2: not a line of sha256sum: "hello"`},
		{"out of the folder", map[string]string{
			"files/install.sh": text, "secret": text,
			"files/SHA256SUMS": good + strings.Replace(good, "install.sh", "../secret", 1),
		}, "path escapes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, map[string]string{"image.pkr.hcl": hcl})
			writeFolder(t, r.dir, tc.files)
			_, err := r.build(t.Context())
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %q", err, tc.want)
			case tc.want != "" && len(r.lines()) > 0:
				t.Errorf("it ran: %q", r.lines())
			}
		})
	}
}
