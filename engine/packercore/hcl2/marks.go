package hcl2

import (
	"strconv"

	"github.com/zclconf/go-cty/cty"
)

// markTexts marks every part of a value that can be shown.
func markTexts(v cty.Value) cty.Value {
	marked, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.Type().IsPrimitiveType() {
			return v.Mark(sensitive), nil
		}
		return v, nil
	})
	if err != nil {
		return v.Mark(sensitive) // a set cannot have marked elements
	}
	return marked
}

// shortestDerived is the length in bytes from which a text that was made of a sensitive one is sensitive by itself. Shorter ones are
// mostly answers to a question, such as "yes", and to hide them wherever they stand would garble everything else.
const shortestDerived = 6

// tellDerived tells the texts in the parts of a value that are marked: what was made of something sensitive.
func tellDerived(tell func(string), v cty.Value) {
	tellMarked(func(text string) {
		if _, err := strconv.ParseFloat(text, 64); err != nil && len(text) >= shortestDerived {
			tell(text)
		}
	}, v)
}

// tellMarked tells every text and number in the parts of a value that are marked.
func tellMarked(tell func(string), v cty.Value) {
	plain, marks := v.UnmarkDeepWithPaths()
	for _, m := range marks {
		if part, err := m.Path.Apply(plain); err == nil {
			tellSecrets(tell, part)
		} else {
			tellSecrets(tell, plain) // inside of a set, which paths cannot reach
		}
	}
}

// unmarked gives the value as components see it.
func unmarked(v cty.Value) cty.Value {
	v, _ = v.UnmarkDeep()
	return v
}
