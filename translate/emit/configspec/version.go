package configspec

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of the plugin.
type Version struct{ Major, Minor, Patch int }

// ParseVersion reads "2.6.3". A patch level that is left out is 0, and so is a minor one; the plugin's own "v" is allowed.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(strings.TrimPrefix(s, "v"), ".")
	var n [3]int
	if len(parts) > len(n) {
		return Version{}, fmt.Errorf("%q is not a version such as 2.6.3", s)
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("%q is not a version such as 2.6.3", s)
		}
		n[i] = int(v)
	}
	return Version{n[0], n[1], n[2]}, nil
}

// String gives "2.6.3".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare is negative if v is older than w, 0 if they are the same.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
}

// Wanted is what a user asks of the plugin's version.
type Wanted struct {
	Constraint string  // for required_plugins
	Lowest     Version // the oldest release that the constraint allows: what is written must suit it
}

// Default is what is wanted when the user says nothing: several artifacts in one build came with 2.5.
var Default = Wanted{Constraint: "~> 2.5", Lowest: Version{2, 5, 0}}

// ParseWanted reads one version (2.6.3), or a constraint with a lowest version: "~> 2.5", ">= 2.6.0", "= 2.6.3". "" is Default.
func ParseWanted(s string) (Wanted, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Default, nil
	}
	op, rest := "", s
	for _, o := range []string{"~>", ">=", "="} {
		if r, ok := strings.CutPrefix(s, o); ok {
			op, rest = o, strings.TrimSpace(r)
			break
		}
	}
	v, err := ParseVersion(rest)
	if err != nil {
		return Wanted{}, fmt.Errorf("%q is neither a version of the azure plugin, such as 2.6.3, nor a constraint such as ~> 2.5", s)
	}
	rest = strings.TrimPrefix(rest, "v")
	switch op {
	case "", "=":
		return Wanted{Constraint: v.String(), Lowest: v}, nil
	default:
		return Wanted{Constraint: op + " " + rest, Lowest: v}, nil
	}
}

// Allows reports whether a release meets the constraint: "~> 2.5" is any 2 from 2.5 on, "~> 2.5.1" any 2.5 from 2.5.1 on.
func (w Wanted) Allows(v Version) bool {
	op, written, found := strings.Cut(w.Constraint, " ")
	switch {
	case !found:
		return v == w.Lowest
	case v.Compare(w.Lowest) < 0:
		return false
	case op == ">=":
		return true
	case strings.Count(written, ".") > 1:
		return v.Major == w.Lowest.Major && v.Minor == w.Lowest.Minor
	default:
		return v.Major == w.Lowest.Major
	}
}
