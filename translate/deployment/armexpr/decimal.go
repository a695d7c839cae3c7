package armexpr

import (
	"cmp"
	"strconv"
	"strings"
)

// decimal is the value of a JSON number: 0.digits times ten to the power of point. Digits have no zeros at either end,
// and none at all for zero, so equal numbers are equal decimals. Floating point would confuse large whole numbers.
type decimal struct {
	negative bool
	digits   string
	point    int64
}

// maxExponent stands for all exponents beyond it: nobody tells such numbers apart.
const maxExponent = 1 << 40

// decimalOf reads a number as JSON writes it. It takes time in proportion to the text, also for 1e999999999.
func decimalOf(text string) decimal {
	text, negative := strings.CutPrefix(text, "-")
	mantissa, exponent := text, int64(0)
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		e, _ := strconv.ParseInt(text[i+1:], 10, 64) // out of range gives the nearest
		exponent = min(max(e, -maxExponent), maxExponent)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	significant := strings.TrimLeft(digits, "0")
	d := decimal{negative, strings.TrimRight(significant, "0"),
		exponent + int64(len(whole)-(len(digits)-len(significant)))}
	if d.digits == "" {
		return decimal{}
	}
	return d
}

// compareNumbers orders two numbers by value.
func compareNumbers(a, b string) int {
	if x, err := strconv.ParseInt(a, 10, 64); err == nil {
		if y, err := strconv.ParseInt(b, 10, 64); err == nil {
			return cmp.Compare(x, y)
		}
	}
	x, y := decimalOf(a), decimalOf(b)
	if s := cmp.Compare(x.sign(), y.sign()); s != 0 {
		return s
	}
	size := cmp.Or(cmp.Compare(x.point, y.point), strings.Compare(x.digits, y.digits))
	return size * x.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}
