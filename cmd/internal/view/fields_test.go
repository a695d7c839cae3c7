package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFields(t *testing.T) {
	var b strings.Builder
	err := Fields(&b, Palette{}, [][]string{
		{"run", "3f2a9c1e"}, {"validation", ""}, {"message", "two\nlines, \x1b[31mred"}, {"no", "value"},
	})
	want := "run      3f2a9c1e\nmessage  two\n         lines, red\nno       value\n"
	if diff := cmp.Diff(want, b.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestSummaryOfValidation: what a validation came to stands beside its log, and a run that only validates did not build.
func TestSummaryOfValidation(t *testing.T) {
	for _, tt := range []struct {
		name string
		e    Ending
		want string
	}{
		{"the source alone", Ending{Name: "web", Run: "3f2a9c1e", State: "Succeeded", Validation: "Succeeded", LogPath: "/r/c.log", ValidationLog: "/r/v.log"},
			"image template \"web\" validated in 0.0s, run 3f2a9c1e\n\n  log: /r/c.log\n  validation: Succeeded, log: /r/v.log\n"},
		{"distributed all the same", Ending{Name: "web", Run: "3f2a9c1e", State: "Failed", Validation: "Failed", ValidationLog: "/r/v.log",
			Outputs: []Output{{}}},
			"image template \"web\" failed after 0.0s, run 3f2a9c1e\n\n   ()\n  validation: Failed, log: /r/v.log\n"},
		{"it did not come to that", Ending{Name: "web", Run: "3f2a9c1e", State: "Failed", Validation: "NotRun", LogPath: "/r/c.log"},
			"image template \"web\" failed after 0.0s, run 3f2a9c1e\n\n  log: /r/c.log\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			err := Summary(&b, Palette{}, tt.e)
			if diff := cmp.Diff(tt.want, b.String()); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
