package armjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// show renders a tree in one line: scalars as JSON-like text, everything with its place when places is set.
func show(n *armjson.Node, places bool) string {
	if n == nil {
		return "-"
	}
	var b strings.Builder
	if places {
		fmt.Fprintf(&b, "%d:%d-%d:%d ", n.Range.Start.Line, n.Range.Start.Column, n.Range.End.Line, n.Range.End.Column)
	}
	switch n.Kind {
	case armjson.Null:
		b.WriteString("null")
	case armjson.Bool:
		fmt.Fprint(&b, n.Bool)
	case armjson.Number:
		b.WriteString(n.Text)
	case armjson.String:
		fmt.Fprintf(&b, "%q", n.Text)
	case armjson.Array:
		b.WriteString("[")
		for i, item := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(show(item, places))
		}
		b.WriteString("]")
	case armjson.Object:
		b.WriteString("{")
		for i, m := range n.Members {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s: %s", m.Key, show(m.Value, places))
		}
		b.WriteString("}")
	}
	return b.String()
}

func findings(l diag.List) []string {
	var out []string
	for _, d := range l {
		out = append(out, d.String())
	}
	return out
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, in, want string
		diags          []string
	}{
		{name: "all kinds", in: `{"a":[1,-2.5e3,true,false,null,"x"],"b":{}}`, want: `{a: [1, -2.5e3, true, false, null, "x"], b: {}}`},
		{name: "escapes", in: `"\"\\\/\b\f\n\r\té\ud83d\ude00"`, want: `"\"\\/\b\f\n\r\té😀"`},
		{name: "byte order mark", in: "\ufeff{}", want: "{}",
			diags: []string{"t.json:1:1: warning: the file starts with a byte order mark [ING1016]"}},
		{name: "comments, said once", in: "// one\n{ /* two */ }", want: "{}",
			diags: []string{"t.json:1:1: warning: the file has comments [ING1013]"}},
		{name: "trailing comma in object", in: `{"a":1,}`, want: "{a: 1}",
			diags: []string{`t.json:1:7: warning: a comma stands before the closing "}" [ING1014]`}},
		{name: "trailing comma in array", in: `[1, ]`, want: "[1]",
			diags: []string{`t.json:1:3: warning: a comma stands before the closing "]" [ING1014]`}},
		{name: "string over two lines", in: "[\"a\nb\", 1]", want: `["a\nb", 1]`,
			diags: []string{"t.json:1:4: warning: this string holds a raw line break [ING1015]"}},
		{name: "key written twice", in: `{"a":1,"a":2}`, want: "{a: 2}",
			diags: []string{`t.json:1:8: warning: property "a" is written twice in this object; the last one counts [ING1012]`}},
		{name: "missing comma after a member", in: "{\"a\": 1\n \"b\": 2}", want: "{a: 1, b: 2}",
			diags: []string{"t.json:1:8: error: a comma is missing after this value [ING1006]"}},
		{name: "missing commas in an array", in: `[1 2 "x"]`, want: `[1, 2, "x"]`, diags: []string{
			"t.json:1:3: error: a comma is missing after this value [ING1006]",
			"t.json:1:5: error: a comma is missing after this value [ING1006]"}},
		{name: "missing colon", in: `{"a" 1}`, want: "{a: 1}",
			diags: []string{`t.json:1:6: error: "1" stands where ":" after the property name "a" is wanted [ING1005]`}},
		{name: "missing value", in: `{"a": }`, want: "{}",
			diags: []string{`t.json:1:7: error: "}" stands where a value is wanted [ING1005]`}},
		{name: "end after colon", in: `{"a":`, want: "{}",
			diags: []string{`t.json:1:5: error: the file ends before the value of "a" [ING1007]`}},
		{name: "object never closed", in: `{"a": {"b": 1}`, want: "{a: {b: 1}}",
			diags: []string{"t.json:1:1: error: this object is never closed [ING1007]"}},
		{name: "wrong bracket", in: `{"a": [1}`, want: "{a: [1]}",
			diags: []string{`t.json:1:9: error: "}" stands where the array opened at 1:7 is still open [ING1007]`}},
		{name: "string never closed", in: "{\"a\": \"b}\n", want: `{a: "b"}`,
			diags: []string{"t.json:1:7: error: this string is never closed [ING1007]"}},
		{name: "backslash before the last quote", in: "{\"a\": \"b\\\",\n \"c\": 1}", want: `{a: "b\\\"", c: 1}`,
			diags: []string{"t.json:1:7: error: this string is never closed [ING1007]"}},
		{name: "comment never closed", in: "{} /* x", want: "{}",
			diags: []string{"t.json:1:4: error: this comment is never closed [ING1007]"}},
		{name: "text after the end", in: "{}\n}", want: "{}",
			diags: []string{"t.json:2:1: error: there is more text after the end of the JSON value [ING1011]"}},
		{name: "single quotes go on", in: `{'a': 'b'}`, want: `{a: "b"}`, diags: []string{
			"t.json:1:2: error: this string is in single quotes [ING1008]",
			"t.json:1:7: error: this string is in single quotes [ING1008]"}},
		{name: "bad escape goes on", in: `["C:\Users", 1]`, want: `["C:\\Users", 1]`,
			diags: []string{`t.json:1:5: error: \U is not an escape that JSON has [ING1008]`}},
		{name: "half a surrogate pair, said once", in: `["\ud83d!", "\udc00", "\ufffd"]`, want: `["�!", "�", "�"]`,
			diags: []string{`t.json:1:3: warning: \ud83d is half a character [ING1019]`}},
		{name: "words of Python", in: `[True, None]`, want: `["True", "None"]`, diags: []string{
			"t.json:1:2: error: True is not a value that JSON has [ING1009]",
			"t.json:1:8: error: None is not a value that JSON has [ING1009]"}},
		{name: "bad numbers", in: `[01, 1.2.3]`, want: `["01", "1.2.3"]`, diags: []string{
			"t.json:1:2: error: 01 is not a number that JSON has [ING1009]",
			"t.json:1:6: error: 1.2.3 is not a number that JSON has [ING1009]"}},
		{name: "curly quotes", in: `{“a”: ‘x’}`, want: `{a: "x"}`, diags: []string{
			"t.json:1:2: error: this text is in curly quotes [ING1008]",
			"t.json:1:7: error: this text is in curly quotes [ING1008]"}},
		{name: "no-break spaces, said once", in: "{\u00a0\"a\":\u00a01}", want: "{a: 1}", diags: []string{
			`t.json:1:2: error: '\u00a0' (U+00A0) is no blank of JSON [ING1005]`}},
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

// Columns count code points, lines end at \n, and a range ends behind its last character.
func TestParsePlaces(t *testing.T) {
	in := "{\r\n  \"é😀\": \"x\",\n  \"b\": [ 10, {} ]\n}"
	n, l := armjson.Parse("t.json", []byte(in))
	if len(l) > 0 {
		t.Fatal(l)
	}
	want := `1:1-4:2 {é😀: 2:9-2:12 "x", b: 3:8-3:18 [3:10-3:12 10, 3:14-3:16 {}]}`
	if diff := cmp.Diff(want, show(n, true)); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	key := n.Members[0].KeyRange
	if got, want := in[key.Start.Byte:key.End.Byte], `"é😀"`; got != want {
		t.Errorf("bytes of the key: got %s, want %s", got, want)
	}
}

func TestParseWholeFile(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "t.json:1:1: error: the file is empty [ING1003]"},
		{"blank", " \n\n", "t.json:3:1: error: the file is empty [ING1003]"},
		{"too large", strings.Repeat(" ", 4<<20+1), "t.json: error: the file has 4194305 bytes [ING1001]"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "t.json: error: the file is in UTF-16LE, and not in UTF-8 [ING1002]"},
		{"UTF-16, big endian", "\xfe\xff\x00{\x00}", "t.json: error: the file is in UTF-16BE, and not in UTF-8 [ING1002]"},
		{"UTF-16 without a mark", "{\x00}\x00", "t.json: error: the file is in UTF-16LE, and not in UTF-8 [ING1002]"},
		{"UTF-16, big endian, without a mark", "\x00{\x00\n\x00}", "t.json: error: the file is in UTF-16BE, and not in UTF-8 [ING1002]"},
		{"UTF-32", "\xff\xfe\x00\x00{\x00\x00\x00", "t.json: error: the file is in UTF-32LE, and not in UTF-8 [ING1002]"},
		{"UTF-32, big endian", "\x00\x00\x00{\x00\x00\x00}", "t.json: error: the file is in UTF-32BE, and not in UTF-8 [ING1002]"},
		{"binary", "\x7fELF\x02\x00", "t.json:1:6: error: the file is not UTF-8 text: byte 0x00 at offset 5 [ING1002]"},
		{"latin-1", "{\"a\": \"caf\xe9\"}", "t.json:1:11: error: the file is not UTF-8 text: byte 0xe9 at offset 10 [ING1002]"},
		{"Packer template", "# web\nsource \"qemu\" \"x\" {\n}", "t.json:1:1: error: the file is a Packer template or other HCL, not JSON [ING1004]"},
		{"Bicep", "@description('x')\nparam a string", "t.json:1:1: error: the file is a Bicep file, not JSON [ING1004]"},
		{"Bicep resource", "resource t 'Microsoft.VirtualMachineImages/imageTemplates@2022-02-14' = {}", "t.json:1:1: error: the file is a Bicep file, not JSON [ING1004]"},
		{"YAML", "name: web\nsteps:\n", "t.json:1:1: error: the file is YAML, not JSON [ING1004]"},
		{"YAML list", "---\n- a\n", "t.json:1:1: error: the file is YAML, not JSON [ING1004]"},
		{"HTML", "<!DOCTYPE html>", "t.json:1:1: error: the file is XML or HTML, not JSON [ING1004]"},
		{"script", "#!/bin/sh\n", "t.json:1:1: error: the file is a script, not JSON [ING1004]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, l := armjson.Parse("t.json", []byte(tt.in))
			if n != nil {
				t.Errorf("got a node: %s", show(n, false))
			}
			if diff := cmp.Diff([]string{tt.want}, findings(l)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// The character tells in which encoding a file may be.
func TestParseEncodings(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\": \"caf\xe9\"}":           "save it as UTF-8; if the character is é the file is in Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW",
		"{\x93a\x94: 1}":                 "save it as UTF-8; if the character is “ the file is in Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW",
		"{\"a\": \"\x81\"}":              "give the JSON file of an image template",
		"PK\x03\x04\x14\x00\x00\x00\xe9": "give the JSON file of an image template",
		"{\x00\r\x00\n\x00}\x00": "save it as UTF-8: iconv -f UTF-16LE -t UTF-8 FILE > NEW, " +
			"or in PowerShell: Get-Content FILE | Set-Content -Encoding utf8 NEW",
	} {
		_, l := armjson.Parse("t.json", []byte(text))
		if len(l) != 1 || l[0].Fix != want {
			t.Errorf("%q: got %s", text, report(l))
		}
	}
}

func TestParseDepth(t *testing.T) {
	ok := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	if _, l := armjson.Parse("t.json", []byte(ok)); len(l) > 0 {
		t.Errorf("200 deep: %v", l)
	}
	_, l := armjson.Parse("t.json", []byte(strings.Repeat("[", 100_000)))
	want := []string{"t.json:1:201: error: brackets are nested more than 200 deep [ING1010]"}
	if diff := cmp.Diff(want, findings(l)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestNodeMember(t *testing.T) {
	n, _ := armjson.Parse("t.json", []byte(`{"Name":1,"name":2,"TYPE":3}`))
	for name, want := range map[string]string{"name": "2", "Name": "1", "NAME": "1", "type": "3", "absent": "-"} {
		if got := show(n.Get(name), false); got != want {
			t.Errorf("Get(%q): got %s, want %s", name, got, want)
		}
	}
}

func TestNodeTextRange(t *testing.T) {
	n, _ := armjson.Parse("t.json", []byte(`["äbc", "a\tc"]`))
	if got := n.Items[0].TextRange(2, 3); got.Start.Column != 4 || got.End.Column != 5 || got.Start.Byte != 4 {
		t.Errorf("inside a plain string: got %+v", got)
	}
	if got := n.Items[1].TextRange(2, 3); got != n.Items[1].Range {
		t.Errorf("inside an escaped string: got %+v, want the whole", got)
	}
}
