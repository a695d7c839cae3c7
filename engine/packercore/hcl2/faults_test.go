package hcl2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// rest is what a template needs beside what is tested.
const rest = `
source "x" "y" {}
build { sources = ["x.y"] }
`

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		in    func(*hcl2.Input)
		want  []string
	}{
		{
			name: "a circle of locals",
			files: map[string]string{
				"a.pkr.hcl": "locals {\n  a = local.b\n  d = local.a\n  ok = 1\n}\n" + rest,
				"b.pkr.hcl": "local \"b\" {\n  expression = upper(local.c)\n}\nlocals {\n  c = [for x in [1] : local.a]\n}\n",
			},
			want: []string{"DIR/a.pkr.hcl:2:3: local.a refers to itself: local.a (DIR/a.pkr.hcl:2:3) → local.b (DIR/b.pkr.hcl:1:1) → " +
				"local.c (DIR/b.pkr.hcl:5:3) → local.a"},
		},
		{
			name:  "a local that is itself",
			files: map[string]string{"a.pkr.hcl": "locals { a = \"${local.a}x\" }\n" + rest},
			want:  []string{"DIR/a.pkr.hcl:1:10: local.a refers to itself: local.a (DIR/a.pkr.hcl:1:10) → local.a"},
		},
		{
			name: "a circle through a data source",
			files: map[string]string{"a.pkr.hcl": `
data "echo" "d" {
  x = local.a
}
locals { a = data.echo.d.name }
` + rest},
			want: []string{"DIR/a.pkr.hcl:2:1: data.echo.d refers to itself: data.echo.d (DIR/a.pkr.hcl:2:1) → local.a (DIR/a.pkr.hcl:5:10) → data.echo.d"},
		},
		{
			name:  "locals without their value",
			files: map[string]string{"a.pkr.hcl": "local \"a\" {}\nlocal \"b c\" { expression = 1 }\nlocals {}\nlocals { a = 2 }\nlocal \"a\" { expression = 1 }\n" + rest},
			want: []string{
				`DIR/a.pkr.hcl:1:1: local "a" has no "expression"`,
				`DIR/a.pkr.hcl:2:7: "b c" cannot be the name of a local`,
				`DIR/a.pkr.hcl:5:1: local "a" is defined twice (the first one is at DIR/a.pkr.hcl:4:10)`,
			},
		},
		{
			name:  "a local of locals that fail",
			files: map[string]string{"a.pkr.hcl": "locals {\n  a = nosuch()\n  b = local.a\n  c = 1 + \"x\"\n}\n" + rest},
			want: []string{
				`DIR/a.pkr.hcl:2:7: call to unknown function: there is no function named "nosuch"`,
				`DIR/a.pkr.hcl:4:11: invalid operand: unsuitable value for right operand: a number is required`,
			},
		},
		{
			name:  "names that are nearly right",
			files: map[string]string{"a.pkr.hcl": "variable \"region\" { default = 1 }\nlocals {\n  a = var.reigon\n  b = lcoal.a\n}\n" + rest},
			want: []string{
				`DIR/a.pkr.hcl:3:10: unsupported attribute: this object does not have an attribute named "reigon"; did you mean "region"? known: "region"`,
				`DIR/a.pkr.hcl:4:7: unknown variable: there is no variable named "lcoal". Did you mean "local"?`,
			},
		},
		{
			name:  "functions that ask a network service",
			files: map[string]string{"a.pkr.hcl": "locals {\n  a = vault(\"secret/data/x\", \"y\")\n  b = aws_secretsmanager_raw(\"x\")\n}\n" + rest},
			want: []string{
				`DIR/a.pkr.hcl:2:7: error in function call: call to function "vault" failed: it would ask a Vault server, which Ingot does not: ` +
					`pass the value as a sensitive variable`,
				`DIR/a.pkr.hcl:3:7: error in function call: call to function "aws_secretsmanager_raw" failed: it would ask AWS Secrets Manager, ` +
					`which Ingot does not: pass the value as a sensitive variable`,
			},
		},
		{
			name: "variables that are not in order",
			files: map[string]string{"a.pkr.hcl": `
variable "unset" {}
variable "n" {
  type = number
}
variable "o" {
  type = object({ a = string, b = optional(number, 1) })
}
variable "s" {
  type      = list(number)
  sensitive = true
}
variable "low" {
  default = 1
  validation {
    condition     = var.low > 2
    error_message = "Too low."
  }
}
variable "odd" {
  default = 1
  validation {
    condition     = "maybe ${var.odd}"
    error_message = "Odd?"
  }
}
` + rest},
			in: func(in *hcl2.Input) {
				in.Vars = map[string]string{"n": "x1", "o": "{ b = 2 }", "s": `["hush"]`, "lwo": "3"}
			},
			want: []string{
				`the Packer template declares no variable "lwo"; known: "low", "n", "o", "odd", "s", "unset"`,
				`DIR/a.pkr.hcl:2:1: variable "unset" has no value: it has no default and none was given`,
				`DIR/a.pkr.hcl:3:1: variable "n" cannot be "x1": it is not a value of type number`,
				`DIR/a.pkr.hcl:6:1: variable "o" cannot be "{ b = 2 }": attribute "a" is required`,
				`DIR/a.pkr.hcl:9:1: variable "s" cannot be what was given (sensitive): element [0]: a number is required`,
				`DIR/a.pkr.hcl:14:13: variable "low", from the default: too low (checked by the validation at DIR/a.pkr.hcl:15:3)`,
				`DIR/a.pkr.hcl:23:21: the condition of variable "odd" is neither true nor false: a bool is required`,
			},
		},
		{
			name: "validations that are not in order",
			files: map[string]string{"a.pkr.hcl": `
variable "a" {
  default = 1
  validation {
    condition     = true
    error_message = "Never."
  }
  validation {
    condition     = var.a == local.x && var.b
    error_message = "no capital"
  }
  validation {
    condtion = 1
  }
}
` + rest},
			want: []string{
				`DIR/a.pkr.hcl:5:21: the condition of variable "a" does not look at var.a`,
				`DIR/a.pkr.hcl:9:30: the condition of variable "a" may refer only to var.a`,
				`DIR/a.pkr.hcl:9:41: the condition of variable "a" may refer only to var.a`,
				`DIR/a.pkr.hcl:10:21: error_message is not a sentence: it begins with a capital and ends with a full stop, ! or ?`,
				`DIR/a.pkr.hcl:12:3: a validation block needs "condition"`,
				`DIR/a.pkr.hcl:12:3: a validation block needs "error_message"`,
				`DIR/a.pkr.hcl:13:5: a validation block has no attribute "condtion"; did you mean "condition"? known: "condition", "error_message"`,
			},
		},
		{
			name: "files of values",
			files: map[string]string{
				"a.pkr.hcl":           "variable \"n\" { type = number }\n" + rest,
				"a.auto.pkrvars.hcl":  "n = \"x\"\n",
				"b.auto.pkrvars.hcl":  "variable \"m\" {}\n",
				"c.auto.pkrvars.hcl":  "n = local.x\n",
				"d.auto.pkrvars.json": `{"n": []}`,
			},
			want: []string{
				`DIR/a.auto.pkrvars.hcl:1:5: variable "n": a number is required`,
				`DIR/b.auto.pkrvars.hcl:1:1: a file of values has no blocks: variables are declared in *.pkr.hcl files, and this one is to hold name = value`,
				`DIR/c.auto.pkrvars.hcl:1:5: variables not allowed: variables may not be used here`,
				`DIR/d.auto.pkrvars.json:1:7: variable "n": number required`,
			},
		},
		{
			name:  "a file of values that is nothing",
			files: map[string]string{"a.pkr.hcl": rest},
			in:    func(in *hcl2.Input) { in.VarFiles = []string{"values.txt"} },
			want:  []string{`variable file values.txt: its name ends neither in ".hcl" nor in ".json", so its format is not known`},
		},
		{
			name:  "a file that is no template",
			files: map[string]string{"a.hcl": rest},
			in:    func(in *hcl2.Input) { in.File = "a.hcl" },
			want:  []string{`a.hcl is no Packer template: its name ends neither in .pkr.hcl nor in .pkr.json`},
		},
		{
			name: "blocks that are not Packer's, or that do nothing",
			files: map[string]string{"a.pkr.hcl": `
communicator "ssh" "x" {}
dynamic "source" {
  for_each = [1]
  labels   = ["x", "y"]
  content {}
}
source "x" "y" {}
build {
  sources = ["x.y"]
  from "x" {}
  provisoner "shell" {}
  dynamic "post-procesor" {
    for_each = [1]
    labels   = ["manifest"]
    content {}
  }
  post-processors {
    provisioner "shell" {}
    only = []
  }
}
`},
			want: []string{
				`DIR/a.pkr.hcl:2:1: block "communicator" of the top level is not supported: Packer reads it and does nothing with it; remove the block`,
				`DIR/a.pkr.hcl:3:1: the top level has no block "dynamic"; known: "build", "data", "local", "locals", "packer", "source", "variable", "variables"`,
				`DIR/a.pkr.hcl:11:3: block "from" of build block is not supported: Packer reads it and does nothing with it; use "sources"`,
				`DIR/a.pkr.hcl:12:3: a build block has no block "provisoner"; did you mean "provisioner"? known: ` +
					`"error-cleanup-provisioner", "post-processor", "post-processors", "provisioner", "source"`,
				`DIR/a.pkr.hcl:13:11: a build block has no block "post-procesor"; did you mean "post-processor"? known: ` +
					`"error-cleanup-provisioner", "post-processor", "post-processors", "provisioner", "source"`,
				`DIR/a.pkr.hcl:19:5: a post-processors block has no block "provisioner"; known: "post-processor"`,
				`DIR/a.pkr.hcl:20:5: a post-processors block has no attribute "only"`,
			},
		},
		{
			name: "meta attributes that are not known yet",
			files: map[string]string{"a.pkr.hcl": `
source "x" "y" {}
build {
  sources = ["x.y"]
  provisioner "shell" {
    name        = "on ${source.name}"
    max_retries = "many"
    only        = "x.y"
  }
}
`},
			want: []string{
				`DIR/a.pkr.hcl:6:19: name depends on a value that is known only when a build runs`,
				`DIR/a.pkr.hcl:7:19: max_retries: a number is required`,
				`DIR/a.pkr.hcl:8:19: only: list of string required`,
			},
		},
		{
			name:  "JSON that is not Packer's",
			files: map[string]string{"a.pkr.json": "{\n  \"locls\": {},\n  \"build\": {\"sources\": [\"x.y\"]}\n}"},
			want: []string{`DIR/a.pkr.json:2:3: extraneous JSON object property: no argument or block type is named "locls". ` +
				`Did you mean "local"?`},
		},
		{
			name:  "no JSON",
			files: map[string]string{"a.pkr.json": `{"build": }`},
			want: []string{
				`DIR/a.pkr.json:1:11: missing JSON value: a JSON value must start with a brace, a bracket, a number, a string, or a keyword`,
			},
		},
		{
			name:  "brackets in brackets",
			files: map[string]string{"a.pkr.hcl": "locals {\n  a = " + strings.Repeat("[", 100_000) + "\n}"},
			want:  []string{`DIR/a.pkr.hcl:2:506: more than 500 brackets inside each other`},
		},
		{
			name:  "operators without end",
			files: map[string]string{"a.pkr.hcl": "locals {\n  a = " + strings.Repeat("!", 100_000) + "true\n}"},
			want:  []string{`DIR/a.pkr.hcl:2:5007: more than 5000 operators in one expression`},
		},
		{
			name:  "interpolations in interpolations",
			files: map[string]string{"a.pkr.hcl": "locals {\n  a = " + strings.Repeat(`"${`, 50_000) + "\n}"},
			want:  []string{`DIR/a.pkr.hcl:2:755: more than 500 brackets inside each other`},
		},
		{
			name:  "JSON in JSON",
			files: map[string]string{"a.pkr.json": strings.Repeat(`{"a":[`, 100_000)},
			want:  []string{`DIR/a.pkr.json:1:1: more than 500 brackets inside each other`},
		},
		{
			name:  "a huge text where a number is wanted",
			files: map[string]string{"a.pkr.hcl": "variable \"n\" { type = number }\n" + rest},
			in:    func(in *hcl2.Input) { in.Vars = map[string]string{"n": strings.Repeat("x", 1<<20)} },
			want: []string{fmt.Sprintf(`DIR/a.pkr.hcl:1:1: variable "n" cannot be %q: it is not a value of type number`,
				strings.Repeat("x", 600)+"… (1047976 bytes more)")},
		},
		{
			name:  "a value that nests too deep",
			files: map[string]string{"a.pkr.hcl": "variable \"l\" { type = list(string) }\n" + rest},
			in:    func(in *hcl2.Input) { in.Vars = map[string]string{"l": strings.Repeat("[", 100_000)} },
			want: []string{`DIR/a.pkr.hcl:1:1: variable "l" cannot be "` + strings.Repeat("[", 600) +
				`… (99400 bytes more)": it is not a value of type list(string)`},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, tc.files)
			if tc.in != nil {
				tc.in(&r.in)
			}
			_, err := r.load()
			if diff := cmp.Diff(tc.want, r.messages(err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
