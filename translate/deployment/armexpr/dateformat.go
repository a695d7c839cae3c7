package armexpr

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// standardDates are .NET's forms of a single letter, in the invariant culture. o, r, s and u are the same in every
// culture.
// Reference: https://learn.microsoft.com/dotnet/standard/base-types/standard-date-and-time-format-strings
var standardDates = map[string]string{
	"d": "MM/dd/yyyy",
	"D": "dddd, dd MMMM yyyy",
	"f": "dddd, dd MMMM yyyy HH:mm",
	"F": "dddd, dd MMMM yyyy HH:mm:ss",
	"g": "MM/dd/yyyy HH:mm",
	"G": "MM/dd/yyyy HH:mm:ss",
	"m": "MMMM dd", "M": "MMMM dd",
	"o": "yyyy-MM-ddTHH:mm:ss.fffffffK", "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
	"r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'", "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
	"s": "yyyy-MM-ddTHH:mm:ss",
	"t": "HH:mm",
	"T": "HH:mm:ss",
	"u": "yyyy-MM-dd HH:mm:ssZ",
	"U": "dddd, dd MMMM yyyy HH:mm:ss",
	"y": "yyyy MMMM", "Y": "yyyy MMMM",
}

// longestField is the most text one letter of a form can make, on the way from "d" and "M" to what the standard forms
// stand for.
const longestField = 40

// formatDate writes a time, which is in UTC, as .NET does in a standard or custom form.
// Reference: https://learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings
func formatDate(t time.Time, form string) (string, error) {
	if utf8.RuneCountInString(form) == 1 {
		custom := standardDates[form]
		if custom == "" {
			return "", fmt.Errorf("no standard form has that letter; for a single custom one write %%%s", form)
		}
		form = custom
	}
	b, err := appendDate(nil, t, form)
	return string(b), err
}

func appendDate(b []byte, t time.Time, form string) ([]byte, error) {
	for form != "" {
		c := form[0]
		size := 1
		switch {
		case dateFields[c] != nil:
			size = len(form) - len(strings.TrimLeft(form, form[:1])) // how often the letter stands here
			var err error
			if b, err = dateFields[c](b, t, size); err != nil {
				return nil, err
			}
		case c == '%': // a field of one letter: %d is no standard form, and %dd is two fields
			_, next := utf8.DecodeRuneInString(form[1:])
			if next == 0 || form[1] == '%' {
				return nil, fmt.Errorf("a %% stands before no letter")
			}
			size += next
			var err error
			if b, err = appendDate(b, t, form[1:size]); err != nil {
				return nil, err
			}
		case c == '\\':
			_, next := utf8.DecodeRuneInString(form[1:])
			if next == 0 {
				return nil, fmt.Errorf(`a \ stands before no character`)
			}
			size += next
			b = append(b, form[1:size]...)
		case c == '\'' || c == '"':
			text, length := quotedPart(form)
			if length == 0 {
				return nil, fmt.Errorf("a quote is never closed")
			}
			size = length
			b = append(b, text...)
		default:
			b = append(b, c)
		}
		form = form[size:]
	}
	return b, nil
}

// quotedPart reads '…' or "…"; a backslash inside takes the next character as it is. The length is 0 if it is never
// closed.
func quotedPart(s string) (text []byte, length int) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return text, i + 1
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		text = append(text, s[i])
	}
	return nil, 0
}

// dateFields write one field each, behind b: n is how often its letter is repeated.
var dateFields = map[byte]func(b []byte, t time.Time, n int) ([]byte, error){
	'y': func(b []byte, t time.Time, n int) ([]byte, error) {
		if n <= 2 {
			return appendNumber(b, t.Year()%100, n)
		}
		return appendNumber(b, t.Year(), n)
	},
	'M': func(b []byte, t time.Time, n int) ([]byte, error) {
		return appendNamed(b, int(t.Month()), t.Month().String(), n)
	},
	'd': func(b []byte, t time.Time, n int) ([]byte, error) {
		return appendNamed(b, t.Day(), t.Weekday().String(), n)
	},
	'h': func(b []byte, t time.Time, n int) ([]byte, error) {
		return appendNumber(b, (t.Hour()+11)%12+1, min(n, 2))
	},
	'H': func(b []byte, t time.Time, n int) ([]byte, error) { return appendNumber(b, t.Hour(), min(n, 2)) },
	'm': func(b []byte, t time.Time, n int) ([]byte, error) { return appendNumber(b, t.Minute(), min(n, 2)) },
	's': func(b []byte, t time.Time, n int) ([]byte, error) { return appendNumber(b, t.Second(), min(n, 2)) },
	't': func(b []byte, t time.Time, n int) ([]byte, error) {
		return append(b, t.Format("PM")[:min(n, 2)]...), nil
	},
	'f': func(b []byte, t time.Time, n int) ([]byte, error) {
		s, err := secondFraction(t, n)
		return append(b, s...), err
	},
	'F': func(b []byte, t time.Time, n int) ([]byte, error) {
		s, err := secondFraction(t, n)
		if s = strings.TrimRight(s, "0"); s == "" {
			b = bytes.TrimSuffix(b, []byte(".")) // the point before it goes too
		}
		return append(b, s...), err
	},
	'g': func(b []byte, _ time.Time, _ int) ([]byte, error) { return append(b, "A.D."...), nil },
	'K': func(b []byte, _ time.Time, n int) ([]byte, error) { return append(b, strings.Repeat("Z", n)...), nil },
	'z': func(b []byte, _ time.Time, n int) ([]byte, error) {
		return append(b, []string{"+0", "+00", "+00:00"}[min(n, 3)-1]...), nil
	},
}

// appendNumber writes a number with at least n digits.
func appendNumber(b []byte, v, n int) ([]byte, error) {
	return append(b, leftZeros(strconv.Itoa(v), n)...), nil
}

// appendNamed writes 5, 05, the first three letters of a name, or all of it.
func appendNamed(b []byte, v int, name string, n int) ([]byte, error) {
	switch n {
	case 1, 2:
		return appendNumber(b, v, n)
	case 3:
		return append(b, name[:3]...), nil
	default:
		return append(b, name...), nil
	}
}

// secondFraction gives n digits of the fraction of a second. .NET counts in ticks of 100 ns.
func secondFraction(t time.Time, n int) (string, error) {
	const most = 7
	if n > most {
		return "", fmt.Errorf("a second has %d decimals at most", most)
	}
	return leftZeros(strconv.Itoa(t.Nanosecond()/100), most)[:n], nil
}
