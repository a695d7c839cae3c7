package kernelbound_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// inline is a plan with one step that runs commands, a line each.
func inline(lines ...string) *plan.Plan {
	c := plan.Content{FileName: "01-a.sh", Text: "#!/bin/sh -e\n" + strings.Join(lines, "\n") + "\n", Lines: plan.Lines{{}},
		Origin: plan.Origin{Path: "properties.customize[0].inline"}}
	for i := range lines {
		c.Lines = append(c.Lines, diag.Range{File: "web.json", Start: diag.Pos{Line: 10 + i, Column: 7}})
	}
	return &plan.Plan{OS: plan.Linux, Steps: []plan.Step{{ID: "customize[0]", Shell: &plan.Shell{Script: c}}}}
}

// file is a plan with one step that runs a script at a URI, and what is there.
func file(text string) (*plan.Plan, Text) {
	c := plan.Content{FileName: "01-a.sh", URI: "file:scripts/a.sh", Origin: plan.Origin{Path: "properties.customize[0].scriptUri"}}
	p := &plan.Plan{OS: plan.Linux, Steps: []plan.Step{{ID: "customize[0]", Shell: &plan.Shell{Script: c}}}}
	return p, func(plan.Content) (string, bool) { return text, true }
}

func nothing(plan.Content) (string, bool) { return "", false }

// kinds are "kind: command" of each mark.
func kinds(marks []Mark) []string {
	var all []string
	for _, m := range marks {
		all = append(all, m.Kind+": "+m.Command)
	}
	return all
}

func TestMarksPlaces(t *testing.T) {
	got := Marks(inline("echo a", "sudo modprobe overlay && echo ok", "sysctl -w a.b=1"), nothing)
	want := []Mark{
		{Step: "customize[0]", Command: "sudo modprobe overlay", Kind: Modules, Why: got[0].Why, Origin: got[0].Origin,
			File: "web.json", Line: 11, Column: 7},
		{Step: "customize[0]", Command: "sysctl -w a.b=1", Kind: Sysctl, Why: got[1].Why, Origin: got[0].Origin, File: "web.json",
			Line: 12, Column: 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inline (-want +got):\n%s", diff)
	}
	if at := got[0].At(); at != "web.json:11:7" || got[0].Why == "" || got[0].Origin.Path != "properties.customize[0].inline" {
		t.Errorf("%q, %+v", at, got[0])
	}
	p, text := file("#!/bin/bash\nif true; then\n  äö=1; update-grub\nfi\n")
	if got := Marks(p, text); len(got) != 1 || got[0].At() != "scripts/a.sh:3:9" {
		t.Errorf("file: %+v", got)
	}
}
