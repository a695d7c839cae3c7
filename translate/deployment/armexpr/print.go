package armexpr

import "strings"

// Print writes an expression as it could stand in a template, without the brackets around it.
func Print(e Expr) string {
	var b strings.Builder
	write(&b, e)
	return b.String()
}

func write(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case *Text:
		b.WriteString(quoted(e.Value))
	case *Number:
		b.WriteString(e.Text)
	case *Call:
		if e.Namespace != "" {
			b.WriteString(e.Namespace + ".")
		}
		b.WriteString(e.Name + "(")
		for i, a := range e.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, a)
		}
		b.WriteByte(')')
	case *Property:
		write(b, e.Target)
		b.WriteString("." + e.Name)
	case *Index:
		write(b, e.Target)
		b.WriteByte('[')
		write(b, e.Key)
		b.WriteByte(']')
	}
}
