package azurearm

import (
	"regexp"
	"slices"
	"strings"
)

// row explains a sort of failure. In its texts {name} is what the group of that name in says caught, and {name|otherwise} has words for
// where it caught nothing; {resource}, {code} and {policies} are those of the failure.
type row struct {
	codes  []string       // any of them; none: the code does not matter
	status int            // of HTTP; 0: any
	says   *regexp.Regexp // what the message has to have; nil: anything
	words  string         // for docs/errors.md: what it looks like, where there are no codes
	weak   bool           // it says little: an error inside this one counts for more, whatever it is

	kind           Kind
	what, why, fix string
	size           bool // another size of the VM may help
}

// rows is the table, in the order in which it is looked through: those that look at the message come before those of the same code that
// do not.
var rows = slices.Concat(accessRows, limitRows, absentRows, conflictRows, networkRows, machineRows, textRows, weakRows)

// unknown is for what no row is about.
var unknown = row{kind: Other, what: "Azure refused: {code|no reason given}"}

// says is a pattern, whatever the case of the letters.
func says(pattern string) *regexp.Regexp { return regexp.MustCompile("(?i)" + pattern) }

// lookup finds the row for an error, and what its pattern caught. The row is nil if there is none, the map never.
func lookup(status int, code, message string) (*row, map[string]string) {
	caught := map[string]string{}
	for i := range rows {
		r := &rows[i]
		if len(r.codes) > 0 && !slices.ContainsFunc(r.codes, func(c string) bool { return strings.EqualFold(c, code) }) {
			continue
		}
		if r.status != 0 && r.status != status {
			continue
		}
		if r.says == nil {
			return r, caught
		}
		m := r.says.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		for j, name := range r.says.SubexpNames() {
			if name != "" && m[j] != "" {
				caught[name] = m[j]
			}
		}
		return r, caught
	}
	return nil, caught
}

// rank tells how much an error says: 2 if the table is about it, 1 if it has a code that the table does not know, 0 if it is one of
// those that are around others.
func rank(f finding) int {
	r, _ := lookup(f.status, f.code, cut(f.message, maxMatched))
	switch {
	case r != nil && !r.weak:
		return 2
	case r != nil || f.code == "":
		return 0
	default:
		return 1
	}
}

// failure fills in the texts.
func (r *row) failure(words map[string]string) *Failure {
	return &Failure{Kind: r.kind, What: fill(r.what, words), Why: fill(r.why, words), Fix: fill(r.fix, words), OtherSize: r.size}
}

var slot = regexp.MustCompile(`\{(\w+)(?:\|([^}]*))?\}`)

// fill puts words into a text.
func fill(text string, words map[string]string) string {
	return slot.ReplaceAllStringFunc(text, func(s string) string {
		m := slot.FindStringSubmatch(s)
		if w := shown(words[m[1]]); w != "" {
			return w
		}
		return m[2]
	})
}
