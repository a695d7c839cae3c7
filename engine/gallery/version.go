package gallery

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Version is the number of a gallery image version, x.y.z. Each part is from 0 to 2147483647.
type Version struct{ Major, Minor, Patch int64 }

// ParseVersion reads "x.y.z". Signs, spaces and leading zeros are refused: two spellings must not name one version.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return Version{}, fmt.Errorf("version %q has %d parts; a gallery version has three numbers: x.y.z", s, len(parts))
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 32)
		if err != nil || v < 0 || p != strconv.FormatInt(v, 10) {
			return Version{}, fmt.Errorf("version %q: %q is not a whole number from 0 to %d", s, p, math.MaxInt32)
		}
		n[i] = v
	}
	return Version{n[0], n[1], n[2]}, nil
}

// String gives x.y.z.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare orders versions by number, not by text: 1.10.0 is after 1.9.0.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
}

// A Numberer makes the number of a new version, given those that exist, in ascending order. PublishVersion calls it while no
// other process can publish into the same definition.
type Numberer func(existing []Version) (Version, error)

// Explicit is the version the template names. One that exists is refused by PublishVersion.
func Explicit(v Version) Numberer {
	return func([]Version) (Version, error) { return v, nil }
}

// Clock is the service's oldest scheme: 0.<seconds >> 16>.<seconds & 0xffff> of the Unix time. The service's numbers fall out
// with the second a distribution started; here, one that is taken moves on to the next second that is free.
func Clock(now time.Time) Numberer {
	return func(existing []Version) (Version, error) {
		for s := now.Unix(); ; s++ {
			v := Version{0, s >> 16, s & 0xffff}
			if !slices.Contains(existing, v) {
				return v, nil
			}
		}
	}
}

// Latest is the next patch after the highest version, of any major when major is nil or -1. Versions that are excluded from
// latest count too: the number must be new. An empty gallery gives 0.0.1, a major without versions {major}.0.0.
func Latest(major *int64) Numberer {
	return func(existing []Version) (Version, error) {
		wanted := int64(-1)
		if major != nil {
			wanted = *major
		}
		if wanted > math.MaxInt32 {
			return Version{}, fmt.Errorf("major version %d is over %d", wanted, math.MaxInt32)
		}
		highest, found := Version{}, false
		for _, v := range existing {
			if (wanted < 0 || v.Major == wanted) && (!found || v.Compare(highest) > 0) {
				highest, found = v, true
			}
		}
		switch {
		case !found && wanted < 0:
			return Version{0, 0, 1}, nil
		case !found:
			return Version{wanted, 0, 0}, nil
		case highest.Patch == math.MaxInt32:
			return Version{}, fmt.Errorf("version %s is the last patch of its minor version; name the next version in galleryImageId",
				highest)
		}
		highest.Patch++
		return highest, nil
	}
}

// FromSource takes over the version of the source image, exact. A source without a version, or with one that is not three
// numbers, is an error, and PublishVersion refuses a number that exists: nothing is made up.
func FromSource(exact string) Numberer {
	return func([]Version) (Version, error) {
		const fix = `use "versioning": {"scheme": "Latest"}, or name a version in galleryImageId`
		if exact == "" {
			return Version{}, fmt.Errorf("the source image has no version to take over; %s", fix)
		}
		v, err := ParseVersion(exact)
		if err != nil {
			return Version{}, fmt.Errorf("the source image's version cannot be taken over: %w; %s", err, fix)
		}
		return v, nil
	}
}
