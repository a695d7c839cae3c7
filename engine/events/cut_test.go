package events

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	m := new(Mask)
	m.Add("hunter22")
	m.Add("22nd-secret")
	for _, tc := range []struct {
		name, text    string
		at            int
		before, after int
	}{
		{"nothing to heed", "abcdef", 3, 3, 3},
		{"behind the end", "abc", 9, 3, 3},
		{"inside a secret", "xxhunter22yy", 6, 2, 10},
		{"before a secret", "xxhunter22yy", 2, 2, 2},
		{"behind a secret", "xxhunter22yy", 10, 10, 10},
		{"a secret that may go on", "xxhunt", 6, 2, 6},
		{"inside a secret that may go on", "xxhunt", 4, 2, 6},
		{"nothing but a secret", "hunter22", 4, 0, 8},
		{"two that overlap", "x hunter22nd-secret y", 12, 2, 19},
		{"inside a character", "aé日b", 2, 1, 2},
		{"inside a character of three bytes", "aé日b", 5, 3, 5},
		{"a character that may go on", "a\xe6\x97", 3, 1, 3},
		{"no UTF-8", "a\xff\xff\xffb", 3, 3, 3},
		{"continuation bytes alone", "\x80\x80\x80\x80\x80", 3, 3, 3},
		{"no text", "", 4, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if before, after := m.CutBefore(tc.text, tc.at), m.CutAfter(tc.text, tc.at); before != tc.before || after != tc.after {
				t.Errorf("got %d and %d, want %d and %d", before, after, tc.before, tc.after)
			}
		})
	}
}

// What is masked before it is cut is masked as well when it is cut first.
func FuzzCut(f *testing.F) {
	f.Add("the password is hunter22, and hunter22", "hunter22", 20)
	f.Add("abababababababab", "abab", 5)
	f.Add("日本語日本語", "本語日本", 7)
	f.Fuzz(func(t *testing.T, text, secret string, at int) {
		m := new(Mask)
		m.Add(Secret(secret))
		at = max(0, min(at, len(text)))
		before, after := m.CutBefore(text, at), m.CutAfter(text, at)
		if before < 0 || before > at || after < at || after > len(text) {
			t.Fatalf("cut at %d and %d, want %d around %d", before, after, at, len(text))
		}
		if len(secret) < 4 || strings.Contains(hidden, secret) {
			return
		}
		for _, cut := range []int{before, after} {
			// Each occurrence is whole in one of the halves.
			for i := range len(text) - len(secret) + 1 {
				if text[i:i+len(secret)] == secret && i < cut && cut < i+len(secret) {
					t.Fatalf("%q is cut at %d", text, cut)
				}
			}
		}
		if utf8.ValidString(text) && utf8.ValidString(secret) && !utf8.ValidString(text[:before]) {
			t.Errorf("%q is cut at %d, inside a character", text, before)
		}
	})
}
