package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// fields gives the words that a word turns into. Variables that are set once, to a known text, are known.
func (v *visitor) fields(w *syntax.Word, p place) []Arg {
	from, to := p.span(w)
	if len(w.Parts) == 1 {
		if x, ok := w.Parts[0].(*syntax.ParamExp); ok {
			if value, ok := v.value(x); ok {
				var all []Arg
				for _, field := range strings.Fields(value) {
					all = append(all, Arg{Text: field, From: from, To: to})
				}
				return all
			}
		}
	}
	b := &wordBuilder{v: v}
	b.parts(w.Parts, false)
	return []Arg{{Text: b.text.String(), Many: b.many, Quoted: b.quoted, From: from, To: to}}
}

// one gives the text of a word that is never split, as in an assignment.
func (v *visitor) one(w *syntax.Word, p place) Arg {
	if w == nil {
		return Arg{}
	}
	from, to := p.span(w)
	b := &wordBuilder{v: v}
	b.parts(w.Parts, false)
	return Arg{Text: b.text.String(), Quoted: b.quoted, From: from, To: to}
}

// value is what a plain $x or ${x} is known to be.
func (v *visitor) value(x *syntax.ParamExp) (string, bool) {
	if !plainParam(x) {
		return "", false
	}
	if x.Param.Value == "HOME" {
		return "~", true
	}
	value, ok := v.consts[x.Param.Value]
	return value, ok
}

// plainParam reports whether an expansion is of a variable as it is.
func plainParam(x *syntax.ParamExp) bool {
	return x.Param != nil && !x.Excl && !x.Length && !x.Width && !x.IsSet && x.Index == nil && x.Slice == nil && x.Repl == nil &&
		x.Exp == nil && x.Names == 0 && x.NestedParam == nil && x.Flags == nil && len(x.Modifiers) == 0
}

type wordBuilder struct {
	v            *visitor
	text         strings.Builder
	many, quoted bool
}

func (b *wordBuilder) parts(parts []syntax.WordPart, quoted bool) {
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.text.WriteString(unescape(part.Value, quoted))
		case *syntax.SglQuoted:
			if b.quoted = true; part.Dollar && strings.Contains(part.Value, `\`) {
				b.text.WriteString(unknown)
			} else {
				b.text.WriteString(part.Value)
			}
		case *syntax.DblQuoted:
			b.quoted = true
			b.parts(part.Parts, true)
		case *syntax.ParamExp:
			value, ok := b.v.value(part)
			if !ok {
				value = unknown
			}
			b.text.WriteString(value)
			if !ok && !quoted || part.Param != nil && (part.Param.Value == "@" || isAll(part.Index)) {
				b.many = true
			}
		default: // substitutions, arithmetic, patterns
			b.text.WriteString(unknown)
			b.many = b.many || !quoted
		}
	}
}

// isAll reports whether an index is that of ${x[@]}.
func isAll(index syntax.ArithmExpr) bool {
	w, ok := index.(*syntax.Word)
	return ok && w.Lit() == "@"
}

// unescape takes the backslashes out of a literal. In double quotes only some characters can be escaped.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch next := s[i]; {
		case next == '\n':
		case quoted && !strings.ContainsRune("$`\"\\", rune(next)):
			b.WriteByte('\\')
			b.WriteByte(next)
		default:
			b.WriteByte(next)
		}
	}
	return b.String()
}
