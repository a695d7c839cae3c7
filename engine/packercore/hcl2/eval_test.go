package hcl2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// What the language gives in general is compared with Packer's own answers by the core's tests; here is what those cannot see.

func TestClock(t *testing.T) {
	for _, tc := range []struct{ expr, want string }{
		{`timestamp()`, "2026-03-14T12:00:00Z"},
		{`formatdate("YYYY-MM-DD", timestamp())`, "2026-03-14"},
		{`legacy_isotime()`, "2026-03-14T12:00:00Z"},
		{`legacy_isotime("02 Jan 06")`, "14 Mar 26"},
		{`legacy_strftime("%d.%m.%Y %H:%M")`, "14.03.2026 12:00"},
	} {
		if got := newRig(t, nil).local(t, "locals { out = "+tc.expr+" }"); got != tc.want {
			t.Errorf("%s is %q, want %q", tc.expr, got, tc.want)
		}
	}
}

// What is sensitive, and what is made of it by a local, is told; what is not, is not.
func TestSecrets(t *testing.T) {
	r := newRig(t, map[string]string{"v.pkr.hcl": `
variable "token" {
  default   = "default-token"
  sensitive = true
}
variable "ports" {
  type      = map(number)
  default   = { a = 50022 }
  sensitive = true
}
variable "plain" { default = "plain-text" }
local "own" {
  expression = { a = "own-secret", b = ["deep-secret"] }
  sensitive  = true
}
data "echo" "d" {
  given = var.token
}
locals {
  made   = base64encode(var.token)
  object = { secret = "x-${var.token}", open = "open-text", n = var.plain }
  list   = [for w in split("-", var.token) : upper("word-${w}")]
  if     = var.token == "" ? "none" : "some"
  count  = length(var.token) * 12345
  nested = local.object.secret
  free   = local.object.open
  out    = "done"
}
`})
	r.in.Env = []string{"PKR_VAR_token=from-environment"}
	r.in.Vars = map[string]string{"token": "given-token"}
	if got := r.local(t, ""); got != "done" {
		t.Fatalf("out is %q", got)
	}
	for _, want := range []string{
		"given-token", "from-environment", "50022", "own-secret", "deep-secret", "Z2l2ZW4tdG9rZW4=", "x-given-token", "WORD-GIVEN", "WORD-TOKEN",
	} {
		if !r.told(want) {
			t.Errorf("%q is sensitive, and was not told", want)
		}
	}
	for _, free := range []string{"plain-text", "open-text", "done", "d", "some", "135795"} {
		if r.told(free) {
			t.Errorf("%q is not sensitive, and was told to be", free)
		}
	}
}

// A wrong value of a sensitive variable is told before the message about it could show it.
func TestWrongSecret(t *testing.T) {
	r := newRig(t, map[string]string{"a.pkr.hcl": "variable \"n\" {\n  type = number\n  sensitive = true\n}\n" + rest})
	r.in.Vars = map[string]string{"n": "hunter2"}
	if _, err := r.load(); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	if !r.told("hunter2") {
		t.Error("the value was not told")
	}
}

// Data sources are asked after what they refer to, wherever they stand, and each once.
func TestDataOrder(t *testing.T) {
	r := newRig(t, map[string]string{"d.pkr.hcl": `
data "echo" "last" {
  from = local.middle
}
locals {
  middle = "${data.echo.first.name} ${var.v}"
  out    = "${data.echo.last.from}, ${data.echo["last"].name}"
}
data "echo" "first" {}
variable "v" { default = "v" }
`})
	if got, want := r.local(t, ""), "first v, last"; got != want {
		t.Errorf("out is %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"first", "last"}, r.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// A megabyte of text is a value like any other, whatever stands in it.
func TestLargeText(t *testing.T) {
	text := strings.Repeat("0123456789 \"quoted\" $ % \\ é\n", 40_000)
	r := newRig(t, map[string]string{"big.txt": text})
	r.in.Vars = map[string]string{"v": text}
	got := r.local(t, "variable \"v\" {}\nlocals { out = \"${var.v}${file(\"big.txt\")}\" }")
	if got != text+text {
		t.Errorf("got %d bytes, want %d", len(got), 2*len(text))
	}
}

// Many locals, each of which needs the one before. Each gets only what it names, so this is no matter of minutes.
func TestLongChain(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  out = \"${local.l4999}\"\n  l0 = 0\n")
	for i := 1; i < 5000; i++ {
		fmt.Fprintf(&b, "  l%d = local.l%d + 1\n", i, i-1)
	}
	if got := newRig(t, nil).local(t, b.String()+"}\n"); got != "4999" {
		t.Errorf("out is %q, want 4999", got)
	}
}

// A name that no template variable has, in a file of values, is warned of.
func TestWarnings(t *testing.T) {
	r := newRig(t, map[string]string{
		"a.pkr.hcl":          "variable \"region\" { default = 1 }\n" + rest,
		"x.auto.pkrvars.hcl": "regoin = 2\n",
	})
	tmpl, err := r.load()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range tmpl.Warnings {
		got = append(got, strings.ReplaceAll(w.Error(), r.in.Dir, "DIR"))
	}
	if diff := cmp.Diff([]string{
		`DIR/x.auto.pkrvars.hcl:1:1: the Packer template declares no variable "regoin"; did you mean "region"? known: "region"`,
	}, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestRequiredPlugins(t *testing.T) {
	r := newRig(t, map[string]string{"a.pkr.hcl": `
packer {
  required_version = "~> 1.9"
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.5, != 2.6.0"
    }
  }
}
` + rest})
	doc, err := hcl2.Parse(r.in)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Plugins) != 1 {
		t.Fatalf("plugins %+v", doc.Plugins)
	}
	p := doc.Plugins[0]
	if p.Name != "azure" || p.Source != "github.com/hashicorp/azure" || p.Constraint != "~> 2.5, != 2.6.0" || p.Range.Start.Line != 5 {
		t.Errorf("plugin %+v", p)
	}
	for version, want := range map[string]bool{"2.5.0": true, "2.6.0": false, "2.9.1": true, "3.0.0": false, "1.9": false} {
		if got, err := p.Allows(version); err != nil || got != want {
			t.Errorf("%s allowed: %t, %v; want %t", version, got, err, want)
		}
	}
	if _, err := p.Allows("newest"); err == nil {
		t.Error("a version that is none was taken")
	}
}

// A template may require any version of Packer whose language this is.
func TestRequiredVersion(t *testing.T) {
	for constraint, want := range map[string]bool{
		">= 1.7": true, "= 1.9.4": true, "~> 1.12.0": true, ">= 1.14, < 1.15": true, "1.16.0": true, "< 1.9": false, ">= 1.17": false,
	} {
		r := newRig(t, map[string]string{"a.pkr.hcl": "packer {\n  required_version = \"" + constraint + "\"\n}\n" + rest})
		if _, err := r.load(); (err == nil) != want {
			t.Errorf("%q: %v", constraint, err)
		}
	}
}

// Every function is there that Packer 1.16 has, and no other.
func TestFunctionNames(t *testing.T) {
	want := strings.Fields(`abs abspath alltrue anytrue aws_secretsmanager aws_secretsmanager_raw base64decode base64encode base64gzip basename
		bcrypt can ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact concat consul_key
		contains convert csvdecode dirname distinct element endswith file filebase64 fileexists fileset flatten floor format formatdate
		formatlist indent index join jsondecode jsonencode keys legacy_isotime legacy_strftime length log lookup lower max md5 merge min
		parseint pathexpand pow range regex regex_replace regexall replace reverse rsadecrypt setintersection setproduct setunion sha1
		sha256 sha512 signum slice sort split startswith strcontains strrev substr sum templatefile textdecodebase64 textencodebase64
		timeadd timestamp title trim trimprefix trimspace trimsuffix try upper urlencode uuidv4 uuidv5 values vault yamldecode yamlencode
		zipmap`)
	var got []string
	for name := range hcl2.Functions("", nil, noon) {
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions (-Packer +Ingot):\n%s", diff)
	}
}

// Loading meets any files a person may put into a folder: it finds faults, and never panics or ends the process.
func FuzzLoad(f *testing.F) {
	f.Add("variable \"v\" { type = map(list(number)) }\nlocals { out = var.v }"+rest, `{"locals": {"a": "${local.b}"}}`, `v = { a = [1] }`, "{}")
	f.Add(`locals { a = local.b }`, `{"local": {"b": {"expression": "${local.a}"}}}`, ``, ``)
	f.Add("source \"x\" \"y\" {}\nbuild {\n  dynamic \"provisioner\" {\n    for_each = [1]\n    labels = [\"a\"]\n    content {}\n  }\n}", ``, ``, ``)
	f.Add(`packer { required_plugins { a = { source = "x/y/z", version = "~> 1" } } }`, `{"packer": [{"required_version": 3}]}`, ``, ``)
	f.Add(`variable "v" { validation { condition = can(var.v) } }`, `{"variable": {"v": null}}`, `variable "v" {}`, `[[`)
	f.Add(`build { source "x.y" { name = "z" } provisioner "p" { override = { z = { a = [1, {}] } } } }`, `{"source": {"x": {"y": {}}}}`, ``, ``)
	f.Add(`locals { out = templatefile("a.pkr.hcl", { x = 1 }) }`, `{"data": {"echo": {"x": {"a": "${data.echo.x}"}}}}`, `v = <<EOT`, `"${`)
	f.Fuzz(func(t *testing.T, native, inJSON, values, given string) {
		files := map[string]string{"a.pkr.hcl": native, "x.auto.pkrvars.hcl": values}
		if inJSON != "" {
			files["b.pkr.json"] = inJSON
		}
		r := newRig(t, files)
		r.in.Vars = map[string]string{"v": given}
		tmpl, err := r.load()
		for _, e := range hcl2.Errors(err) {
			if e.Err == nil || e.Error() == "" || len(e.Error()) > 20_000 {
				t.Errorf("a message that is none: %.200q", e.Error())
			}
			if text, ok := files[strings.TrimPrefix(e.Range.File, r.in.Dir+"/")]; ok && e.Range.End.Byte > len(text) {
				t.Errorf("%v is outside of the file", e.Range)
			}
		}
		if err == nil {
			for _, b := range tmpl.Builds {
				for _, s := range b.Sources {
					tmpl.BuildScope(b, s, nil, map[string]any{"ID": "x", "Port": 22})
				}
			}
		}
	})
}
