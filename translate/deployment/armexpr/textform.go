package armexpr

import (
	"encoding/json"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// textForm is how a value looks inside a text: booleans are True and False there, arrays and objects are compact JSON in
// single quotes, as the service's format writes them.
func textForm(v *armjson.Node) string {
	switch v.Kind {
	case armjson.String, armjson.Number:
		return v.Text
	case armjson.Bool:
		if v.Bool {
			return "True"
		}
		return "False"
	case armjson.Null:
		return ""
	default:
		var b strings.Builder
		writeCompact(&b, v)
		return b.String()
	}
}

func writeCompact(b *strings.Builder, v *armjson.Node) {
	switch v.Kind {
	case armjson.String:
		b.WriteString(singleQuoted(v.Text))
	case armjson.Bool:
		b.WriteString(strings.ToLower(textForm(v)))
	case armjson.Null:
		b.WriteString("null")
	case armjson.Array:
		b.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeCompact(b, item)
		}
		b.WriteByte(']')
	case armjson.Object:
		b.WriteByte('{')
		for i, m := range v.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(singleQuoted(m.Key) + ":")
			writeCompact(b, m.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.Text)
	}
}

// singleQuoted writes a JSON string with the quotes exchanged: ' is escaped, " is not.
func singleQuoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	inner := strings.TrimSuffix(b.String(), "\n")
	inner = strings.ReplaceAll(inner[1:len(inner)-1], `\"`, `"`)
	return "'" + strings.ReplaceAll(inner, "'", `\'`) + "'"
}
