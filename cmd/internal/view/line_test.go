package view

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Setting up nginx (1.22.1-9) ...", "Setting up nginx (1.22.1-9) ..."},
		{"colours are removed", "\x1b[31;1merror:\x1b[0m no", "error: no"},
		{"title sequence is removed", "a\x1b]0;owned\x07b", "ab"},
		{"clear screen is removed", "\x1b[2J\x1b[Hhello", "hello"},
		{"cursor movement is removed", "x\x1b[10Ay", "xy"},
		{"unfinished sequence is removed", "tail\x1b[", "tail"},
		{"progress keeps its last state", " 10%\r 50%\r100%", "100%"},
		{"carriage return at the end", "done\r\n", "done"},
		{"bell becomes visible", "ding\a", "ding␇"},
		{"backspace becomes visible", "ab\bc", "ab␈c"},
		{"tab to the next stop", "ab\tc", "ab      c"},
		{"tab after a wide character", "日本\tc", "日本    c"},
		{"C1 control", "a\u009b31mb", "a<U+009B>31mb"},
		{"reordering", "if \u202e}", "if <U+202E>}"},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
		{"umlaut and emoji stay", "grün 👍", "grün 👍"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.in); got != tt.want {
				t.Errorf("Line(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

// FuzzLine holds Line to its promise: nothing that a terminal would act on comes out, whatever goes in.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{"\x1b[2J", "a\tb", "\x9b31m", "\u202e", "日\t本", "\x1bP1$r\x1b\\", "x\r\ny"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, out := range []string{Line(in), Visible(in)} {
			if !utf8.ValidString(out) {
				t.Fatalf("%q became invalid UTF-8 %q", in, out)
			}
			if i := strings.IndexFunc(out, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || isReordering(r) }); i >= 0 {
				t.Fatalf("%q became %q, with a control character at %d", in, out, i)
			}
			if ansi.Strip(out) != out {
				t.Fatalf("%q became %q, which still has an escape sequence", in, out)
			}
		}
	})
}
