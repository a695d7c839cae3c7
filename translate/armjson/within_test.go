package armjson_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
)

func TestWithin(t *testing.T) {
	for _, tt := range []struct {
		name, src, text string // text: what the string is held to be; "" for what it is
		from, to        int
		want            string // the source of the range
		line, column    int
	}{
		{"plain", `"abc"`, "", 1, 2, "b", 1, 3},
		{"all", `"abc"`, "", 0, 3, "abc", 1, 2},
		{"empty, at the end", `"abc"`, "", 3, 3, "", 1, 5},
		{"behind an escape", `"a\tbc"`, "", 2, 3, "b", 1, 5},
		{"an escape", `"a\u00e4b"`, "", 1, 3, `\u00e4`, 1, 3},
		{"two code units", `"\ud83d\ude00b"`, "", 4, 5, "b", 1, 14},
		{"wide characters", `"äöü"`, "", 2, 4, "ö", 1, 3},
		{"on another line", "\"a\nbc\"", "", 3, 4, "c", 2, 2},
		{"from inside a character", `"äö"`, "", 1, 2, "ä", 1, 2},
		{"an expression", `"[concat('a')]"`, "a", 0, 1, `"[concat('a')]"`, 1, 1},
		{"out of range", `"abc"`, "", 2, 9, `"abc"`, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, _ := armjson.Parse("f", []byte(tt.src))
			text := tt.text
			if text == "" {
				text = n.Text
			}
			r := armjson.Within([]byte(tt.src), n.Range, text, tt.from, tt.to)
			if got := tt.src[r.Start.Byte:r.End.Byte]; got != tt.want || r.Start.Line != tt.line || r.Start.Column != tt.column {
				t.Errorf("got %q at %s, want %q at %d:%d", got, r, tt.want, tt.line, tt.column)
			}
		})
	}
}
