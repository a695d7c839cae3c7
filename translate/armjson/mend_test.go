package armjson_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
)

// One mistake gives one finding, at the place where it probably is, and what stands behind it is read.
func TestParseMends(t *testing.T) {
	tests := []struct {
		name, in, want string
		diags          []string
	}{
		{"a closing quote, on the line", "{\"a\": \"b,\n\"c\": 1}", `{a: "b", c: 1}`, []string{
			"t.json:1:7: error: this string is never closed [ING1007]"}},
		{"a closing quote, all on one line", `{"a": "b, "c": 1}`, `{a: "b", c: 1}`, []string{
			"t.json:1:7: error: this string is never closed [ING1007]"}},
		{"a closing quote before a bracket", "{\"a\": [\"b]}\n", `{a: ["b"]}`, []string{
			"t.json:1:8: error: this string is never closed [ING1007]"}},
		{"a closing quote of an expression", "{\"a\": \"[x('y')]},\n", `{a: "[x('y')]"}`, []string{
			"t.json:1:7: error: this string is never closed [ING1007]",
			"t.json:1:17: error: there is more text after the end of the JSON value [ING1011]"}},
		{"a closing quote of a name", "{\"a: 1,\n\"b\": 2}", `{a: 1, b: 2}`, []string{
			"t.json:1:2: error: this string is never closed [ING1007]"}},
		{"an opening quote", `{"a": b c", "d": 1}`, `{a: "b c", d: 1}`, []string{
			"t.json:1:7: error: the opening quote of this text is missing [ING1008]"}},
		{"an opening quote of an expression", `{"a": [b('c', 'd')]", "e": 1}`, `{a: "[b('c', 'd')]", e: 1}`, []string{
			"t.json:1:7: error: the opening quote of this text is missing [ING1008]"}},
		{"an opening quote of a name", `{a": 1, "b": 2}`, `{a: 1, b: 2}`, []string{
			"t.json:1:2: error: the opening quote of this property name is missing [ING1008]"}},
		{"both quotes of a name", `{a: 1, "b": 2}`, `{a: 1, b: 2}`, []string{
			"t.json:1:2: error: property name a is not in double quotes [ING1008]"}},
		{"both quotes of an expression", `{"a": [b('c', 'd')], "e": 1}`, `{a: "[b('c', 'd')]", e: 1}`, []string{
			"t.json:1:7: error: the expression [b('c', 'd')] is not in double quotes [ING1009]"}},
		{"both quotes of a URL", `{"a": https://b.c/d, "e": 1}`, `{a: "https://b.c/d", e: 1}`, []string{
			"t.json:1:7: error: this text is not in double quotes: https://b.c/d [ING1009]"}},
		{"quotes inside of a string", `["say "a" and "b"", 1]`, `["say \"a\" and \"b\"", 1]`, []string{
			"t.json:1:7: error: a quote stands inside this string [ING1008]"}},
		{"a quote too many", "{\"a\": 1,\"\n\"b\": 2}", `{a: 1, b: 2}`, []string{
			"t.json:1:9: error: this quote opens no text [ING1008]"}},

		{"a colon and its value", `{"a", "b": 1}`, `{b: 1}`, []string{
			`t.json:1:5: error: "," stands where ":" after the property name "a" is wanted [ING1005]`}},
		{"a value", `{"a":, "b": 1}`, `{b: 1}`, []string{
			`t.json:1:6: error: "," stands where a value is wanted [ING1005]`}},
		{"a value and the comma", "{\"a\":\n\"b\": 1}", `{b: 1}`, []string{
			`t.json:1:5: error: property "a" has no value [ING1005]`}},
		{"another sign for a colon", `{"a" = 1, "b" => 2}`, `{a: 1, b: 2}`, []string{
			`t.json:1:6: error: "=" stands where ":" after the property name "a" is wanted [ING1005]`,
			`t.json:1:15: error: "=" stands where ":" after the property name "b" is wanted [ING1005]`}},
		{"another sign for a comma", "{\"a\": 1;\n\"b\": 2}", `{a: 1, b: 2}`, []string{
			`t.json:1:8: error: ";" stands where "," or "}" is wanted [ING1005]`}},
		{"commas too many", `[1,, ,2, {"a": 1,,}]`, `[1, 2, {a: 1}]`, []string{
			`t.json:1:4: error: "," stands where a value is wanted [ING1005]`,
			`t.json:1:18: error: "," stands where a property name in double quotes, or "}" is wanted [ING1005]`}},
		{"colons too many", `{"a":: 1, "b": 2:, "c": 3}`, `{a: 1, b: 2, c: 3}`, []string{
			`t.json:1:6: error: ":" stands where a value is wanted [ING1005]`,
			`t.json:1:17: error: ":" stands where "," or "}" is wanted [ING1005]`}},

		{"a closing bracket of an array", `{"a": ["b", "c": 1}`, `{a: ["b"], c: 1}`, []string{
			`t.json:1:13: error: property "c" stands where the array opened at 1:7 is still open [ING1007]`}},
		{"a closing bracket of an object in an array", `[{"a": 1, {"b": 2}]`, `[{a: 1}, {b: 2}]`, []string{
			`t.json:1:11: error: "{" stands where the object opened at 1:2 is still open [ING1007]`}},
		{"a closing bracket of an empty object", `{"a": {"b": {, "c": 1}, "d": 2}`, `{a: {b: {}, c: 1}, d: 2}`, []string{
			`t.json:1:14: error: "," stands where the object opened at 1:13 is still open [ING1007]`}},
		{"two closing brackets", `{"a": [{"b": [1], "c": 2}`, `{a: [{b: [1], c: 2}]}`, []string{
			"t.json:1:7: error: this array is never closed [ING1007]"}},
		{"an opening bracket of an array", `{"a": 1, 2], "b": {"c": 1}, {"c": 2}]}`, `{a: [1, 2], b: [{c: 1}, {c: 2}]}`, []string{
			`t.json:1:7: error: "[" is missing before the value of "a" [ING1005]`,
			`t.json:1:19: error: "[" is missing before the value of "b" [ING1005]`}},
		{"an opening bracket of an object", `{"a": "b": 1, "c": 2}, "d": 3}`, `{a: {b: 1, c: 2}, d: 3}`, []string{
			`t.json:1:7: error: "{" is missing before property "b" [ING1005]`}},
		{"an opening bracket of an object in an array", `["a": 1}, {"b": 2}]`, `[{a: 1}, {b: 2}]`, []string{
			`t.json:1:2: error: "{" is missing before property "a" [ING1005]`}},
		{"an opening bracket of an empty array", `{"a": ], "b": 1}`, `{a: [], b: 1}`, []string{
			`t.json:1:7: error: "[" is missing before this "]" [ING1005]`}},
		{"a bracket of the wrong kind", `{"a": {"b": 1], "c": [2}}`, `{a: {b: 1}, c: [2]}`, []string{
			`t.json:1:14: error: "]" stands where the object opened at 1:7 is still open [ING1007]`,
			`t.json:1:24: error: "}" stands where the array opened at 1:22 is still open [ING1007]`}},
		{"a closing bracket too many", `{"a": {"b": 1}}, "c": 2}`, `{a: {b: 1}, c: 2}`, []string{
			`t.json:1:15: error: this "}" ends the whole document, and more properties follow [ING1011]`}},
		{"a closing bracket too many, inside", "{\"a\": {\"b\": 1} \"c\": 2}, \"d\": 3}", `{a: {b: 1, c: 2}, d: 3}`, []string{
			`t.json:1:14: error: this "}" closes the object opened at 1:7 too early [ING1005]`}},
		{"a closing bracket that closes nothing", `{"a": 1], "b": 2}`, `{a: 1, b: 2}`, []string{
			`t.json:1:8: error: "]" closes nothing [ING1005]`}},
		{"an opening bracket too many", `{"a": { "b", "c": 1}`, `{a: "b", c: 1}`, []string{
			`t.json:1:7: error: "{" stands where a value is wanted [ING1005]`}},

		{"placeholders", `[<a b>, {{c}}, ${d}, $(e), #{f}#, __g__, %h%]`,
			`["<a b>", "{{c}}", "${d}", "$(e)", "#{f}#", "__g__", "%h%"]`, []string{
				"t.json:1:2: error: the placeholder <a b> was not replaced [ING1009]",
				"t.json:1:9: error: the placeholder {{c}} was not replaced [ING1009]",
				"t.json:1:16: error: the placeholder ${d} was not replaced [ING1009]",
				"t.json:1:22: error: the placeholder $(e) was not replaced [ING1009]",
				"t.json:1:28: error: the placeholder #{f}# was not replaced [ING1009]",
				"t.json:1:35: error: the placeholder __g__ was not replaced [ING1009]",
				"t.json:1:42: error: the placeholder %h% was not replaced [ING1009]"}},
		{"a left-out part", "{\"a\": 1,\n...\n\"b\": 2}", `{a: 1, b: 2}`, []string{
			`t.json:2:1: error: "." stands where a property name in double quotes, or "}" is wanted [ING1005]`}},
		{"a comment of a shell, said once", "# a\n{\n# b\n}", "{}", []string{
			`t.json:1:1: error: a comment starts with "#" [ING1005]`}},
		{"a merge conflict", "{\n<<<<<<< ours\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> theirs\n}", "{}", []string{
			"t.json:2:1: error: this is the mark of a merge conflict [ING1005]"}},
		{"two documents", "{\"a\": 1}\n{\"b\": [}", `{a: 1}`, []string{
			"t.json:2:1: error: a second JSON value starts here [ING1011]"}},
		{"no JSON at all", "hello, world", `"hello"`, []string{
			"t.json:1:1: error: hello is not a value that JSON has [ING1009]"}},
		{"names that a lost bracket doubles are not told", `{"a": {"b": 1, "c": 2, "b": 3`, `{a: {b: 3, c: 2}}`, []string{
			"t.json:1:7: error: this object is never closed [ING1007]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, l := armjson.Parse("t.json", []byte(tt.in))
			if diff := cmp.Diff(tt.want, show(n, false)); diff != "" {
				t.Errorf("tree (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.diags, findings(l)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// The indentation tells which bracket is not closed, or closed too often.
func TestParseIndentation(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"an object that is not closed", `{
  "a": {
    "b": {
      "c": 1,
    "d": 2
  },
  "e": 3
}
`, `t.json:3:10: error: this object is never closed [ING1007]
  why: the file ends at 9:1, and the "}" at 6:3, which closes this one, lines up with the one around it
  fix: add "}" where it ends
  t.json:5:5: it may have been meant to end before this line`},
		{"an object in an array that is not closed", `{
  "a": [
    {
      "b": {
        "c": 1,
      "d": 2
    }
  ],
  "e": 3
}
`, `t.json:8:3: error: "]" stands where the object opened at 3:5 is still open [ING1007]
  fix: add "}" before it
  t.json:3:5: opened here
  t.json:4:12: perhaps this one should have been closed before
  t.json:6:7: it may have been meant to end before this line`},
		{"a bracket too many", `{
  "a": {
    "b": {
      "c": 1
    }
    },
    "d": 2
  }
}
`, `t.json:9:1: error: there is more text after the end of the JSON value [ING1011]
  why: the value ends at 8:4
  fix: remove it, or look for a bracket that was closed too early
  t.json:6:5: perhaps this one is too many`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, l := armjson.Parse("t.json", []byte(tt.in))
			if diff := cmp.Diff(tt.want, strings.TrimSpace(report(l))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// report writes findings with all that they say.
func report(l diag.List) string {
	var b strings.Builder
	for _, d := range l {
		fmt.Fprintln(&b, d)
		for _, part := range [][2]string{{"why", d.Why}, {"fix", d.Fix}} {
			if part[1] != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part[0], part[1])
			}
		}
		for _, n := range d.Related {
			fmt.Fprintf(&b, "  %s: %s\n", n.Range, n.Message)
		}
	}
	return b.String()
}

// document is a template as people write them, on which every single mistake is tried.
const document = `{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "name": { "type": "string", "defaultValue": "web" },
    "sizes": {
      "type": "array",
      "defaultValue": [30, 60]
    }
  },
  "variables": {},
  "resources": [
    {
      "type": "Microsoft.VirtualMachineImages/imageTemplates",
      "apiVersion": "2024-02-01",
      "name": "[parameters('name')]",
      "dependsOn": [],
      "tags": { "a": true, "b": null },
      "properties": {
        "buildTimeoutInMinutes": 80,
        "source": {
          "type": "PlatformImage",
          "version": "latest"
        },
        "customize": [
          {
            "type": "Shell",
            "inline": [
              "echo 'hello'",
              "sudo apt-get update"
            ]
          },
          {
            "type": "File",
            "sourceUri": "https://example.com/a.txt"
          }
        ],
        "distribute": []
      }
    }
  ]
}
`

// TestParseEveryMistake leaves out every sign of a document by itself, and puts every sign behind every other. It allows
// for the few that leave something else that makes sense.
func TestParseEveryMistake(t *testing.T) {
	left, _ := leaveOut([]byte(document))
	for _, m := range left {
		if _, l := armjson.Parse("t.json", m.text); l.Count(diag.Error) != 1 {
			t.Errorf("%q left out at line %d: %d errors\n%s", m.sign, m.line, l.Count(diag.Error), report(l))
		} else if !pointsAt(l, m.line) && m.sign != '}' {
			t.Errorf("%q left out at line %d is not pointed at:\n%s", m.sign, m.line, report(l))
		}
	}
	count, one := 0, 0
	for _, sign := range []byte(`,:;"[]{}`) {
		for _, m := range putIn([]byte(document), sign) {
			_, l := armjson.Parse("t.json", m.text)
			if count++; l.Count(diag.Error) <= 1 {
				one++
			}
			if len(l) > 0 && !pointsAt(l, m.line) && sign != '}' && sign != ']' {
				t.Errorf("%q put in at line %d is not pointed at:\n%s", m.sign, m.line, report(l))
			}
		}
	}
	if one*100 < count*97 {
		t.Errorf("%d of %d signs put in give more than one error", count-one, count)
	}
}

// TestParseTwoMistakes makes two at a distance: both are found.
func TestParseTwoMistakes(t *testing.T) {
	half := strings.Index(document, `      "dependsOn"`)
	first, _ := leaveOut([]byte(document[:half]))
	second, _ := leaveOut([]byte(document[half:]))
	count, both := 0, 0
	for i, a := range first {
		b := second[i*7%len(second)]
		if strings.IndexByte("[]{}", a.sign) >= 0 && strings.IndexByte("[]{}", b.sign) >= 0 {
			continue // two brackets may well make up for each other
		}
		text := append(append([]byte{}, a.text...), b.text...)
		_, l := armjson.Parse("t.json", text)
		if count++; l.Count(diag.Error) == 2 {
			both++
		}
	}
	if both*100 < count*95 {
		t.Errorf("%d of %d pairs give another number of errors than two", count-both, count)
	}
}

// TestParseCorpusMistakes leaves out signs of real image templates.
func TestParseCorpusMistakes(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpus", "json", "*.json"))
	if len(files) == 0 {
		t.Skip("the corpus of image templates is not here")
	}
	count, one := 0, 0
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, l := armjson.Parse("t.json", data); len(l) > 0 || len(data) > 20_000 {
			continue
		}
		left, _ := leaveOut(data)
		for j := i % 17; j < len(left); j += 37 {
			if _, l := armjson.Parse("t.json", left[j].text); l.Count(diag.Error) == 1 {
				one++
			}
			count++
		}
	}
	t.Logf("%d of %d mistakes give one error", one, count)
	if one*1000 < count*995 {
		t.Errorf("%d of %d mistakes give another number of errors than one", count-one, count)
	}
}

// mistake is a document with one.
type mistake struct {
	text []byte
	sign byte
	line int
}

// leaveOut makes a text for each sign of a document that is left out: brackets, commas, colons and quotes. at are their
// offsets.
func leaveOut(text []byte) (made []mistake, at []int) {
	line, inString := 1, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\n':
			line++
			continue
		case inString && c == '\\':
			i++
			continue
		case c == '"':
			inString = !inString
		case inString, strings.IndexByte(",:{}[]", c) < 0:
			continue
		}
		made = append(made, mistake{append(append([]byte{}, text[:i]...), text[i+1:]...), c, line})
		at = append(at, i)
	}
	return made, at
}

// putIn makes a text for each sign of a document, opening quotes excepted, behind which another is put.
func putIn(text []byte, sign byte) (made []mistake) {
	left, at := leaveOut(text)
	quotes := 0
	for i, m := range left {
		if m.sign == '"' {
			if quotes++; quotes%2 == 1 {
				continue
			}
		}
		with := append(append(append([]byte{}, text[:at[i]+1]...), sign), text[at[i]+1:]...)
		made = append(made, mistake{with, sign, m.line})
	}
	return made
}

// pointsAt reports whether a finding is about a line, or one beside it.
func pointsAt(l diag.List, line int) bool {
	near := func(r diag.Range) bool { return r.Start.Line >= line-1 && r.Start.Line <= line+1 }
	for _, d := range l {
		if near(d.Subject) {
			return true
		}
		for _, n := range d.Related {
			if near(n.Range) {
				return true
			}
		}
	}
	return false
}

// Where there is one right answer the finding brings the edit, and the text is right with it.
func TestParseEdits(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a trailing comma", "[1, 2 , ]", "[1, 2  ]"},
		{"a missing comma", "{\"a\": 1 // one\n\"b\": 2}", "{\"a\": 1, // one\n\"b\": 2}"},
		{"missing commas", "[1 2\n\"x\"]", "[1, 2,\n\"x\"]"},
		{"extra commas", "[1,, 2,\n, ,3]", "[1, 2,\n3]"},
		{"an extra comma at the end", "[1,,]", "[1,]"},
		{"extra commas and a comment", "[1, /* two */, 3]", "[1, /* two */ 3]"},
		{"extra commas around a comment", "[1,, /* two */, 3]", "[1,, /* two */, 3]"},
		{"single quotes", `{'a': 'b'}`, `{"a": "b"}`},
		{"double quotes in single ones", `['a "b"']`, `['a "b"']`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, l := armjson.Parse("t.json", []byte(tt.in))
			if got, _ := edit.Apply("t.json", []byte(tt.in), l); string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
