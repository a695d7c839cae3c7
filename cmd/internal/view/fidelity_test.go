package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/translate/diag"
)

func TestEndingFidelity(t *testing.T) {
	list := []fidelity.Difference{
		{Kind: "vm-size", What: "the build VM has 1 CPU", Why: "no size is named"},
		{Kind: "metadata", What: "nobody \x1b[31manswers", Why: "it is off", Step: "customize[1]", Path: "properties.customize[1].inline",
			Range: diag.Range{File: "web.json", Start: diag.Pos{Line: 4, Column: 7}}},
		{Kind: "distribution", What: "it stays here", Why: "nothing changes in Azure", Step: "distribute[0]"},
	}
	for _, tt := range []struct{ name, state, show, want string }{
		{"short", "Succeeded", FidelityShort, `
  the service would differ in 3 ways (--fidelity full has the reasons):
    vm-size       the build VM has 1 CPU
    metadata      nobody answers
    distribution  it stays here
`},
		{"full", "Failed", FidelityFull, `
  the service would differ in 3 ways:
    vm-size       the build VM has 1 CPU
                  why: no size is named
    metadata      nobody answers
                  why: it is off
                  at:  web.json:4:7, properties.customize[1].inline
    distribution  it stays here
                  why: nothing changes in Azure
                  at:  step distribute[0]
`},
		{"after a failure", "Failed", FidelityShort, `
  the service would differ in 3 ways; --fidelity full shows them
`},
		{"off", "Succeeded", FidelityOff, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := (Ending{State: tt.state, Fidelity: list, ShowFidelity: tt.show}).fidelity(&b, Palette{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}
