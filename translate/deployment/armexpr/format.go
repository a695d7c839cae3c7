package armexpr

import (
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// format fills {0}, {1,-10}, {2:N0} as .NET's composite formatting does, in the invariant culture. Surplus arguments
// are ignored.
// Reference: https://learn.microsoft.com/dotnet/standard/base-types/composite-formatting
func format(a *Args) (*armjson.Node, error) {
	pattern, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if err := a.work(foldingCost * int64(len(pattern))); err != nil {
		return nil, err
	}
	var b strings.Builder
	for {
		i := strings.IndexAny(pattern, "{}")
		if i < 0 {
			b.WriteString(pattern)
			return armjson.NewString(b.String()), nil
		}
		b.WriteString(pattern[:i])
		brace := pattern[i]
		pattern = pattern[i+1:]
		switch {
		case pattern != "" && pattern[0] == brace:
			b.WriteByte(brace)
			pattern = pattern[1:]
		case brace == '}':
			return nil, a.Fail(0, `a "}" of the format has no "{" before it; write "}}" for a brace`)
		default:
			h, rest, ok := readHole(pattern)
			if !ok {
				return nil, a.Fail(0, `a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`)
			}
			pattern = rest
			if err := a.Step(); err != nil {
				return nil, err
			}
			s, err := h.fill(a, b.Len())
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
		}
		if err := a.Fits(int64(b.Len()), 0); err != nil {
			return nil, err
		}
	}
}

// hole is a place to fill: {index,width:form}. Index and width are as written: they may be beyond any number.
type hole struct {
	index, width string // width "" is none; "-10" aligns to the left
	form         string
}

// readHole reads what follows a "{". Blanks may stand before and behind the width, and nowhere else.
func readHole(s string) (h hole, rest string, ok bool) {
	digits := func() (found string) {
		n := 0
		for n < len(s) && digit(s[n]) {
			n++
		}
		found, s = s[:n], s[n:]
		return found
	}
	if h.index = digits(); h.index == "" {
		return h, "", false
	}
	s = strings.TrimLeft(s, " ")
	if strings.HasPrefix(s, ",") {
		s = strings.TrimLeft(s[1:], " ")
		minus := ""
		if strings.HasPrefix(s, "-") {
			minus, s = "-", s[1:]
		}
		width := digits()
		if width == "" {
			return h, "", false
		}
		h.width = minus + width
		s = strings.TrimLeft(s, " ")
	}
	if strings.HasPrefix(s, ":") {
		end := strings.IndexAny(s, "{}")
		if end < 0 {
			return h, "", false
		}
		h.form, s = s[1:end], s[end:]
	}
	if !strings.HasPrefix(s, "}") {
		return h, "", false
	}
	return h, s[1:], true
}

// maxWidth is .NET's own limit.
const maxWidth = 1_000_000

// fill formats the value of a hole, behind so many bytes.
func (h hole) fill(a *Args, behind int) (string, error) {
	index, err := strconv.Atoi(h.index)
	if err != nil || index >= len(a.Values)-1 {
		return "", a.Fail(0, "the format asks for {%s}, and %s given", shortText(h.index),
			count(len(a.Values)-1, "value is", "values are"))
	}
	s, err := formatValue(a, a.Values[index+1], h.form)
	if err != nil || h.width == "" {
		return s, err
	}
	width, err := strconv.Atoi(h.width)
	if err != nil || width >= maxWidth || width <= -maxWidth {
		return "", a.Fail(0, "the width %s of the format is too large", shortText(h.width))
	}
	missing := max(0, max(width, -width)-len(units(s)))
	if err := a.Fits(int64(behind+missing+len(s)), 0); err != nil {
		return "", err
	}
	if width < 0 {
		return s + strings.Repeat(" ", missing), nil
	}
	return strings.Repeat(" ", missing) + s, nil
}

// formatValue gives a value in a form. Forms are about numbers: they say nothing about texts, booleans and what is no
// single value.
func formatValue(a *Args, v *armjson.Node, form string) (string, error) {
	if v.Kind == armjson.Number && form != "" {
		return formatNumber(a, v.Text, form)
	}
	if err := a.Fits(v.Weight(), 0); err != nil { // writing out what is shared could take any memory
		return "", err
	}
	if err := a.work(foldingCost * v.Weight()); err != nil {
		return "", err
	}
	return textForm(v), nil
}
