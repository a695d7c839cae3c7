package armjson_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// TestParseHostile reads files that are as large as they may be and made to hurt: the findings are few, and the memory
// that is asked for, all in all, stays in proportion.
func TestParseHostile(t *testing.T) {
	const size = 4 << 20
	fill := func(start, unit, end string) []byte {
		n := (size - len(start) - len(end)) / len(unit)
		return []byte(start + strings.Repeat(unit, n) + end)
	}
	many := func(start, format, end string) []byte {
		b := []byte(start)
		for i := 0; len(b) < size-100; i++ {
			b = fmt.Appendf(b, format, i)
		}
		return append(b, end...)
	}
	tests := []struct {
		name  string
		text  []byte
		last  diag.Code // of the last finding, or of the only one
		times int       // the memory asked for, at most this many times the size
	}{
		{"commas", fill("[", ",", "]"), armjson.CodeUnexpected, 5},
		{"commas and values", fill("[", "1,,", "]"), armjson.CodeTooManyErrors, 5},
		{"commas, blanks and values", fill("[", "1, ,", "]"), armjson.CodeTooManyErrors, 5},
		{"opening brackets", fill("", "[", ""), armjson.CodeTooDeep, 5},
		{"opening brackets of objects", fill("", `{"":`, ""), armjson.CodeTooDeep, 5},
		{"closing brackets", fill("[", "}", ""), armjson.CodeTextAfterEnd, 5},
		{"wrong brackets", fill("", "[}", ""), armjson.CodeTooManyErrors, 5},
		{"words", fill("[", "x ", "]"), armjson.CodeBadLiteral, 5},
		{"words with commas", fill("[", "x,", "]"), armjson.CodeTooManyErrors, 5},
		{"quotes", fill("", `"`, ""), armjson.CodeBadString, 5},
		{"strings that are not closed", fill("[", "\"\\\"\n", "]"), armjson.CodeTooManyErrors, 5},
		{"escapes that are none", fill(`["`, `\x`, `"]`), armjson.CodeTooManyErrors, 10},
		{"missing commas", fill("[", "1 ", "]"), armjson.CodeTooManyErrors, 5},
		{"single quotes", fill("[", "'',", "1]"), armjson.CodeTooManyErrors, 5},
		{"comments", fill("[", "/**/", "]"), armjson.CodeComment, 5},
		{"a comment without end", fill("/*", "*", ""), armjson.CodeNotClosed, 5},
		{"names written twice", fill(`{"b":1`, `,"a":1`, "}"), armjson.CodeTooManyValues, 60},
		{"small values", fill("[1", ",1", "]"), armjson.CodeTooManyValues, 60},
		{"small objects", fill("[{}", ",{}", "]"), armjson.CodeTooManyValues, 60},
		{"names", many(`{"a": 0`, `,"%d":0`, "}"), "", 100},
		{"a long line of code", fill("", "a(", ""), armjson.CodeBadLiteral, 5},
		{"zero bytes", fill("{", "\x00", ""), armjson.CodeNotText, 5},
		{"bytes of another encoding", fill("{", "\xe9", ""), armjson.CodeNotText, 5},
		{"too large", make([]byte, 100<<20), armjson.CodeTooLarge, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, l := armjson.Parse("t.json", tt.text)
			runtime.ReadMemStats(&after)
			if len(l) > 102 {
				t.Errorf("%d findings", len(l))
			}
			switch {
			case len(l) == 0 && tt.last != "":
				t.Error("no finding")
			case len(l) > 0 && l[len(l)-1].Code != tt.last:
				t.Errorf("the last finding is %v, want %s", l[len(l)-1], tt.last)
			}
			if asked := after.TotalAlloc - before.TotalAlloc; asked > uint64(tt.times*len(tt.text)) {
				t.Errorf("it took %.1f times the size of the file, more than %d", float64(asked)/float64(len(tt.text)), tt.times)
			}
		})
	}
}

// Warnings never refuse a file: of too many, the number is told.
func TestParseManyWarnings(t *testing.T) {
	text := `{"b": 1` + strings.Repeat(`, "a": 1`, 1_000) + "}"
	n, l := armjson.Parse("t.json", []byte(text))
	if l.HasErrors() || show(n, false) != "{b: 1, a: 1}" {
		t.Errorf("got %s and %d errors", show(n, false), l.Count(diag.Error))
	}
	if len(l) != 101 {
		t.Fatalf("%d findings", len(l))
	}
	want := "t.json:1:818: warning: 899 more warnings from here on are not shown [ING1018]"
	if got := l[100].String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// After so many errors that the file can hardly be what was meant the reading stops, and says so.
func TestParseManyErrors(t *testing.T) {
	_, l := armjson.Parse("t.json", []byte("["+strings.Repeat("x,\n", 1_000)+"1]"))
	if len(l) != 101 {
		t.Fatalf("%d findings", len(l))
	}
	if got, want := l[100].String(), "t.json:101:2: error: reading stopped here, after 100 errors [ING1017]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every kind of error is tried as the last one that is reported, and the first that is not.
func TestParseLastError(t *testing.T) {
	var texts [][]byte
	for _, text := range mistakes {
		texts = append(texts, []byte(text))
	}
	left, _ := leaveOut([]byte(document))
	for _, m := range left {
		texts = append(texts, m.text)
	}
	for _, sign := range []byte(`,:;"'[]{}x# `) {
		for i, m := range putIn([]byte(document), sign) {
			if i%4 == 0 {
				texts = append(texts, m.text)
			}
		}
	}
	for count := 99; count <= 100; count++ {
		before := "[" + strings.Repeat("x,\n", count)
		for _, text := range texts {
			for _, gap := range []string{"", " , "} {
				data := []byte(before + gap + string(text) + gap + "]")
				n, l := armjson.Parse("t.json", data)
				if l.Count(diag.Error) > 101 {
					t.Fatalf("%d errors in %s", l.Count(diag.Error), data)
				}
				for _, d := range l {
					checkRange(t, data, d.Subject)
				}
				if n != nil {
					checkTree(t, data, n)
				}
			}
		}
	}
}
