package armjson

import (
	"fmt"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// ParseValue reads the text that an expression hands to json(), as Newtonsoft.Json, which the service is built on, reads
// it: strings may be in single quotes, with \' in them; names may be without quotes when they are letters, digits, "_" and
// "$" only; comments, commas before a closing bracket, blanks of Unicode and raw control characters in strings are fine;
// of two members with one name the last counts. What it reads beyond that has no form in JSON, and is refused: NaN,
// undefined, [1,,2], dates. Nothing is warned about. The nodes have no place, and numbers keep every digit. How long text
// may be is the caller's to say; how deep, is said here as in Parse.
// Reference: https://github.com/JamesNK/Newtonsoft.Json/issues/818
//
// The error is one clause that names the first mistake and its place in text, counted in characters from 1.
func ParseValue(text string) (*Node, error) {
	p := &parser{src: []byte(text), text: text, pos: diag.Pos{Line: 1, Column: 1}, loose: true}
	if i := firstNonText(p.src); i >= 0 {
		return nil, fmt.Errorf("byte 0x%02x at character %d is not text", text[i], utf8.RuneCountInString(text[:i])+1)
	}
	p.space()
	if p.atEnd() && !p.stopped {
		return nil, fmt.Errorf("the text is empty")
	}
	root := p.value()
	p.afterEnd(root)
	if len(p.list) > 0 {
		d := p.list[0]
		return nil, fmt.Errorf("at character %d: %s", utf8.RuneCountInString(text[:d.Subject.Start.Byte])+1, d.Summary)
	}
	return root, nil
}
