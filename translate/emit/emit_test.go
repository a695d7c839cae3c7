package emit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

var sum = strings.Repeat("ab", 32)

// sample has one step of each kind: inline and fetched, resolved and not.
func sample() *plan.Plan {
	return &plan.Plan{
		Name: "web", OS: plan.Linux, OSDiskSizeGB: 30, TimeoutMinutes: 240,
		Source: plan.Source{
			PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12-gen2", Version: "latest"},
			Origin:        plan.Origin{Path: "properties.source"},
		},
		Steps: []plan.Step{
			{ID: "prepare", Hidden: true, File: &plan.File{
				Content: plan.Content{FileName: "DeprovisioningScript.sh", Text: "#!/bin/sh\n"}, Destination: "/tmp/DeprovisioningScript.sh"}},
			{ID: "customize[0]", Name: "install", Origin: plan.Origin{Path: "properties.customize[0]"}, Shell: &plan.Shell{
				Script: plan.Content{FileName: "01-install.sh", Text: "#!/bin/sh -e\necho a\n"}}},
			{ID: "customize[1]", Origin: plan.Origin{Path: "properties.customize[1]"}, File: &plan.File{
				Content:     plan.Content{FileName: "02-index.html", URI: "https://example.com/index.html", SHA256: sum, Size: 3, Resolved: true},
				Destination: "/tmp/index.html"}},
			{ID: "customize[2]", Origin: plan.Origin{Path: "properties.customize[2]"}, Shell: &plan.Shell{
				Script: plan.Content{FileName: "03-later.sh", URI: "https://example.com/later.sh"}}},
			{ID: "generalize", Hidden: true, Shell: &plan.Shell{
				Script: plan.Content{FileName: "generalize.sh", Text: "#!/bin/sh\n"}, AsRoot: true, LastWord: true}},
		},
	}
}

func TestFolder(t *testing.T) {
	f, err := Packer(sample(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range f.Files {
		kind := "data"
		if file.Blob != "" {
			kind = "blob"
		}
		got = append(got, fmt.Sprintf("%s %s %v", file.Path, kind, file.Mode))
	}
	want := []string{
		"README.md data -rw-r--r--",
		"files/01-install.sh data -rw-r--r--",
		"files/02-index.html blob -rw-r--r--",
		"files/DeprovisioningScript.sh data -rw-r--r--",
		"files/SHA256SUMS data -rw-r--r--",
		"files/generalize.sh data -rw-r--r--",
		"image.pkr.hcl data -rw-r--r--",
		"variables.pkr.hcl data -rw-r--r--",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"files/03-later.sh"}, f.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestSums(t *testing.T) {
	f, err := Packer(sample(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `af4fafc4289e6d9b6a6fd3ae7f502a8ac50afee03669da60b32105d962eb3a52  01-install.sh
` + sum + `  02-index.html
a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf  DeprovisioningScript.sh
a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf  generalize.sh
`
	if diff := cmp.Diff(want, string(data(t, f, SumsFile))); diff != "" {
		t.Errorf("SHA256SUMS (-want +got):\n%s", diff)
	}
	f, err = Packer(&plan.Plan{Name: "bare", OS: plan.Linux}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range f.Files {
		if file.Path == SumsFile {
			t.Error("a folder without content has a list of sums")
		}
	}
}

func TestRefusals(t *testing.T) {
	step := func(c plan.Content) plan.Step { return plan.Step{ID: "x", Shell: &plan.Shell{Script: c}} }
	tests := []struct {
		name, want string
		plan       *plan.Plan
	}{
		{"resolved without sum", `emit p: files/a.sh is resolved but has no SHA-256: ""`,
			&plan.Plan{Name: "p", OS: plan.Linux, Steps: []plan.Step{step(plan.Content{FileName: "a.sh", URI: "u", Resolved: true})}}},
		{"same name twice", `emit p: two steps have content named "A.sh"`,
			&plan.Plan{Name: "p", OS: plan.Linux, Steps: []plan.Step{step(plan.Content{FileName: "a.sh"}), step(plan.Content{FileName: "A.sh"})}}},
		{"braces in destination",
			`emit p: build: provisioner file: destination: Packer cannot write to "/tmp/{{x", since it takes "{{" for a template`,
			&plan.Plan{Name: "p", OS: plan.Linux, Steps: []plan.Step{
				{ID: "x", File: &plan.File{Destination: "/tmp/{{x", Content: plan.Content{FileName: "x"}}}}}},
	}
	for _, bad := range []string{"", "..", "../up", "a/b", "a b", "*", "-rf", ".hidden", "é", "${x}", "sha256sums"} {
		tests = append(tests, struct {
			name, want string
			plan       *plan.Plan
		}{"name " + bad, fmt.Sprintf("emit p: %q cannot be the name of a file beside the Packer template", bad),
			&plan.Plan{Name: "p", OS: plan.Linux, Steps: []plan.Step{step(plan.Content{FileName: bad})}}})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Packer(tt.plan, Options{})
			if f != nil || err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v; want error %s", f, err, tt.want)
			}
		})
	}
}

// The text is what "packer fmt" would leave alone, and parses; the steps are the provisioners, in order.
func TestTemplate(t *testing.T) {
	f, err := Packer(sample(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{TemplateFile, VariablesFile} {
		src := data(t, f, name)
		if again := hclwrite.Format(src); !bytes.Equal(src, again) {
			t.Errorf("%s is not formatted:\n%s", name, cmp.Diff(string(again), string(src)))
		}
		if src[len(src)-1] != '\n' || bytes.HasSuffix(src, []byte("\n\n")) {
			t.Errorf("%s does not end in one newline", name)
		}
	}
	var kinds []string
	for _, b := range provisioners(t, data(t, f, TemplateFile)) {
		kinds = append(kinds, b.Labels[0]+" "+value(t, b, "name"))
	}
	want := []string{"file prepare", "shell install", "file customize[1]", "shell customize[2]", "shell generalize"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("provisioners (-want +got):\n%s", diff)
	}
}

func data(t *testing.T, f *Folder, path string) []byte {
	t.Helper()
	for _, file := range f.Files {
		if file.Path == path {
			return file.Data
		}
	}
	t.Fatalf("no file %s", path)
	return nil
}

// provisioners parses an image.pkr.hcl.
func provisioners(t *testing.T, src []byte) []*hclsyntax.Block {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL(src, TemplateFile)
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, src)
	}
	var all []*hclsyntax.Block
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "build" {
			continue
		}
		for _, p := range b.Body.Blocks {
			all = append(all, p)
		}
	}
	return all
}

// value evaluates a string attribute of a block.
func value(t *testing.T, b *hclsyntax.Block, name string) string {
	t.Helper()
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"path": cty.ObjectVal(map[string]cty.Value{"root": cty.StringVal("/folder")}),
	}}
	v, diags := b.Body.Attributes[name].Expr.Value(ctx)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return v.AsString()
}

// What a person wrote is text in the README, and nothing else.
func TestReadmeIsText(t *testing.T) {
	const hostile = "a`b ``c`` [d](http://e) <script> *f*\n# g"
	p := sample()
	p.Name = hostile
	p.Destinations = []plan.Destination{{ID: "distribute[0]", RunOutputName: hostile, VHD: &plan.VHD{}, Origin: plan.Origin{Path: hostile}}}
	f, err := Packer(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data(t, f, ReadmeFile))
	for _, want := range []string{
		"# Packer template of ```a`b ``c`` [d](http://e) <script> *f* # g```\n",
		"- the image is not distributed as \"a\\`b \\`\\`c\\`\\` [d]\\(http://e) \\<script\\> \\*f\\*\\\\n# g\" (```a`b",
	} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README has no %q:\n%s", want, readme)
		}
	}
	if strings.Contains(readme, "\n# g") {
		t.Errorf("a heading came with the name:\n%s", readme)
	}
}
