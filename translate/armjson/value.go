package armjson

import (
	"fmt"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// ParseValue reads the text that an expression hands to json(). The service reads it more freely than a template: strings may be
// in single quotes, and nothing is warned about; the last of two members with one name counts. The nodes have no place, and
// numbers keep every digit. How long text may be is the caller's to say; how deep, is said here as in Parse.
//
// The error is one clause that names the first mistake and its place in text, counted in characters from 1.
func ParseValue(text string) (*Node, error) {
	p := &parser{src: []byte(text), pos: diag.Pos{Line: 1, Column: 1}, loose: true}
	if i := firstNonText(p.src); i >= 0 {
		return nil, fmt.Errorf("byte 0x%02x at character %d is not text", text[i], utf8.RuneCountInString(text[:i])+1)
	}
	p.space()
	if p.atEnd() {
		return nil, fmt.Errorf("the text is empty")
	}
	root := p.value()
	p.space()
	if !p.dead && !p.atEnd() {
		p.unexpectedAfterEnd()
	}
	p.list.Sort()
	for _, d := range p.list {
		if d.Severity == diag.Error {
			return nil, fmt.Errorf("at character %d: %s", utf8.RuneCountInString(text[:d.Subject.Start.Byte])+1, d.Summary)
		}
	}
	return root.AllAt(diag.Range{}), nil
}
