package service

import (
	"errors"
	"testing"

	"github.com/ingot-build/ingot/translate/plan"
)

func TestFindStep(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{
		{ID: "prepare", Hidden: true}, {ID: "customize[0]", Name: "install"}, {ID: "customize[1]", Name: "twice"},
		{ID: "customize[2]", Name: "twice"}, {ID: "customize[3]"}, {ID: "customize[4]", Name: "3"}, {ID: "generalize", Hidden: true},
	}}
	for word, want := range map[string]int{
		"customize[0]": 1, "install": 1, "0": 1, " 2 ": 3, "generalize": 6, "prepare": 0, "customize[3]": 4,
		"3": 4, // a number is one of customize, whatever some name is
	} {
		if got, err := FindStep(p, word); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", word, got, err, want)
		}
	}
	for word, fix := range map[string]string{
		"instal": `did you mean "install"?`, "twice": "name it by its id: customize[1]", "customise[1]": `did you mean "customize[1]"?`,
		"9": "name it by its id, its name, or its number in customize", "": "name it by its id, its name, or its number in customize",
		"-1": "name it by its id, its name, or its number in customize",
	} {
		var e *UnknownStepError
		if _, err := FindStep(p, word); !errors.As(err, &e) || e.Fix() != fix || e.Why() == "" {
			t.Errorf("%q: %v, fix %q, want %q", word, err, e.Fix(), fix)
		}
	}
}
