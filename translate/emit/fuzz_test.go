package emit

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"text/template"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/text/unicode/norm"

	"github.com/ingot-build/ingot/translate/plan"
)

// hostile are strings that mean something to HCL, to Go templates, to Markdown or to a file system.
var hostile = []string{"", "web", `quote " and \`, "${path.root}", "%{ if x }", "$${", "$$${x}", "%%{", "a$", "$", "%", "\n\r\t", "a\r\nb",
	"\x00\x7f\u0085\u2028", "\u00e9", "e\u0301", "\u2126", "\xff\xfe", "\U0001f4a9", "{{ .Path }}", "{{{{", "{{{", "{", "}}", "{{`", "`{{`",
	"{{- a -}}", "# comment", "/* a", "EOF", "<<EOF\na\nEOF\n", "` | [a](b) <script>", "c:\\a\\b", "\ufeffa", "\ufffd", "/tmp/a b",
	`${"a"}`, "${", "%{", "\\u0041", "\u202e", strings.Repeat("${x}{{", 500)}

// FuzzStrings sends strings that a person may write through the Packer templates of every target: each comes back as it was, or
// the plan is refused; nothing comes back as something else. Only labels are the same up to Unicode's forms.
func FuzzStrings(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[(i+7)%len(hostile)], s)
	}
	azure := []Options{{Target: Azure}, {Target: Azure, Standalone: true}, {Target: Azure, PluginVersion: "1.4.5"}}
	f.Fuzz(func(t *testing.T, label, value, script string) {
		for _, p := range []*plan.Plan{linuxPlan(label, value, script), windowsPlan(label, value, script)} {
			readBack(t, p, Options{}, label, value, script)
			readBack(t, p, azure[len(value)%len(azure)], label, value, script)
		}
	})
}

// TestLargeScript sends inline commands of 1 MB through a Packer template.
func TestLargeScript(t *testing.T) {
	script := strings.Repeat("echo 'e\u0301' ${x} {{ y }} \x00\r\n", 40_000)
	for _, o := range []Options{{}, {Target: Azure}} {
		readBack(t, linuxPlan("big", "big", script), o, "big", "big", script)
		readBack(t, windowsPlan("big", "big", script), o, "big", "big", script)
	}
}

// linuxPlan has the value wherever a person may write one on Linux.
func linuxPlan(label, value, script string) *plan.Plan {
	content := func(name string) plan.Content { return plan.Content{FileName: name, Text: script} }
	steps := func(prefix string) []plan.Step {
		return []plan.Step{
			{ID: prefix + "[0]", Name: label, Shell: &plan.Shell{Script: content(prefix + "-01.sh")},
				Origin: plan.Origin{Path: "properties." + prefix + "[0]" + value}},
			{ID: prefix + "[1]", Name: label, File: &plan.File{Content: content(prefix + "-02"), Destination: value}},
		}
	}
	return &plan.Plan{
		Name: label, OS: plan.Linux, TimeoutMinutes: 240,
		Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: value, Offer: value, SKU: value, Version: value,
			Plan: &plan.PurchasePlan{Name: value, Product: value, Publisher: value}}, Origin: plan.Origin{Path: "properties.source"}},
		Azure: plan.Azure{Location: value, VMSize: value, ResourceTags: map[string]string{"a" + value: value}},
		Steps: steps("customize"), Validation: &plan.Validation{Steps: steps("validate")},
		Destinations: []plan.Destination{{ID: "distribute[0]", RunOutputName: label, Tags: map[string]string{value: value}, VHD: &plan.VHD{URI: value}}},
	}
}

// windowsPlan has the value where only a Windows build takes one.
func windowsPlan(label, value, script string) *plan.Plan {
	return &plan.Plan{
		Name: label, OS: plan.Windows, TimeoutMinutes: 240,
		Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "p", Offer: "o", SKU: "s", Version: "latest"}},
		Azure:  plan.Azure{Location: "westeurope"},
		Steps: []plan.Step{
			{ID: "customize[0]", Name: label, PowerShell: &plan.PowerShell{Script: plan.Content{FileName: "01.ps1", Text: script}}},
			{ID: "customize[1]", Name: label, WindowsRestart: &plan.WindowsRestart{Command: value, CheckCommand: value, Timeout: value}},
			{ID: "customize[2]", Name: label, WindowsUpdate: &plan.WindowsUpdate{SearchCriteria: value, Filters: []string{value, "include:$true"}}},
		},
	}
}

// readBack emits the plan twice and reads what was written.
func readBack(t *testing.T, p *plan.Plan, o Options, label, value, script string) {
	t.Helper()
	folder, err := Packer(p, o)
	again, _ := Packer(p, o)
	if !reflect.DeepEqual(folder, again) { // cmp.Diff takes seconds for a script of 1 MB
		t.Fatal("two folders from one plan")
	}
	exact := utf8.ValidString(value) && norm.NFC.IsNormalString(value)
	if err != nil {
		if exact && !strings.Contains(value, "{{") && o.Target == "" {
			t.Fatalf("%+v: %v", o, err)
		}
		return
	}
	for _, f := range folder.Files {
		switch {
		case strings.HasSuffix(f.Path, ".pkr.hcl"):
			holdText(t, f)
		case strings.HasSuffix(f.Path, ".sh"), strings.HasSuffix(f.Path, ".ps1"):
			if string(f.Data) != script {
				t.Fatalf("%s is not the script", f.Path)
			}
		}
	}
	labels, values := 0, 0
	for _, path := range []string{TemplateFile, ValidateDir + "/" + TemplateFile} {
		for _, s := range written(t, folder, path) {
			switch s.name {
			case "build name":
				label := label
				if strings.HasPrefix(path, ValidateDir) {
					label += "-validation"
				}
				hold(t, s, norm.NFC.String(strings.ToValidUTF8(label, "\ufffd")))
			case "provisioner name":
				if want := norm.NFC.String(strings.ToValidUTF8(label, "\ufffd")); label != "" {
					hold(t, s, want)
					labels++
				}
			case "provisioner destination", "provisioner restart_command", "provisioner restart_check_command", "provisioner restart_timeout",
				"provisioner search_criteria", "provisioner filters", "source image_publisher", "source image_offer", "source image_sku",
				"source image_version", "plan_info plan_name", "plan_info plan_product", "plan_info plan_publisher":
				if s.text != "include:$true" && (p.OS == plan.Linux || !strings.Contains(s.name, "image_")) {
					hold(t, s, value)
					values++
				}
			}
		}
	}
	if label != "" && labels < 2 || value != "" && p.OS == plan.Linux && values < 1 {
		t.Errorf("%+v: read %d labels and %d values", o, labels, values)
	}
}

// hold wants what Packer makes of an attribute: HCL's value, rendered as a Go template.
func hold(t *testing.T, s stringAttr, want string) {
	t.Helper()
	got := s.text
	if s.rendered {
		tmpl, err := template.New("").Parse(got)
		if err != nil {
			t.Fatalf("%s: %q is no Go template: %v", s.name, got, err)
		}
		var b strings.Builder
		if err := tmpl.Execute(&b, nil); err != nil {
			t.Fatalf("%s: %q: %v", s.name, got, err)
		}
		got = b.String()
	}
	if got != want {
		t.Errorf("%s: got %q, want %q", s.name, got, want)
	}
}

// holdText wants what "packer fmt" would leave alone.
func holdText(t *testing.T, f File) {
	t.Helper()
	if again := hclwrite.Format(f.Data); !bytes.Equal(f.Data, again) {
		t.Errorf("%s is not formatted:\n%s", f.Path, cmp.Diff(string(again), string(f.Data)))
	}
	if !bytes.HasSuffix(f.Data, []byte("\n")) || bytes.HasSuffix(f.Data, []byte("\n\n")) {
		t.Errorf("%s does not end in one newline", f.Path)
	}
	if _, wrong := hclparse.NewParser().ParseHCL(f.Data, f.Path); wrong.HasErrors() {
		t.Fatalf("%v\n%s", wrong, f.Data)
	}
}

// stringAttr is a string of a block, or an element of a list of strings.
type stringAttr struct {
	name, text string
	rendered   bool // by Packer, as a Go template
}

// written lists the strings of a Packer template that are constants, by the block they stand in.
func written(t *testing.T, f *Folder, path string) []stringAttr {
	t.Helper()
	i := 0
	for i < len(f.Files) && f.Files[i].Path != path {
		i++
	}
	if i == len(f.Files) {
		return nil
	}
	file, wrong := hclparse.NewParser().ParseHCL(f.Files[i].Data, path)
	if wrong.HasErrors() {
		t.Fatal(wrong)
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"path": cty.ObjectVal(map[string]cty.Value{"root": cty.StringVal("/folder")}),
	}}
	var all []stringAttr
	var walk func(b *hclsyntax.Body, block string)
	walk = func(b *hclsyntax.Body, block string) {
		for name, a := range b.Attributes {
			v, wrong := a.Expr.Value(ctx)
			if wrong.HasErrors() {
				continue // var.… or build.…
			}
			if !v.Type().IsTupleType() {
				v = cty.TupleVal([]cty.Value{v})
			}
			for _, e := range v.AsValueSlice() {
				if e.Type() == cty.String {
					all = append(all, stringAttr{block + " " + name, e.AsString(), name != "name"})
				}
			}
		}
		for _, inner := range b.Blocks {
			walk(inner.Body, inner.Type)
		}
	}
	walk(file.Body.(*hclsyntax.Body), "")
	return all
}
