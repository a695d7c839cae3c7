package armexpr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// formatNumber writes a JSON number in one of .NET's standard forms, a letter and a precision as in N2, or in a picture
// as in #,##0.00. The culture is the invariant one.
// Reference: https://learn.microsoft.com/dotnet/standard/base-types/standard-numeric-format-strings
func formatNumber(a *Args, written, form string) (string, error) {
	n := numberOf(written)
	letter, precision, ok := standardForm(form)
	if !ok {
		if err := a.work(foldingCost * int64(len(form)+len(written))); err != nil {
			return "", err
		}
		if err := a.charge(len(form) / marksPerValue); err != nil {
			return "", err
		}
		return n.picture(form), nil
	}
	if precision > a.Env.Budget.Limits.Value {
		return "", a.Fits(precision, 0)
	}
	if err := a.Fits(precision+int64(len(written)), 0); err != nil {
		return "", err
	}
	if err := a.work(foldingCost * (max(precision, 0) + int64(len(written)))); err != nil {
		return "", err
	}
	s, ok := n.standard(letter, int(precision))
	if !ok {
		return "", a.numberFormError(n, form)
	}
	return s, nil
}

func (a *Args) numberFormError(n number, form string) *Error {
	form = shortText(form)
	e := a.Fail(0, "the form %q of the format does not suit a number", form)
	if strings.ContainsAny(form[:1], "BbDdXx") {
		e.Summary = fmt.Sprintf("the form %q of the format is for whole numbers, not for %s", form,
			shortText(n.written))
	} else if n.whole && strings.ContainsAny(form[:1], "Rr") {
		e.Summary = fmt.Sprintf("the form %q of the format is for numbers with a fraction, not for %s", form,
			shortText(n.written))
	}
	e.Why = "the forms are C, D, E, F, G, N, P, R and X, with or without a number behind, and pictures such as #,##0.00"
	return e
}

// standardForm takes a form apart. It is a standard one if it is a letter, or a letter and digits; else it is a
// picture. The precision is -1 when there is none; .NET takes up to nine digits of it.
func standardForm(form string) (letter byte, precision int64, ok bool) {
	letter = form[0] | 0x20
	if letter < 'a' || letter > 'z' || strings.Trim(form[1:], "0123456789") != "" {
		return 0, 0, false
	}
	if len(form) == 1 {
		return form[0], -1, true
	}
	precision, err := strconv.ParseInt(form[1:], 10, 64)
	if err != nil {
		precision = math.MaxInt32 // refused by the budget
	}
	return form[0], precision, true
}

// number is a number to be formatted. .NET has two kinds, which it rounds and signs in different ways: whole numbers
// are exact, all others are floats.
type number struct {
	written string
	whole   bool
	exact   decimal // whole: the value; else the shortest decimal that gives float
	float   float64
}

func numberOf(written string) number {
	n := number{written: written, whole: !strings.ContainsAny(written, ".eE"), exact: decimalOf(written)}
	if !n.whole {
		n.float, _ = strconv.ParseFloat(written, 64)
		if math.IsInf(n.float, 0) {
			// .NET would say Infinity, which is no number to go on with
			n.float = math.Copysign(math.MaxFloat64, n.float)
		}
		n.exact = decimalOfFloat(n.float)
	}
	return n
}

// decimalOfFloat gives the shortest decimal that is read as f again. Unlike that of a whole number it may be a negative
// zero.
func decimalOfFloat(f float64) decimal {
	d := decimalOf(strconv.FormatFloat(math.Abs(f), 'e', -1, 64))
	d.negative = math.Signbit(f)
	return d
}

// standard writes n in a standard form; ok is false when the form is not one, or is not for such numbers.
func (n number) standard(letter byte, precision int) (s string, ok bool) {
	d := n.exact
	sign := ""
	if d.negative {
		sign = "-"
	}
	or := func(standard int) int {
		if precision < 0 {
			return standard
		}
		return precision
	}
	switch letter {
	case 'C', 'c':
		s = "¤" + grouped(n.fixed(or(2), 0))
		if d.negative {
			s = "(" + s + ")"
		}
		return s, true
	case 'D', 'd':
		if !n.whole {
			return "", false
		}
		return sign + leftZeros(wholeDigits(d), precision), true
	case 'E', 'e':
		return n.scientific(or(6), letter), true
	case 'F', 'f':
		return sign + n.fixed(or(2), 0), true
	case 'G', 'g':
		if n.whole && precision <= 0 {
			return sign + wholeDigits(d), true
		}
		if precision > 0 {
			d = n.significant(precision)
		}
		return general(d, max(0, precision), letter-'G'+'E'), true
	case 'N', 'n':
		return sign + grouped(n.fixed(or(2), 0)), true
	case 'P', 'p':
		return sign + grouped(n.fixed(or(2), 2)) + " %", true
	case 'R', 'r':
		return general(d, 0, letter-'R'+'E'), !n.whole
	case 'X', 'x', 'B', 'b':
		return n.bits(letter, precision)
	default:
		return "", false
	}
}

// bits writes a whole number as its 64 bits, in hexadecimal or binary digits.
func (n number) bits(letter byte, precision int) (s string, ok bool) {
	i, err := strconv.ParseInt(n.written, 10, 64)
	if err != nil || !n.whole {
		return "", false
	}
	switch letter {
	case 'X':
		s = strings.ToUpper(strconv.FormatUint(uint64(i), 16))
	case 'x':
		s = strconv.FormatUint(uint64(i), 16)
	default:
		s = strconv.FormatUint(uint64(i), 2)
	}
	return leftZeros(s, precision), true
}

// fixed writes the size of n times ten to the power of shift, with so many decimals.
func (n number) fixed(decimals, shift int) string {
	d := n.exact
	if n.whole {
		d.point += int64(shift)
		d = d.round(d.point + int64(decimals))
	} else {
		d = decimalOf(strconv.FormatFloat(math.Abs(n.float), 'f', decimals+shift, 64))
		d.point += int64(shift)
	}
	return d.plain(decimals)
}

// significant rounds n to so many digits: floats from their exact binary value.
func (n number) significant(digits int) decimal {
	if n.whole {
		return n.exact.round(int64(digits))
	}
	d := decimalOf(strconv.FormatFloat(math.Abs(n.float), 'e', digits-1, 64))
	d.negative = n.exact.negative
	return d
}

// scientific writes n with one digit before the point and an exponent of at least three.
func (n number) scientific(decimals int, letter byte) string {
	d := n.significant(decimals + 1)
	var b strings.Builder
	if d.negative {
		b.WriteByte('-')
	}
	digits := d.digits + strings.Repeat("0", decimals+1-len(d.digits))
	b.WriteString(digits[:1])
	if decimals > 0 {
		b.WriteString("." + digits[1:])
	}
	writeExponent(&b, d.exponent(), letter, 3, true)
	return b.String()
}

// general writes d without needless zeros, with an exponent if d is very small, or has more digits before the point
// than precision. A precision of 0 stands for the digits that are needed, and at least 15.
func general(d decimal, precision int, letter byte) string {
	if precision == 0 {
		precision = max(15, len(d.digits))
	}
	var b strings.Builder
	if d.negative {
		b.WriteByte('-')
	}
	if d.digits != "" && (d.point > int64(precision) || d.point < -3) {
		b.WriteString(d.digits[:1])
		if len(d.digits) > 1 {
			b.WriteString("." + d.digits[1:])
		}
		writeExponent(&b, d.exponent(), letter, 2, true)
		return b.String()
	}
	b.WriteString(d.plain(max(0, len(d.digits)-int(d.point))))
	return b.String()
}

// writeExponent writes E+05: at least so many digits, and a plus only if wanted.
func writeExponent(b *strings.Builder, exponent int64, letter byte, digits int, plus bool) {
	b.WriteByte(letter)
	if exponent < 0 {
		b.WriteByte('-')
	} else if plus {
		b.WriteByte('+')
	}
	b.WriteString(leftZeros(strings.TrimPrefix(strconv.FormatInt(exponent, 10), "-"), digits))
}

// exponent is that of the notation with one digit before the point.
func (d decimal) exponent() int64 {
	if d.digits == "" {
		return 0
	}
	return d.point - 1
}

// round keeps so many digits from the first on, none or less included, and rounds halves away from zero. Zero has no
// sign then.
func (d decimal) round(keep int64) decimal {
	if keep >= int64(len(d.digits)) {
		return d
	}
	if keep < 0 || keep == 0 && d.digits[0] < '5' {
		return decimal{}
	}
	kept := []byte("0" + d.digits[:keep]) // room for a carry
	if d.digits[keep] >= '5' {
		i := len(kept) - 1
		for ; kept[i] == '9'; i-- {
			kept[i] = '0'
		}
		kept[i]++
	}
	r := decimal{d.negative, strings.TrimRight(string(kept[1:]), "0"), d.point}
	if kept[0] != '0' {
		r.digits, r.point = strings.TrimRight(string(kept), "0"), d.point+1
	}
	if r.digits == "" {
		return decimal{}
	}
	return r
}

// plain writes the size of d without an exponent, with so many decimals; there are not more in d.
func (d decimal) plain(decimals int) string {
	whole, fraction := "0", ""
	switch point := int(d.point); {
	case d.digits == "":
	case point <= 0:
		fraction = strings.Repeat("0", -point) + d.digits
	case point >= len(d.digits):
		whole = wholeDigits(d)
	default:
		whole, fraction = d.digits[:point], d.digits[point:]
	}
	if decimals == 0 {
		return whole
	}
	return whole + "." + fraction + strings.Repeat("0", decimals-len(fraction))
}

// wholeDigits are the digits of a whole number.
func wholeDigits(d decimal) string {
	if d.digits == "" {
		return "0"
	}
	return d.digits + strings.Repeat("0", int(d.point)-len(d.digits))
}

// leftZeros fills up to a width; -1 is none.
func leftZeros(s string, width int) string { return strings.Repeat("0", max(0, width-len(s))) + s }

// grouped puts a comma before every third digit from the point, or the end, to the left.
func grouped(s string) string {
	whole, rest, dotted := strings.Cut(s, ".")
	var b strings.Builder
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	if dotted {
		b.WriteString("." + rest)
	}
	return b.String()
}
