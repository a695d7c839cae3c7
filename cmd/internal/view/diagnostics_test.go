package view

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/diag"
)

// rangeOf finds the n-th (from 0) occurrence of needle in text and returns its range, as the reader of JSON would.
func rangeOf(t *testing.T, file, text, needle string, n int) diag.Range {
	t.Helper()
	at := -1
	for range n + 1 {
		next := strings.Index(text[at+1:], needle)
		if next < 0 {
			t.Fatalf("%q does not occur in the source", needle)
		}
		at += 1 + next
	}
	pos := func(offset int) diag.Pos {
		line := text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]
		return diag.Pos{Line: 1 + strings.Count(text[:offset], "\n"), Column: 1 + len([]rune(line)), Byte: offset}
	}
	return diag.Range{File: file, Start: pos(at), End: pos(at + len(needle))}
}

func TestDiagnosticText(t *testing.T) {
	const file = "web.json"
	text := "{\n  \"inline\": [],\n        \"scriptUri\": \"https://example.org/nginx.sh\",\n\t\"täb\":\t\"日本\", \"x\": 1\n}"
	finding := func(needle string) diag.Diagnostic {
		return diag.Diagnostic{
			Severity: diag.Error, Code: "ING2103", Subject: rangeOf(t, file, text, needle, 0), Summary: "it is wrong",
		}
	}
	for _, tt := range []struct {
		name string
		d    diag.Diagnostic
		want string
	}{
		{"all parts", func() diag.Diagnostic {
			d := finding(`"scriptUri"`)
			d.Path = "properties.customize[2].scriptUri"
			d.Summary = `customizer "installNginx" has both "inline" and "scriptUri"`
			d.Related = []diag.Note{{Message: `"inline"`, Range: rangeOf(t, file, text, `"inline"`, 0)}}
			d.Why = "a Shell customizer runs either inline commands or one script"
			d.Fix = "remove one of them, or move the script to a customizer of its own"
			return d
		}(), `
web.json:3:9: error: customizer "installNginx" has both "inline" and "scriptUri" [ING2103]
    3 |         "scriptUri": "https://example.org/nginx.sh",
      |         ^~~~~~~~~~~
  at:   properties.customize[2].scriptUri   ("inline": 2:3)
  why:  a Shell customizer runs either inline commands or one script
  fix:  remove one of them, or move the script to a customizer of its own
`},
		{"tabs and wide characters", finding(`"日本"`), `
web.json:4:9: error: it is wrong [ING2103]
    4 |         "täb":  "日本", "x": 1
      |                 ^~~~~~
`},
		{"behind wide characters", finding(`"x"`), `
web.json:4:15: error: it is wrong [ING2103]
    4 |         "täb":  "日本", "x": 1
      |                         ^~~
`},
		{"more than one line", finding("\"inline\": [],\n    "), `
web.json:2:3: error: it is wrong [ING2103]
    2 |   "inline": [],
      |   ^~~~~~~~~~~~~
`},
		{"end of file", func() diag.Diagnostic {
			d := finding("}")
			d.Subject.Start = d.Subject.End
			return d
		}(), `
web.json:5:2: error: it is wrong [ING2103]
    5 | }
      |  ^
`},
		{"warning without a place", diag.Diagnostic{Severity: diag.Warning, Code: "ING2001", Summary: "odd", Why: "one\ntwo"}, `
warning: odd [ING2001]
  why:  one
        two
`},
		{"file without its text", diag.Diagnostic{Severity: diag.Error, Code: "ING1001", Summary: "odd",
			Subject: diag.Range{File: "other.json", Start: diag.Pos{Line: 3, Column: 4, Byte: 9}}}, `
other.json:3:4: error: odd [ING1001]
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := Diagnostics(&b, Palette{}, diag.List{tt.d}, Sources{file: []byte(text)}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), b.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLongLineIsCutAroundTheSubject(t *testing.T) {
	text := `{"a":"` + strings.Repeat("é", 5000) + `","bad":1,"b":"` + strings.Repeat("x", 5000) + `"}`
	d := diag.Diagnostic{Severity: diag.Error, Code: "ING1001", Summary: "odd", Subject: rangeOf(t, "m.json", text, `"bad"`, 0)}
	var b strings.Builder
	if err := Diagnostics(&b, Palette{}, diag.List{d}, Sources{"m.json": []byte(text)}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if n := len([]rune(lines[1])); n > sourceWidth+12 {
		t.Errorf("the source line has %d characters", n)
	}
	at := len([]rune(lines[2][:strings.Index(lines[2], "^")]))
	if got := string([]rune(lines[1])[at : at+5]); got != `"bad"` {
		t.Errorf("the caret points at %q\n%s\n%s", got, lines[1], lines[2])
	}
}

func TestHostileFileName(t *testing.T) {
	var b strings.Builder
	d := diag.Diagnostic{Severity: diag.Error, Code: "ING1001", Summary: "odd \x1b[2J", Subject: diag.Range{File: "\x1b]0;x\a.json"}}
	if err := Diagnostics(&b, Palette{}, diag.List{d}, nil); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("an escape sequence came through: %q", b.String())
	}
}

func TestCount(t *testing.T) {
	e, w := diag.Diagnostic{Severity: diag.Error}, diag.Diagnostic{Severity: diag.Warning}
	for want, list := range map[string]diag.List{
		"no findings": nil, "1 error": {e}, "2 warnings": {w, w}, "2 errors, 1 warning": {e, w, e},
	} {
		if got := Count(list); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
