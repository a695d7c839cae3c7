package lsp

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestPositions(t *testing.T) {
	const src = "{\r\n  \"ü😀x\": 1,\n\r\rend"
	x := newText([]byte(src))
	for _, tt := range []struct {
		name   string
		offset int
		want   Position
	}{
		{"start", 0, Position{0, 0}},
		{"before CR LF", 1, Position{0, 1}},
		{"between CR and LF", 2, Position{0, 1}},
		{"after CR LF", 3, Position{1, 0}},
		{"before ü", 6, Position{1, 3}},
		{"inside ü", 7, Position{1, 3}},
		{"after ü", 8, Position{1, 4}},
		{"inside the emoji", 10, Position{1, 4}},
		{"after the emoji, two units", 12, Position{1, 6}},
		{"end of the line", 18, Position{1, 12}},
		{"an empty line that CR ends", 19, Position{2, 0}},
		{"another", 20, Position{3, 0}},
		{"last line", 21, Position{4, 0}},
		{"end", len(src), Position{4, 3}},
		{"behind the end", 999, Position{4, 3}},
		{"before the start", -1, Position{0, 0}},
	} {
		if got := x.position(tt.offset); got != tt.want {
			t.Errorf("%s: position(%d) = %v, want %v", tt.name, tt.offset, got, tt.want)
		}
	}
	for _, tt := range []struct {
		name string
		at   Position
		want int
	}{
		{"behind the end of a line", Position{0, 99}, 1},
		{"between the halves of the emoji", Position{1, 5}, 8},
		{"behind the last line", Position{99, 0}, len(src)},
		{"a negative line", Position{-1, 4}, 0},
		{"a negative character", Position{1, -4}, 3},
	} {
		if got := x.offset(tt.at); got != tt.want {
			t.Errorf("%s: offset(%v) = %d, want %d", tt.name, tt.at, got, tt.want)
		}
	}
}

// FuzzPositions: no panic; an offset that stands between characters and not in a line break comes back from its position; positions
// grow with offsets; every position leads into the text.
func FuzzPositions(f *testing.F) {
	f.Add([]byte("a\r\nü😀\n\rb"), 3, 1, 2)
	f.Add([]byte("\xff\xf0\x9f\r\r\n"), 2, -1, 9)
	f.Add([]byte(""), 0, 0, 0)
	f.Add(bytes.Repeat([]byte("😀aü"), 1000), 5000, 0, 3000)
	f.Fuzz(func(t *testing.T, data []byte, offset, line, character int) {
		x := newText(data)
		if got := x.offset(Position{line, character}); got < 0 || got > len(data) {
			t.Fatalf("offset %d of %d", got, len(data))
		}
		p := x.position(offset)
		if p.Line < 0 || p.Line >= len(x.starts) || p.Character < 0 {
			t.Fatalf("position %v", p)
		}
		last := Position{}
		for i := 0; i <= len(data); {
			p := x.position(i)
			if p.Line < last.Line || p.Line == last.Line && p.Character < last.Character {
				t.Fatalf("position %v of %d comes after %v", p, i, last)
			}
			last = p
			inBreak := i > 0 && i < len(data) && data[i-1] == '\r' && data[i] == '\n'
			if back := x.offset(p); back != i && !inBreak {
				t.Fatalf("%d became %v became %d", i, p, back)
			}
			_, size := utf8.DecodeRune(data[i:])
			i += max(size, 1)
		}
	})
}
