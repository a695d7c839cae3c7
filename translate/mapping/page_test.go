package mapping_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/mapping.md")

const page = "../../docs/mapping.md"

// TestPage holds docs/mapping.md against the claims.
func TestPage(t *testing.T) {
	want := pageText()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/mapping.md is not up to date (go test ./translate/mapping -update):\n%s", diff)
	}
}

// TestNamedTestsExist holds that what a claim calls its witness is a test, and that a claim about a build has one.
func TestNamedTestsExist(t *testing.T) {
	for _, c := range claims {
		if c.build != "" && c.test == "" {
			t.Errorf("%s: no test shows what a build does", c.path)
		}
		if c.test == "" {
			continue
		}
		dir, name, ok := strings.Cut(c.test, " ")
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
		if err != nil || !ok {
			t.Fatalf("%s: %q is no package and test: %v", c.path, c.test, err)
		}
		found := false
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "func "+name+"(t *testing.T)")
		}
		if !found {
			t.Errorf("%s: %s has no test %s", c.path, dir, name)
		}
	}
}

const intro = `# What becomes of each property

Every property of api-version %s that a person may write, and what it becomes. This page is made from the claims in
[translate/mapping](../translate/mapping/claims_test.go); after a change run ` + "`go test ./translate/mapping -update`" + `.

Each line is held by a test, ` + "`TestClaims/<property>`" + ` in translate/mapping: it changes the property in a template that has it, and wants
the change in the plan, in the Packer folder of each target, or among the findings, exactly where the line says, and nowhere else where
the line says nothing. ` + "`TestEveryPropertyIsClaimed`" + ` there walks the [schema](../translate/schema) and fails on a property without a line. What a
build on this machine does with it is shown by the test that the last column names.

- **plan**: the value of ` + "`ingot translate --print plan`" + ` that it becomes.
- **qemu**, **azure**: what it becomes in the Packer folder for that target: an attribute, or a file. An empty cell: nothing. The
  distributors' cells for azure say what ` + "`--standalone`" + ` makes of them; without it a build distributes nothing, and for qemu likewise.
- **a build here**: what ` + "`ingot build`" + ` does with it; a code is that of the finding which stops it. An empty cell: what the column qemu
  says, which it runs.

Older api-versions have other names for some of these, and they become the same: a Shell customizer's ` + "`script`" + `, a distributor's ` + "`tags`" + `,
the lower case types of 2018. A ` + "`vnetConfig`" + ` by ` + "`name`, `subnetName` and `resourceGroupName`" + ` becomes ` + "`azure.network`" + ` and the
` + "`virtual_network_…`" + ` attributes; an ` + "`ISO`" + ` source is refused (ING3003).
`

// sections are headings with the beginnings of the paths below them; the first that fits counts.
var sections = []struct{ title, begins string }{
	{"Source", "properties.source"},
	{"Customizers", "properties.customize"},
	{"Validators", "properties.validate"},
	{"Distributors", "properties.distribute"},
	{"Machines and their place in Azure", "properties.vmProfile"},
	{"Machines and their place in Azure", "properties.additionalDataDisks"},
	{"Machines and their place in Azure", "properties.stagingResourceGroup"},
	{"Machines and their place in Azure", "properties.managedResourceTags"},
	{"The run", "properties."},
	{"Triggers", "resources"},
	{"Beside the properties", ""},
}

func pageText() string {
	var b strings.Builder
	fmt.Fprintf(&b, intro, newest())
	done := map[string]bool{}
	for _, s := range sections {
		if done[s.title] {
			continue
		}
		done[s.title] = true
		fmt.Fprintf(&b, "\n## %s\n\n| property | plan | qemu | azure | a build here | shown by |\n| --- | --- | --- | --- | --- | --- |\n", s.title)
		for _, c := range claims {
			if c.section() == s.title {
				b.WriteString(c.row())
			}
		}
	}
	return b.String()
}

func (c claim) section() string {
	for _, s := range sections {
		if strings.HasPrefix(c.path, s.begins) {
			return s.title
		}
	}
	return ""
}

func (c claim) row() string {
	planned, qemu, azure, build := "", c.qemu, c.azure, c.build
	if c.plan != "" {
		planned = "`" + c.plan + "`"
	}
	switch {
	case c.none != "":
		planned = "no effect on an image: " + c.none
	case c.refused != "":
		planned = fmt.Sprintf("`%s` is refused (%s)", c.set, c.refused)
		if strings.HasSuffix(c.path, ".type") || strings.HasSuffix(c.path, ".kind") {
			planned = fmt.Sprintf("says which of the types it is; another one is refused (%s)", c.refused)
		}
	}
	if code, ok := strings.CutPrefix(qemu, "refused: "); ok {
		qemu = "refused (" + code + ")"
	}
	if c.halts != "" {
		halts := fmt.Sprintf("%s: not covered yet", c.halts)
		if !strings.Contains(c.path, "customize[") && !strings.Contains(c.path, "inVMValidations") {
			halts = fmt.Sprintf("`%s` is not covered yet (%s)", strings.Trim(c.set, `"`), c.halts)
		}
		build = strings.TrimPrefix(build+"; "+halts, "; ")
	}
	test := "TestClaims"
	if c.test != "" {
		dir, name, _ := strings.Cut(c.test, " ")
		test += fmt.Sprintf(", [%s](../%s)", name, dir)
	}
	property := strings.TrimPrefix(c.path, "properties.")
	cells := []string{"`" + property + "`", planned, qemu, azure, build, test}
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}
