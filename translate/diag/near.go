package diag

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Near returns the entry of known that the user most likely meant by given, or "" when none is close. A difference of case
// alone always counts as close; otherwise the edit distance must be under half the length of the entry, at most 4. Ties go to
// the alphabetically first entry.
func Near(given string, known []string) string {
	best, bestDistance := "", 5
	for _, k := range slices.Sorted(slices.Values(known)) {
		if strings.EqualFold(given, k) {
			return k
		}
		d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(k), nil)
		if d < bestDistance && d*2 < len(k) {
			best, bestDistance = k, d
		}
	}
	return best
}

// KnownNames renders a set of names for a message, the near one first: `did you mean "File"? known: "File", "Shell"`.
func KnownNames(given string, known []string) string {
	quoted := make([]string, 0, len(known))
	for _, k := range slices.Sorted(slices.Values(known)) {
		quoted = append(quoted, `"`+k+`"`)
	}
	list := "known: " + strings.Join(quoted, ", ")
	if near := Near(given, known); near != "" {
		return `did you mean "` + near + `"? ` + list
	}
	return list
}
