package shell

import (
	"errors"
	"io"
	"runtime"

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
