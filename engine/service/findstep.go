package service

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// FindStep gives the index in p.Steps of the step that a person names: by its id, such as customize[2] or generalize; by the name that
// it has in the image template; or by its number in customize. The error is an *UnknownStepError.
func FindStep(p *plan.Plan, word string) (int, error) {
	word = strings.TrimSpace(word)
	id := word
	if n, err := strconv.Atoi(word); err == nil && n >= 0 {
		id = fmt.Sprintf("customize[%d]", n)
	}
	named := -1
	e := &UnknownStepError{Word: word}
	for i, st := range p.Steps {
		if st.ID == id || st.ID == word {
			return i, nil
		}
		if st.Name == "" {
			continue
		}
		if st.Name == word {
			e.Same = append(e.Same, st.ID)
			named = i
		}
	}
	if len(e.Same) == 1 {
		return named, nil
	}
	var words []string
	for _, st := range p.Steps {
		e.Known = append(e.Known, st.Title())
		words = append(words, st.ID)
		if st.Name != "" {
			words = append(words, st.Name)
		}
	}
	e.Near = diag.Near(word, words)
	return 0, e
}

// UnknownStepError says that a word names no step of an image template, or several.
type UnknownStepError struct {
	Word  string
	Same  []string // ids of steps that have the word for a name, where these are several
	Near  string   // the word that was probably meant; "" if none is near
	Known []string // titles of the steps
}

// Error says so.
func (e *UnknownStepError) Error() string {
	if len(e.Same) > 0 {
		return fmt.Sprintf("several steps have the name %q", e.Word)
	}
	return fmt.Sprintf("the image template has no step %q", e.Word)
}

// Why lists what there is.
func (e *UnknownStepError) Why() string {
	if len(e.Same) > 0 {
		return "they are " + strings.Join(e.Same, ", ")
	}
	return "its steps are " + strings.Join(e.Known, ", ")
}

// Fix says what to type.
func (e *UnknownStepError) Fix() string {
	switch {
	case len(e.Same) > 0:
		return "name it by its id: " + e.Same[0]
	case e.Near != "":
		return fmt.Sprintf("did you mean %q?", e.Near)
	}
	return "name it by its id, its name, or its number in customize"
}
