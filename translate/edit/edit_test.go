package edit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
)

// replace is the finding that wants the first old replaced in text.
func replace(text, summary string, pairs ...string) diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Warning, Summary: summary}
	for i := 0; i < len(pairs); i += 2 {
		at := strings.Index(text, pairs[i])
		d.Edits = append(d.Edits, diag.Edit{Text: pairs[i+1], Range: diag.Range{File: "f",
			Start: diag.Pos{Byte: at}, End: diag.Pos{Byte: at + len(pairs[i])}}})
	}
	return d
}

func TestApply(t *testing.T) {
	const text = "one two three four"
	elsewhere := replace(text, "elsewhere", "one", "1")
	elsewhere.Edits[0].Range.File = "g"
	outside := replace(text, "outside", "four", "4")
	outside.Edits[0].Range.End.Byte = 99
	for _, tt := range []struct {
		name   string
		list   diag.List
		want   string
		mended []string
	}{
		{"nothing", nil, text, nil},
		{"no edit", diag.List{{Summary: "a"}}, text, nil},
		{"two, in any order", diag.List{replace(text, "a", "three", "3"), replace(text, "b", "one", "")}, " two 3 four", []string{"a", "b"}},
		{"put in", diag.List{replace(text, "a", "", "zero ")}, "zero one two three four", []string{"a"}},
		{"together", diag.List{replace(text, "a", "one", "1", "four", "4")}, "1 two three 4", []string{"a"}},
		{"the second overlaps", diag.List{replace(text, "a", "two three", "2"), replace(text, "b", "one", "1", "three", "3")}, "one 2 four",
			[]string{"a"}},
		{"the second touches", diag.List{replace(text, "a", "one ", "1"), replace(text, "b", "two", "2")}, "1two three four", []string{"a"}},
		{"the same twice", diag.List{replace(text, "a", "one", "1"), replace(text, "b", "one", "1")}, "1 two three four", []string{"a", "b"}},
		{"another file", diag.List{elsewhere, outside}, text, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, mended := edit.Apply("f", []byte(text), tt.list)
			var names []string
			for _, d := range mended {
				names = append(names, d.Summary)
			}
			if string(out) != tt.want || !cmp.Equal(names, tt.mended) {
				t.Errorf("got %q, mended %q", out, names)
			}
		})
	}
}

func FuzzApply(f *testing.F) {
	f.Add("some text", 1, 3, "x", 3, 5, "")
	f.Fuzz(func(t *testing.T, text string, a, b int, x string, c, d int, y string) {
		one := func(from, to int, with string) diag.Diagnostic {
			return diag.Diagnostic{Edits: []diag.Edit{{Text: with, Range: diag.Range{Start: diag.Pos{Byte: from}, End: diag.Pos{Byte: to}}}}}
		}
		out, mended := edit.Apply("", []byte(text), diag.List{one(a, b, x), one(c, d, y)})
		want := len(text)
		for _, m := range mended {
			e := m.Edits[0]
			want += len(e.Text) - (e.Range.End.Byte - e.Range.Start.Byte)
		}
		same := len(mended) == 2 && cmp.Equal(mended[0], mended[1])
		if !same && len(out) != want {
			t.Errorf("%q with %v is %q", text, mended, out)
		}
	})
}

func TestSettle(t *testing.T) {
	for _, tt := range []struct {
		name, text, at string
		edit           diag.Edit
		want           string // the text after it; "" for an edit that cannot be made
	}{
		{"what is expected", `{"a": 1}`, `"a"`, diag.Edit{Old: `"a"`, Text: `"b"`}, `{"b": 1}`},
		{"something else", `{"[a]": 1}`, `"[a]"`, diag.Edit{Old: `"a"`, Text: `"b"`}, ""},
		{"the only member", `{ "a": 1 }`, `"a": 1`, diag.Edit{Entry: true}, `{  }`},
		{"the first", "{\n  \"a\": 1,\n  \"b\": 2\n}", `"a": 1`, diag.Edit{Entry: true}, "{\n  \"b\": 2\n}"},
		{"in the middle, on one line", `{"a": 1, "b": 2, "c": 3}`, `"b": 2`, diag.Edit{Entry: true}, `{"a": 1, "c": 3}`},
		{"the last", "{\n  \"a\": 1,\n  \"ä\": 2\n}", `"ä": 2`, diag.Edit{Entry: true}, "{\n  \"a\": 1\n}"},
		{"a comment behind it", "{\"a\": 1, // why\n\"b\": 2}", `"a": 1`, diag.Edit{Entry: true}, "{ // why\n\"b\": 2}"},
		{"a comment on the next", "{\"a\": 1,\n// why\n\"b\": 2}", `"a": 1`, diag.Edit{Entry: true}, "{// why\n\"b\": 2}"},
		{"a comment before the last", "{\"a\": 1, /* why */ \"b\": 2}", `"b": 2`, diag.Edit{Entry: true}, ""},
		{"a trailing comma", `[1, 2, ]`, `2`, diag.Edit{Entry: true}, `[1,  ]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := diag.List{replace(tt.text, "x", tt.at, "")}
			tt.edit.Range = list[0].Edits[0].Range
			p := &tt.edit.Range.Start
			before := tt.text[:p.Byte]
			p.Line, p.Column = 1+strings.Count(before, "\n"), 1+len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
			tt.edit.Range.End.Line, tt.edit.Range.End.Column = p.Line, p.Column+len([]rune(tt.at))
			list[0].Edits[0] = tt.edit
			edit.Settle(list, map[string][]byte{"f": []byte(tt.text)})
			out, mended := edit.Apply("f", []byte(tt.text), list)
			if len(mended) == 0 {
				out = nil
			}
			if string(out) != tt.want {
				t.Errorf("got %q, want %q", out, tt.want)
			}
			for _, e := range list[0].Edits { // lines and columns say the same as bytes
				for _, p := range []diag.Pos{e.Range.Start, e.Range.End} {
					lines := strings.Split(tt.text[:p.Byte], "\n")
					if p.Line != len(lines) || p.Column != 1+len([]rune(lines[len(lines)-1])) {
						t.Errorf("%+v", p)
					}
				}
			}
		})
	}
}
