package armexpr

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ingot-build/ingot/translate/armjson"
)

// format fills {0}, {1,-10}, {2:N0} as .NET's composite formatting does, in the invariant culture. Surplus arguments are
// ignored.
// Reference: https://learn.microsoft.com/dotnet/standard/base-types/composite-formatting
func format(a *Args) (*armjson.Node, error) {
	pattern, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case (c == '{' || c == '}') && i+1 < len(pattern) && pattern[i+1] == c:
			b.WriteByte(c)
			i += 2
		case c == '}':
			return nil, a.Fail(0, `a "}" of the format has no "{" before it`)
		case c == '{':
			hole := formatHole.FindStringSubmatch(pattern[i:])
			if hole == nil {
				return nil, a.Fail(0, `a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`)
			}
			s, err := fillHole(a, hole)
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
			i += len(hole[0])
		default:
			b.WriteByte(c)
			i++
		}
	}
	return armjson.NewString(b.String()), nil
}

// formatHole is {index[,alignment][:form]}.
var formatHole = regexp.MustCompile(`^\{(\d+) *(?:, *(-?\d+) *)?(?::([^{}]*))?\}`)

// maxAlignment bounds the width of a place, and with it what a short expression can make. .NET's own limit is a million.
const maxAlignment = 10_000

func fillHole(a *Args, hole []string) (string, error) {
	index, err := strconv.Atoi(hole[1])
	if err != nil || index+1 >= len(a.Values) {
		return "", a.Fail(0, "the format asks for {%s}, and %s given", hole[1], count(len(a.Values)-1, "value is", "values are"))
	}
	s, err := formatValue(a, index+1, hole[3])
	if err != nil || hole[2] == "" {
		return s, err
	}
	width, err := strconv.Atoi(hole[2])
	if err != nil || width >= maxAlignment || width <= -maxAlignment {
		return "", a.Fail(0, "the width %s of the format is too large", hole[2])
	}
	blanks := strings.Repeat(" ", max(0, max(width, -width)-len(utf16.Encode([]rune(s)))))
	if width < 0 {
		return s + blanks, nil
	}
	return blanks + s, nil
}

// numberForm is a standard form (a letter and a precision), zeroForm a custom one of zeros only.
var (
	numberForm = regexp.MustCompile(`^([NnDdXxFf])(\d{0,2})$`)
	zeroForm   = regexp.MustCompile(`^(0+)(?:\.(0+))?$`)
)

func formatValue(a *Args, i int, form string) (string, error) {
	v := a.Values[i]
	if form == "" || v.Kind != armjson.Number {
		return textForm(v), nil // forms say nothing about texts and booleans
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	std, zeros := numberForm.FindStringSubmatch(form), zeroForm.FindStringSubmatch(form)
	if err != nil || std == nil && zeros == nil {
		return "", a.Fail(0, "the number form %q of format is not one that Ingot knows", form)
	}
	if zeros != nil {
		return sign(n) + pad(digits(n), len(zeros[1])) + fraction(len(zeros[2])), nil
	}
	precision := -1
	if std[2] != "" {
		precision, _ = strconv.Atoi(std[2])
	}
	switch std[1] {
	case "D", "d":
		return sign(n) + pad(digits(n), precision), nil
	case "X":
		return pad(fmt.Sprintf("%X", uint64(n)), precision), nil
	case "x":
		return pad(fmt.Sprintf("%x", uint64(n)), precision), nil
	default: // N and F show two decimals when no precision is given
		if precision < 0 {
			precision = 2
		}
		whole := digits(n)
		if std[1] == "N" || std[1] == "n" {
			whole = grouped(whole)
		}
		return sign(n) + whole + fraction(precision), nil
	}
}

func sign(n int64) string {
	if n < 0 {
		return "-"
	}
	return ""
}

func digits(n int64) string { return strings.TrimPrefix(strconv.FormatInt(n, 10), "-") }

func pad(s string, width int) string { return strings.Repeat("0", max(0, width-len(s))) + s }

func fraction(n int) string {
	if n == 0 {
		return ""
	}
	return "." + strings.Repeat("0", n)
}

// grouped puts a comma before every third digit from the right.
func grouped(s string) string {
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
