package view

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/sameimage"
)

// TestEndingOfABuildInContainers shows what such a build says of itself, to people and to programs.
func TestEndingOfABuildInContainers(t *testing.T) {
	e := Ending{
		Run: "0123abcd", Name: "web", State: "Succeeded", Elapsed: 3 * time.Second,
		InContainers: InContainers{
			Ran:     []Stretch{{Target: "nspawn", Steps: []string{"customize[0]"}}},
			RanText: "customize[0] ran in a container",
			Marks: []kernelbound.Mark{
				{Step: "customize[1]", Kind: "modules", Command: "modprobe dm_crypt\x1b[2J"}, {Step: "customize[1]", Kind: "modules"},
				{Step: "customize[1]", Kind: "mount"}, {Step: "customize[2]", Kind: "reboot"},
			},
			Verified: &Verified{
				Text: "the VM made another image", Files: 30, Explained: 4, Different: 23, Packages: []string{"sudo"},
				First: []sameimage.Difference{
					{Path: "package sudo", What: "1.9, and 2 on the second"}, {Path: "/etc/x\x1b[31m", What: "only on the first"},
				},
			},
		},
	}
	var b strings.Builder
	if err := Summary(&b, Palette{}, e); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"steps: customize[0] ran in a container",
		"in a container: customize[1] (modules, mount), customize[2] (reboot) may come out otherwise in a VM",
		"verified: the VM made another image\n",
		"package sudo: 1.9, and 2 on the second",
		"and 21 more",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("a control character came through: %q", b.String())
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Ran      []struct{ Target string }
		Marks    []struct{ Kind string }
		Verified struct {
			Different int
			First     []struct{ Path string }
			Packages  []string
		}
	}
	if err := json.Unmarshal(text, &got); err != nil || len(got.Ran) != 1 || len(got.Marks) != 4 || got.Verified.Different != 23 ||
		got.Verified.First[0].Path != "package sudo" || got.Verified.Packages[0] != "sudo" {
		t.Errorf("%v: %s", err, text)
	}

	b.Reset()
	e.InContainers = InContainers{Verified: &Verified{Same: true, Text: "the VM made the same image"}}
	if err := Summary(&b, Palette{}, e); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "verified: the VM made the same image\n") ||
		strings.Contains(b.String(), "steps:") {
		t.Error(b.String())
	}
}
