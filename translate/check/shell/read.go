package shell

import (
	"errors"
	"io"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// read parses a text. Its error is a syntax.ParseError, a syntax.LangError, or errDeep.
func read(text string, variant syntax.LangVariant) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(variant)).Parse(&guard{text: text}, "")
}

var errDeep = errors.New("nested too deeply")

// maxFrames is how many calls deep the parser may get. It takes about ten for a subshell in a subshell.
const maxFrames = 10_000

// guard hands a text to the parser in small pieces, and stops that when it has got too deep. The parser calls itself for all that is
// nested, and a stack that has no more room ends the whole process.
type guard struct{ text string }

func (g *guard) Read(p []byte) (int, error) {
	if runtime.Callers(maxFrames, make([]uintptr, 1)) > 0 {
		return 0, errDeep
	}
	if g.text == "" {
		return 0, io.EOF
	}
	n := copy(p, g.text)
	g.text = g.text[n:]
	return n, nil
}

// OpenEnd is a here-document that is not ended by its word, and so goes to the end of the script.
type OpenEnd struct {
	Word string
	At   int // where the document is asked for
}

// openEnd reports whether an error is about such a document. A shell makes no error of that.
func openEnd(err error) (OpenEnd, bool) {
	var wrong syntax.ParseError
	if !errors.As(err, &wrong) {
		return OpenEnd{}, false
	}
	quoted, ok := strings.CutPrefix(wrong.Text, "unclosed here-document `")
	word, whole := strings.CutSuffix(quoted, "`")
	if !ok || !whole || word == "" {
		return OpenEnd{}, false
	}
	return OpenEnd{Word: word, At: int(wrong.Pos.Offset())}, true
}

// doubtful reports whether a shell may read what the parser does not: what arithmetic is made of is known when it is done, $(( may
// start commands in a subshell, and not not is allowed in bash.
func doubtful(err syntax.ParseError) bool {
	for _, part := range []string{"arithmetic operator", "with `))`", "must be followed by an expression", "multiple times", "here-document"} {
		if strings.Contains(err.Text, part) {
			return true
		}
	}
	return false
}
