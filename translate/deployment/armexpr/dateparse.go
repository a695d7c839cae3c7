package armexpr

import (
	"slices"
	"strings"
	"time"
)

// dateLayouts are the ways to write a time that .NET reads in the invariant culture: ISO 8601 with all it may leave
// out, what the standard forms give (but those without a year), and the American order of month and day.
var dateLayouts = slices.Concat(
	layouts([]string{"2006-1-2T", "2006-1-2 "}, clock24),
	layouts([]string{"1/2/2006 ", "2006/1/2 ", "2 January 2006 ", "2 Jan 2006 ", "January 2, 2006 ", "Jan 2, 2006 "},
		clock24, clock12),
	layouts([]string{"2006-1-2 "}, clock12),
	[]string{"2006-1-2", "2006-1", "1/2/2006", "2006/1/2", "2 January 2006", "2 Jan 2006", "January 2, 2006",
		"Jan 2, 2006", "2006 January", "January 2006"},
)

var (
	clock24 = []string{"15:04:05", "15:04"} // a fraction of the seconds is always read
	clock12 = []string{"3:04:05 PM", "3:04 PM", "3 PM"}
)

func layouts(days []string, clocks ...[]string) []string {
	var list []string
	for _, day := range days {
		for _, clock := range slices.Concat(clocks...) {
			for _, zone := range []string{"Z07:00", "", " Z07:00", "Z0700", "Z07", " GMT"} {
				list = append(list, day+clock+zone)
			}
		}
	}
	return list
}

// layoutsPerStep is how many layouts are tried in the time that a step stands for.
const layoutsPerStep = 2

// maxDateText is more than the longest way to write a time takes; Go's parser is asked many times.
const maxDateText = 100

// parseDate reads a time and gives it in UTC; one without a zone is UTC. ok is false for what no layout fits, what is
// outside of the years 1 to 9999, and for a weekday that is not that of the date.
func parseDate(text string) (t time.Time, ok bool) {
	if text = strings.TrimSpace(text); len(text) > maxDateText {
		return t, false
	}
	weekday, rest, named := strings.Cut(text, ", ")
	if !named || !isWeekday(weekday) {
		weekday, rest = "", text
	}
	for _, layout := range dateLayouts {
		parsed, err := time.Parse(layout, rest)
		if err != nil {
			continue
		}
		if weekday != "" && !strings.EqualFold(parsed.Weekday().String()[:3], weekday[:3]) {
			return t, false
		}
		t = parsed.UTC()
		return t, !t.Before(firstSecond) && t.Before(endOfTime)
	}
	return t, false
}

func isWeekday(s string) bool {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(s, day.String()) || strings.EqualFold(s, day.String()[:3]) {
			return true
		}
	}
	return false
}
