package all_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/all"
)

// Each component can be made, and tells what it may be configured with, without being prepared.
func TestComponents(t *testing.T) {
	for name, make := range all.PostProcessors() {
		if len(make().ConfigSpec()) == 0 {
			t.Errorf("post-processor %s has an empty specification", name)
		}
	}
	for name, make := range all.Builders() {
		if len(make().ConfigSpec()) == 0 {
			t.Errorf("builder %s has an empty specification", name)
		}
	}
	for name, make := range all.Provisioners() {
		if len(make().ConfigSpec()) == 0 {
			t.Errorf("provisioner %s has an empty specification", name)
		}
	}
}

// Of Packer itself, few packages are linked, at the last version whose licence allows it. See package shell.
func TestPackerPin(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f",
		`{{with .Module}}{{if eq .Path "github.com/hashicorp/packer"}}{{$.ImportPath}}@{{.Version}}{{end}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	slices.Sort(linked)
	if diff := cmp.Diff([]string{
		"github.com/hashicorp/packer/builder/file@v1.9.4",
		"github.com/hashicorp/packer/builder/null@v1.9.4",
		"github.com/hashicorp/packer/post-processor/artifice@v1.9.4",
		"github.com/hashicorp/packer/post-processor/shell-local@v1.9.4",
		"github.com/hashicorp/packer/provisioner/file@v1.9.4",
		"github.com/hashicorp/packer/provisioner/powershell@v1.9.4",
		"github.com/hashicorp/packer/provisioner/shell-local@v1.9.4",
		"github.com/hashicorp/packer/provisioner/shell@v1.9.4",
		"github.com/hashicorp/packer/provisioner/sleep@v1.9.4",
		"github.com/hashicorp/packer/provisioner/windows-restart@v1.9.4",
		"github.com/hashicorp/packer/provisioner/windows-shell@v1.9.4",
	}, linked); diff != "" {
		t.Errorf("linked packages of Packer (-want +got):\n%s", diff)
	}
}
