package armjson

import (
	"encoding/json"
	"strings"
)

// JSON writes n without blanks. A value that is not known is the text of its expression, in brackets.
func (n *Node) JSON() string {
	var b strings.Builder
	n.writeJSON(&b)
	return b.String()
}

func (n *Node) writeJSON(b *strings.Builder) {
	switch n.Kind {
	case Null:
		b.WriteString("null")
	case Bool:
		if n.Bool {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case Number:
		b.WriteString(n.Text)
	case String:
		WriteString(b, n.Text)
	case Unknown:
		WriteString(b, "["+n.Unknown.Form+"]")
	case Array:
		b.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.writeJSON(b)
		}
		b.WriteByte(']')
	case Object:
		b.WriteByte('{')
		for i := range n.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			WriteString(b, n.Members[i].Key)
			b.WriteByte(':')
			n.Members[i].Value.writeJSON(b)
		}
		b.WriteByte('}')
	default:
		panic("armjson: node without a kind")
	}
}

// WriteString writes s as a JSON string in double quotes, escaping no more than JSON asks for.
func WriteString(b *strings.Builder, s string) {
	var line strings.Builder
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)                                      // a string always encodes
	b.WriteString(strings.TrimSuffix(line.String(), "\n")) // Encode ends its line
}
