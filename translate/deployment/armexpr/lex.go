package armexpr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Span is a stretch of the text an expression was parsed from, as byte offsets; To is exclusive.
type Span struct{ From, To int }

// Error says what is wrong with an expression, be it its syntax or its evaluation.
type Error struct {
	Span    Span // in the text given to Parse
	Summary string
	Why     string
	Fix     string
	// OverBudget is set when a limit of Budget was reached: whatever is evaluated next will reach it too.
	OverBudget bool
}

func (e *Error) Error() string { return e.Summary }

type tokenKind int

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString
	tokPunct // one of ( ) [ ] , .
)

type token struct {
	kind tokenKind
	text string // name, number or punctuation as written; string without quotes, '' read as '
	span Span
}

// lex reads the token that starts at or behind offset from.
func lex(text string, from int) (token, *Error) {
	i := from
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	if i == len(text) {
		return token{kind: tokEnd, span: Span{i, i}}, nil
	}
	take := func(kind tokenKind, more func(byte) bool) token {
		end := i + 1
		for end < len(text) && more(text[end]) {
			end++
		}
		return token{kind, text[i:end], Span{i, end}}
	}
	switch c := text[i]; {
	case strings.IndexByte("()[],.", c) >= 0:
		return take(tokPunct, func(byte) bool { return false }), nil
	case nameByte(c) && !digit(c):
		return take(tokName, nameByte), nil
	case digit(c), (c == '-' || c == '+') && i+1 < len(text) && digit(text[i+1]):
		return take(tokNumber, func(b byte) bool { return digit(b) || b == '.' }), nil
	case c == '\'':
		return lexString(text, i)
	case c == '"':
		return token{}, &Error{Span: Span{i, i + 1}, Summary: "a double quote stands inside an expression",
			Fix: "write texts in single quotes: 'web'"}
	default:
		r, size := utf8.DecodeRuneInString(text[i:])
		return token{}, &Error{Span: Span{i, i + size},
			Summary: fmt.Sprintf("%q does not belong into an expression", r)}
	}
}

// lexString reads 'text'; a quote inside is written twice, and nothing else is an escape.
func lexString(text string, open int) (token, *Error) {
	var b strings.Builder
	for i := open + 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return token{tokString, b.String(), Span{open, i + 1}}, nil
	}
	return token{}, &Error{Span: Span{open, len(text)}, Summary: "this text is never closed",
		Why: "a text runs to the next single quote; one inside a text is written ''", Fix: "end it with '"}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func nameByte(c byte) bool {
	return c == '_' || c == '$' || digit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
