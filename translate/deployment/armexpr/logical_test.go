package armexpr_test

import (
	"slices"
	"strings"
	"testing"
)

func TestLogical(t *testing.T) {
	values{
		"[and(true(), 'x')]":          "error: and takes a boolean here, not a string",
		"[and(false(), 'x')]":         `false`,
		"[or(true(), div(1, 0))]":     `true`,
		"[or(false(), div(1, 0))]":    "error: div(1, 0) divides by zero",
		"[and(true())]":               "error: and takes 2 arguments or more, not 1",
		"[not(null())]":               "error: not takes a boolean here, not null",
		"[if(1, 2, 3)]":               "error: the condition of if is a number, not a boolean",
		"[if('true', 2, 3)]":          "error: the condition of if is a string, not a boolean",
		"[if(div(1, 0), 2, 3)]":       "error: div(1, 0) divides by zero",
		"[bool('TRUE')]":              `true`,
		"[bool(' False ')]":           `false`,
		"[bool(-1)]":                  `true`,
		"[bool(true())]":              `true`,
		"[bool('1')]":                 "error: the text '1' is no boolean: write 'true' or 'false'",
		"[bool(0.5)]":                 "error: bool takes a whole number here, not 0.5",
		"[bool(null())]":              "error: bool takes a string, a whole number or a boolean here, not null",
		"[coalesce(null(), '', 'a')]": `""`,
		"[coalesce(null())]":          `null`,
		"[coalesce()]":                "error: coalesce takes 1 argument or more, not 0",
		"[fail('no such size')]":      "error: the template fails by its own will: 'no such size'",
		"[fail(@u)]":                  "error: the template fails by its own will: reference('u')",
		"[fail(1)]":                   "error: fail takes a string here, not a number",
		"[if(false(), fail('x'), 1)]": `1`,
		"[if(@u, fail('x'), 1)]":      `"[if(reference('u'), fail('x'), 1)]"`,
		"[TRUE()]":                    `true`,
		"[null(1)]":                   "error: null takes 0 arguments, not 1",
	}.checkIn(t, valueEnv)
}

func TestComparison(t *testing.T) {
	values{
		"[equals(@six, 6)]":                                `true`,
		"[equals('a', 'A')]":                               `false`,
		"[equals(true(), 'true')]":                         `false`,
		"[less(9223372036854775806, 9223372036854775807)]": `true`,
		"[less(9223372036854775807, @huge)]":               `true`,
		"[less(@six, 6)]":                                  `false`,
		"[lessOrEquals(@six, 6)]":                          `true`,
		"[greater(-1.5, -2)]":                              `true`,
		"[greater(@minus, @zero)]":                         `false`,
		"[less('10', '9')]":                                `true`,
		"[less(true(), false())]":                          "error: less takes a number or a string here, not a boolean",
		"[less(1, '2')]":                                   "error: less compares two numbers or two strings, not a number with a string",
		"[greater(null(), 1)]":                             "error: greater takes a number or a string here, not null",
	}.checkIn(t, valueEnv)
}

// TestOrderOfTexts wants the order of the invariant culture: what the letters are before their case, and marks and
// digits first.
func TestOrderOfTexts(t *testing.T) {
	want := []string{"", "_", "-", "1", "10", "9", "a", "A", "a-b", "ab", "aB", "Ab", "AB", "b", "e", "é", "f", "z",
		"Z"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, func(x, y string) int {
		pair := "('" + x + "', '" + y + "')]"
		less, greater := evaluated(valueEnv(), "[less"+pair), evaluated(valueEnv(), "[greater"+pair)
		switch less + greater {
		case "truefalse":
			return -1
		case "falsetrue":
			return 1
		default:
			if x != y {
				t.Errorf("%q and %q have no order: less %s, greater %s", x, y, less, greater)
			}
			return 0
		}
	})
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", strings.Join(got, " "), strings.Join(want, " "))
	}
}

func TestNumbers(t *testing.T) {
	const most, least = "9223372036854775807", "-9223372036854775808"
	values{
		"[add(" + most + ", 1)]":             "error: add(" + most + ", 1) does not fit a 64-bit integer",
		"[add(" + least + ", -1)]":           "error: add(" + least + ", -1) does not fit a 64-bit integer",
		"[add(" + least + ", " + most + ")]": `-1`,
		"[add(" + most + ", 0)]":             most,
		"[sub(" + least + ", 1)]":            "error: sub(" + least + ", 1) does not fit a 64-bit integer",
		"[sub(0, " + least + ")]":            "error: sub(0, " + least + ") does not fit a 64-bit integer",
		"[sub(-1, " + least + ")]":           most,
		"[sub(" + least + ", 0)]":            least,
		"[mul(" + least + ", -1)]":           "error: mul(" + least + ", -1) does not fit a 64-bit integer",
		"[mul(" + least + ", 1)]":            least,
		"[mul(4611686018427387904, -2)]":     least,
		"[mul(4611686018427387904, 2)]":      "error: mul(4611686018427387904, 2) does not fit a 64-bit integer",
		"[mul(" + most + ", " + most + ")]": "error: mul(" + most + ", " + most +
			") does not fit a 64-bit integer",
		"[mul(0, " + least + ")]":  `0`,
		"[div(" + least + ", -1)]": "error: div(" + least + ", -1) does not fit a 64-bit integer",
		"[div(7, 0)]":              "error: div(7, 0) divides by zero",
		"[mod(" + least + ", -1)]": `0`,
		"[mod(7, -3)]":             `1`,
		"[add('1', 1)]":            "error: add takes a whole number here, not a string",
		"[add(1.5, 1)]":            "error: add takes a whole number here, not 1.5",
		"[add(@huge, 1)]":          "error: add takes a whole number here, not 9223372036854775808",
		"[int(' -12 ')]":           `-12`,
		"[int('+7')]":              `7`,
		"[int('')]":                "error: the text '' is no whole number of 64 bits",
		"[int('4.0')]":             "error: the text '4.0' is no whole number of 64 bits",
		"[int('0x10')]":            "error: the text '0x10' is no whole number of 64 bits",
		"[int('1_000')]":           "error: the text '1_000' is no whole number of 64 bits",
		"[int(4.5)]":               "error: int takes a whole number here, not 4.5",
		"[int(null())]":            "error: int takes a string or a whole number here, not null",
		"[int('" + strings.Repeat("9", 99) + "')]": "error: the text '" + strings.Repeat("9", 60) +
			"…' is no whole number of 64 bits",
		"[float('1,234.5')]":         `1234.5`,
		"[float(7)]":                 `7.0`,
		"[float('-.5e-6')]":          `-5E-07`,
		"[float('1e15')]":            `1E+15`,
		"[float('123456789012345')]": `123456789012345.0`,
		"[float('NaN')]":             "error: 'NaN' is no floating-point number",
		"[float('0x1p4')]":           "error: '0x1p4' is no floating-point number",
		"[float('1e999')]":           "error: '1e999' is no floating-point number",
		"[float('')]":                "error: '' is no floating-point number",
		"[float(true())]":            "error: float takes a string or a number here, not a boolean",
	}.checkIn(t, valueEnv)
}
