package detach

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// What a guest answers is the magic line, and then frames, each of which begins with a line of its own:
//
//	s WHICH      the command was started; WHICH is the boot it runs in, or "-"
//	o N, e N     N bytes of standard output or error follow, before the next line; or, from Windows, behind it in base64
//	b            a sign of life
//	x CODE       the command ended, and nothing follows
//	g WHY        the command is gone, and nobody knows its exit code; nothing follows
//	n WHY        the command cannot be detached and was not started; nothing follows
//	k            the command was killed; nothing follows
//
// Lines may end with a carriage return.

// frames takes a guest's answer apart as it comes, in whatever pieces. The functions are called in the order of the
// frames.
type frames struct {
	magic  string
	base64 bool // o and e have their bytes on their line

	output func(stream byte, p []byte) // 'o' or 'e'; may be called several times for a frame
	tell   func(kind byte, text string)

	begun  bool   // magic was seen
	over   bool   // a frame was seen behind which nothing follows
	line   []byte // what came of the current one
	stream byte   // of the bytes that are still to come
	left   int
}

// The longest line that a guest may send: the chunks from Windows are shorter.
const maxLine = 1 << 20

// The largest chunk that a guest may announce.
const maxChunk = 1 << 21

// take gives the frames the next piece. After an error they are of no use any more.
func (f *frames) take(p []byte) error {
	for len(p) > 0 && !f.over {
		if f.left > 0 {
			n := min(f.left, len(p))
			f.left -= n
			f.output(f.stream, p[:n])
			p = p[n:]
			continue
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			f.line = append(f.line, p...)
			p = nil
		} else {
			f.line = append(f.line, p[:end]...)
			p = p[end+1:]
		}
		switch {
		case !f.begun && end < 0 && len(f.line) > maxLine:
			f.line = f.line[len(f.line)-len(f.magic):] // a login shell with much to say
		case f.begun && len(f.line) > maxLine:
			return fmt.Errorf("the guest's answer has a line of more than %d bytes", maxLine)
		case end < 0:
			return nil
		}
		line := strings.TrimSuffix(string(f.line), "\r")
		f.line = f.line[:0]
		if !f.begun {
			f.begun = strings.HasSuffix(line, f.magic)
			continue
		}
		if err := f.frame(line); err != nil {
			return err
		}
	}
	return nil
}

// frame takes one line.
func (f *frames) frame(line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "o", "e":
		size, data, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(size)
		if err != nil || n <= 0 || n > maxChunk {
			return fmt.Errorf("the guest's answer has a chunk of %.20q bytes", size)
		}
		if !f.base64 {
			f.stream, f.left = kind[0], n
			return nil
		}
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil || len(b) != n {
			return fmt.Errorf("the guest's answer has a chunk of %d bytes that is none", n)
		}
		f.output(kind[0], b)
	case "x":
		if _, err := strconv.Atoi(rest); err != nil {
			return fmt.Errorf("the guest's answer has the exit code %.20q", rest)
		}
		f.over = true
		f.tell('x', rest)
	case "g", "n", "k":
		f.over = true
		f.tell(kind[0], rest)
	case "s", "b":
		f.tell(kind[0], rest)
	default:
		return fmt.Errorf("the guest's answer has the line %.40q", line)
	}
	return nil
}
