package armexpr

import (
	"math/big"
	"regexp"
	"strings"
	"time"
)

// duration is an ISO 8601 duration: months have no fixed length, everything else has.
type duration struct {
	months int64
	rest   *big.Rat // seconds
}

// durationForm has a group for the sign and for each unit.
var durationForm = regexp.MustCompile(`^([+-]?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?` +
	`(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$`)

// maxDurationText is far more than any duration within the years 1 to 9999 needs.
const maxDurationText = 200

// parseDuration reads P1Y2M3DT4H5M6S. Only the last unit may have a fraction, and years and months have none.
func parseDuration(text string) (d duration, ok bool) {
	if len(text) > maxDurationText {
		return d, false
	}
	m := durationForm.FindStringSubmatch(text)
	if m == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return d, false
	}
	years, okYears := wholeCount(m[2])
	months, okMonths := wholeCount(m[3])
	if !okYears || !okMonths {
		return d, false
	}
	d = duration{months: 12*years + months, rest: new(big.Rat)}
	fraction := false
	for i, seconds := range []int64{7 * 24 * 3600, 24 * 3600, 3600, 60, 1} {
		written := strings.Replace(m[4+i], ",", ".", 1)
		if written == "" {
			continue
		}
		if fraction {
			return d, false
		}
		fraction = strings.Contains(written, ".")
		n, ok := new(big.Rat).SetString(written)
		if !ok {
			return d, false
		}
		d.rest.Add(d.rest, n.Mul(n, big.NewRat(seconds, 1)))
	}
	if m[1] == "-" {
		d.months = -d.months
		d.rest.Neg(d.rest)
	}
	return d, true
}

// wholeCount reads a number of years or months; "" is 0. More than there are in all time is refused.
func wholeCount(digits string) (n int64, ok bool) {
	for _, c := range digits {
		if n = 10*n + int64(c-'0'); n > 1_000_000 {
			return 0, false
		}
	}
	return n, true
}

// addTo moves t by the months first: a day that the month does not have becomes its last one. ok is false outside of
// the years 1 to 9999.
func (d duration) addTo(t time.Time) (moved time.Time, ok bool) {
	month := int64(t.Year())*12 + int64(t.Month()) - 1 + d.months
	year := month / 12
	if month < 12 || year > 9999 {
		return t, false
	}
	first := time.Date(int(year), time.Month(month%12+1), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	t = first.AddDate(0, 0, min(t.Day(), last)-1)

	ticks := new(big.Rat).Mul(d.rest, big.NewRat(10_000_000, 1)) // of 100 ns, as .NET has them
	whole := new(big.Int).Quo(ticks.Num(), ticks.Denom())
	seconds, fraction := new(big.Int).QuoRem(whole, big.NewInt(10_000_000), new(big.Int))
	if !seconds.IsInt64() || seconds.CmpAbs(big.NewInt(endOfTime.Unix()-firstSecond.Unix())) > 0 {
		return t, false
	}
	moved = time.Unix(t.Unix()+seconds.Int64(), int64(t.Nanosecond())+fraction.Int64()*100).UTC()
	return moved, !moved.Before(firstSecond) && moved.Before(endOfTime)
}
