package emit

import (
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/translate/plan"
)

// The limit is in whole seconds, and one that is not 0 stays one.
func TestGeneralizeVar(t *testing.T) {
	for limit, want := range map[time.Duration]string{
		0: "0", time.Nanosecond: "1", 500 * time.Millisecond: "1", time.Second: "1", 90 * time.Second: "90", 61001 * time.Millisecond: "62",
		GeneralizeTimeout: "3600",
	} {
		if name, value := GeneralizeVar(limit); name != "generalize_seconds" || value != want {
			t.Errorf("%s: %s = %s, want %s", limit, name, value, want)
		}
	}
}

// Only a Packer template that generalizes has the variable: not one that validates, and not one whose step has that name alone.
func TestGeneralizeVarOnlyWhereItCounts(t *testing.T) {
	script := plan.Content{FileName: "a.sh", Text: "true\n"}
	for _, tt := range []struct {
		name string
		step plan.Step
		want bool
	}{
		{"the hidden step", plan.Step{ID: "generalize", Hidden: true, Shell: &plan.Shell{Script: script}}, true},
		{"a customizer of that name", plan.Step{ID: "customize[0]", Name: "generalize", Shell: &plan.Shell{Script: script}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Packer(&plan.Plan{Name: "p", OS: plan.Linux, Steps: []plan.Step{tt.step}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{TemplateFile, VariablesFile} {
				if got := strings.Contains(string(data(t, f, file)), "generalize_seconds"); got != tt.want {
					t.Errorf("%s has the variable: %v, want %v", file, got, tt.want)
				}
			}
		})
	}
}
