package armexpr

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// textForm is how a value looks inside a text: booleans are True and False there, null is nothing, arrays and objects
// are compact JSON in single quotes, as the service's format writes them.
func textForm(v *armjson.Node) string {
	switch v.Kind {
	case armjson.String:
		return v.Text
	case armjson.Number:
		return numberText(v.Text)
	case armjson.Bool:
		if v.Bool {
			return "True"
		}
		return "False"
	case armjson.Null:
		return ""
	default:
		return compact(v, '\'')
	}
}

// numberText is how .NET writes a number: whole ones as they are, others as the shortest text that gives the same float
// again.
func numberText(written string) string {
	if !strings.ContainsAny(written, ".eE") {
		if written == "-0" {
			return "0"
		}
		return written
	}
	f, err := strconv.ParseFloat(written, 64)
	if err != nil || math.IsInf(f, 0) {
		return written // beyond a float: every text for it is as good as this one
	}
	return general(decimalOfFloat(f), 0, 'E')
}

// compact writes v without blanks, with its texts in the given quotes. Numbers with a fraction or exponent keep showing
// that they are no whole numbers, as the service's JSON library has it.
func compact(v *armjson.Node, quote byte) string {
	var b strings.Builder
	writeCompact(&b, v, quote)
	return b.String()
}

func writeCompact(b *strings.Builder, v *armjson.Node, quote byte) {
	switch v.Kind {
	case armjson.String:
		writeQuoted(b, v.Text, quote)
	case armjson.Number:
		text := numberText(v.Text)
		b.WriteString(text)
		if strings.ContainsAny(v.Text, ".eE") && !strings.ContainsAny(text, ".eE") {
			b.WriteString(".0")
		}
	case armjson.Bool:
		b.WriteString(strconv.FormatBool(v.Bool))
	case armjson.Null:
		b.WriteString("null")
	case armjson.Array:
		b.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeCompact(b, item, quote)
		}
		b.WriteByte(']')
	case armjson.Object:
		b.WriteByte('{')
		for i, m := range v.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			writeQuoted(b, m.Key, quote)
			b.WriteByte(':')
			writeCompact(b, m.Value, quote)
		}
		b.WriteByte('}')
	case armjson.Unknown:
		writeQuoted(b, "["+v.Unknown.Form+"]", quote)
	default:
		panic("armexpr: value without a kind")
	}
}

// writeQuoted writes a JSON string in the given quotes; quotes of the other kind are not escaped. Beside what JSON asks
// for, the service escapes the line ends that JSON allows and JavaScript once did not.
func writeQuoted(b *strings.Builder, s string, quote byte) {
	b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < ' ', r == '\u0085', r == '\u2028', r == '\u2029':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(quote)
}
