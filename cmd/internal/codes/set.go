package codes

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// A Set is some of the codes. The nil Set is empty.
type Set map[diag.Code]bool

// An UnknownError is a name that stands for no code.
type UnknownError struct{ Given string }

func (e *UnknownError) Error() string { return fmt.Sprintf("there is no code %q", e.Given) }

// Fix names the code that was probably meant.
func (e *UnknownError) Fix() string {
	names := make([]string, len(All()))
	for i, e := range All() {
		names[i] = string(e.Code)
	}
	if near := diag.Near(e.Given, names); near != "" {
		return fmt.Sprintf("did you mean %s? all are listed by: ingot rules", near)
	}
	return "all are listed by: ingot rules; ING22xx stands for every code that starts with ING22"
}

// group is a code with letters x for its last digits: ING22xx.
var group = regexp.MustCompile(`^ING\d*X+$`)

// Parse reads codes and groups of codes: ING2103, ING22xx. Upper and lower case are the same. The error is an *UnknownError: a group
// without any code in it is unknown too.
func Parse(given []string) (Set, error) {
	set := Set{}
	for _, g := range given {
		text := strings.ToUpper(strings.TrimSpace(g))
		n := len(set)
		for _, e := range All() {
			if matches(text, string(e.Code)) {
				set[e.Code] = true
				n = -1
			}
		}
		if n >= 0 {
			return nil, &UnknownError{g}
		}
	}
	return set, nil
}

func matches(text, code string) bool {
	if len(text) == len(code) && group.MatchString(text) {
		return strings.HasPrefix(code, strings.TrimRight(text, "X"))
	}
	return text == code
}
