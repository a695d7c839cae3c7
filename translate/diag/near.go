package diag

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

const (
	// longestNear is the longest name that is looked for, in bytes: nobody mistypes longer ones, and comparing two texts of megabytes
	// takes hours.
	longestNear = 200
	// longestList is about how many bytes of known names a message can carry.
	longestList = 4000
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
		if max(len(given), len(k)) > longestNear || lettersBetween(given, k) >= bestDistance {
			continue
		}
		d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(k), nil)
		if d < bestDistance && d*2 < len(k) {
			best, bestDistance = k, d
		}
	}
	return best
}

// lettersBetween is by how many letters two texts differ in length, which is the least distance they can have.
func lettersBetween(a, b string) int {
	d := utf8.RuneCountInString(a) - utf8.RuneCountInString(b)
	return max(d, -d)
}

// KnownNames renders a set of names for a message, the near one first: `did you mean "File"? known: "File", "Shell"`.
// Of very many, the first ones are listed.
func KnownNames(given string, known []string) string {
	var b strings.Builder
	if near := Near(given, known); near != "" {
		b.WriteString(`did you mean "` + near + `"? `)
	}
	b.WriteString("known: ")
	for i, k := range slices.Sorted(slices.Values(known)) {
		switch full := b.Len()+len(k) > longestList; {
		case full && i == 0:
			return b.String() + "only names that are too long to show"
		case full:
			return fmt.Sprintf("%s and %d more", b.String(), len(known)-i)
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(`"` + k + `"`)
	}
	return b.String()
}
