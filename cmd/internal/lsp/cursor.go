package lsp

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// A cursor is where somebody writes: the text [start:end] around it is one string, bare word or nothing.
type cursor struct {
	start, end int
	value      bool // a value is wanted here, not the name of a member
	array      bool // in an array
	colon      bool // a colon follows the name
}

// marker stands at the cursor in a text that is read to find out where that is.
const marker = "\u25c6 ingot: the cursor"

// level is a bracket that is not closed yet.
type level struct {
	bracket byte
	value   bool // behind a colon
}

// cursorAt reads a text up to an offset. It has to make sense of a text that is not finished, so it looks at no more than brackets,
// strings, colons and commas before the cursor; a string ends with its line. ok is false inside comments and outside of brackets.
func cursorAt(data []byte, offset int) (c cursor, ok bool) {
	var levels []level
	top := func() *level {
		if len(levels) == 0 {
			return &level{}
		}
		return &levels[len(levels)-1]
	}
	c = cursor{start: offset, end: offset}
	for i := 0; i < offset; {
		switch b := data[i]; {
		case b == '{' || b == '[':
			levels = append(levels, level{bracket: b})
			i++
		case b == '}' || b == ']':
			for n := len(levels) - 1; n >= 0; n-- {
				if levels[n].bracket == b-2 { // '{' and '}' are two apart, and so are '[' and ']'
					levels = levels[:n]
					break
				}
			}
			top().value = false
			i++
		case b == ':' || b == ',':
			top().value = b == ':'
			i++
		case b == '/' && i+1 < len(data) && (data[i+1] == '/' || data[i+1] == '*'):
			if i = commentEnd(data, i); i > offset || i == offset && data[i-1] != '/' {
				return c, false
			}
		case b == '"':
			end, closed := stringEnd(data, i)
			if end > offset || end == offset && !closed {
				c.start, c.end = i, wordEnd(data, offset)
				if c.end < len(data) && data[c.end] == '"' {
					c.end++
				}
				i = offset
				break
			}
			i = end
			if c = (cursor{start: offset, end: offset}); top().value {
				top().value = i == offset
			}
		case isWord(b):
			end := wordEnd(data, i)
			if end >= offset {
				c.start, c.end = i, end
			}
			i = end
		default:
			i++
		}
	}
	if len(levels) == 0 {
		return c, false
	}
	c.array = top().bracket == '['
	c.value = c.array || top().value
	rest := bytes.TrimLeft(data[c.end:], " \t\r\n")
	c.colon = len(rest) > 0 && rest[0] == ':'
	return c, true
}

// stringEnd gives the end of the string that starts at i, behind its quote if it is closed before its line ends.
func stringEnd(data []byte, i int) (end int, closed bool) {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i + 1, true
		case '\n', '\r':
			return i, false
		case '\\':
			if i+1 < len(data) && data[i+1] != '\n' && data[i+1] != '\r' {
				i++
			}
		}
	}
	return i, false
}

func commentEnd(data []byte, i int) int {
	end := "\n"
	if data[i+1] == '*' {
		end = "*/"
	}
	n := bytes.Index(data[i+2:], []byte(end))
	if n < 0 {
		return len(data) + 1
	}
	return i + 2 + n + len(end)
}

func wordEnd(data []byte, i int) int {
	for i < len(data) && isWord(data[i]) {
		i++
	}
	return i
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("_$./-", b) >= 0
}

// mark gives the text with the marker at the cursor, in such a form that the text reads as well as it can.
func (c cursor) mark(data []byte) []byte {
	var b strings.Builder
	b.Write(data[:c.start])
	if before := bytes.TrimRight(data[:c.start], " \t\r\n"); len(before) > 0 && strings.IndexByte("{[,:/", before[len(before)-1]) < 0 {
		b.WriteByte(',') // a slash is most likely the end of a comment
	}
	armjson.WriteString(&b, marker)
	if !c.value && !c.colon {
		b.WriteString(": null")
	}
	after := bytes.TrimLeft(data[c.end:], " \t\r\n")
	if len(after) > 0 && strings.IndexByte(",}]", after[0]) < 0 && (c.value || !c.colon) {
		b.WriteByte(',')
	}
	b.Write(data[c.end:])
	return []byte(b.String())
}

// placeAt finds out where the cursor is. ok is false outside of image templates.
func (c cursor) placeAt(file string, data []byte) (p place, ok bool) {
	root, _ := armjson.Parse(file, c.mark(data))
	if root == nil {
		return p, false
	}
	steps, _ := stepsTo(root, func(n *armjson.Node, m *armjson.Member) bool {
		return m != nil && m.Key == marker || n != nil && n.Kind == armjson.String && n.Text == marker
	}, anywhere)
	if steps == nil {
		return p, false
	}
	return find(slices.Clip(steps), templates(root))
}
