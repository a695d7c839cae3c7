package armjson_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// mistakes are short texts with something wrong in them.
var mistakes = []string{
	`{"a":[1,true,null,"x\u00e9"],}`, "\ufeff// c\n{/* */}", `{"a" 1}`, "[\"a\nb\" 2", `{"a":{"b":[}`, `'x'`, "\xff\xfe", `["\ud83d\u0041"]`,
	`{"a": "b, "c": 1}`, "{\"a: 1,\n\"b\": 2}", `{a": 1}`, `{"a": b", "c": [1 2]}`, `{"a": "say "x" to", "b": "c": 1}`, `{"a":}`, `{"a"}`,
	`{"a": {"b": 1, "c": [2}, "d": 3]}`, `[{"a": 1, {"b": 2}]`, `["a", "b": 1}]`, `{"a": {} }, "b": 1}`, `{"a": 1} {"b": 2}`, `[,,1,,]`,
	`{"a": <b>, "c": [parameters('x')], "d": ${e}, “f”: ‘g’}`, "{\"a\": \"b\\\",\n\"c\": 1}", `["a]`, `{"a": 1]`, `[1}`, "# c\n{\u00a0}",
	"{\n<<<<<<< a\n}", `[""0\`, `{"a":: 1,, "b"; 2}`, `{{"a": 1}`, `{"a": "b"": {}}`,
}

// seed adds the mistakes, the corpus of image templates, and the known answers about expressions and templates.
func seed(f *testing.F) {
	f.Helper()
	for _, text := range mistakes {
		f.Add([]byte(text))
	}
	shared := filepath.Join("..", "..", "..", "shared")
	files, _ := filepath.Glob(filepath.Join(shared, "corpus", "json", "*.json"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && len(data) < 20_000 {
			f.Add(data)
		}
	}
	files, _ = filepath.Glob(filepath.Join(shared, "arm-vectors", "*.jsonl"))
	for _, file := range files {
		rows, err := os.Open(file)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(rows)
		lines.Buffer(nil, 1<<20)
		for i := 0; lines.Scan(); i++ {
			if i%10 == 0 && len(lines.Bytes()) < 5_000 { // the shape of the rows repeats
				f.Add(bytes.Clone(lines.Bytes()))
			}
		}
		rows.Close()
	}
}

// FuzzParse: no panic; every place lies in the file and agrees with itself in line, column and byte; children lie inside
// their parents; the same text gives the same result; there is a bound on findings; and what encoding/json accepts is
// accepted, with the same meaning.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, l := armjson.Parse("f.json", data)
		for _, d := range l {
			checkRange(t, data, d.Subject)
			for _, r := range d.Related {
				checkRange(t, data, r.Range)
			}
			if d.Summary == "" || strings.ContainsAny(d.Summary+d.Why+d.Fix, "\n\r") || !utf8.ValidString(d.Summary) {
				t.Errorf("a finding that cannot be shown: %+v", d)
			}
		}
		if l.Count(diag.Error) > 101 || l.Count(diag.Warning) > 101 {
			t.Errorf("%d findings", len(l))
		}
		if n != nil {
			checkTree(t, data, n)
		}
		if n == nil && !l.HasErrors() {
			t.Error("neither a node nor an error")
		}
		n2, l2 := armjson.Parse("f.json", data)
		if !reflect.DeepEqual(n, n2) || !reflect.DeepEqual(l, l2) {
			t.Error("the second reading differs")
		}
		if json.Valid(data) && utf8.Valid(data) && nesting(data) <= 200 {
			if l.HasErrors() {
				t.Fatalf("encoding/json reads it: %v", l)
			}
			sameMeaning(t, data, n)
		}
		if n != nil && !l.HasErrors() && !json.Valid([]byte(n.JSON())) {
			t.Errorf("written as %s, which is no JSON", n.JSON())
		}
	})
}

// FuzzParseValue: json() reads whatever strict JSON reads, to the same meaning; what it gives is JSON; it gives no places;
// an error names a character of the text.
func FuzzParseValue(f *testing.F) {
	seed(f)
	for _, text := range []string{`{a: 'it\'s', $b_1: [1,],}`, "// c\n{/**/é:1}", `{'a':"b"}`, `{a b: 1}`, `{: 1}`, `[,]`, `NaN`, `{"a":1}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := armjson.ParseValue(string(data))
		if err != nil {
			if json.Valid(data) && utf8.Valid(data) && nesting(data) <= 200 {
				t.Fatalf("encoding/json reads it: %v", err)
			}
			return
		}
		if json.Valid(data) {
			sameMeaning(t, data, n)
		}
		if !json.Valid([]byte(n.JSON())) {
			t.Errorf("written as %s, which is no JSON", n.JSON())
		}
		checkPlaceless(t, n)
	})
}

// sameMeaning compares a node, written as JSON, with the text that it was read from.
func sameMeaning(t *testing.T, text []byte, n *armjson.Node) {
	t.Helper()
	decode := func(text []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return v
	}
	if want, got := decode(text), decode([]byte(n.JSON())); !reflect.DeepEqual(want, got) {
		t.Errorf("read as %s", n.JSON())
	}
}

func checkPlaceless(t *testing.T, n *armjson.Node) {
	t.Helper()
	if !n.Range.IsZero() || !n.TextRange(0, len(n.Text)).IsZero() {
		t.Errorf("%s has a place", n.JSON())
	}
	for _, item := range n.Items {
		checkPlaceless(t, item)
	}
	for _, m := range n.Members {
		if !m.KeyRange.IsZero() {
			t.Errorf("%q has a place", m.Key)
		}
		checkPlaceless(t, m.Value)
	}
}

// nesting is how deep the brackets of a JSON text are nested.
func nesting(text []byte) (deepest int) {
	depth := 0
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
			deepest = max(deepest, depth)
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
}

func checkTree(t *testing.T, data []byte, n *armjson.Node) {
	t.Helper()
	checkRange(t, data, n.Range)
	child := func(r diag.Range) {
		if r.Start.Byte < n.Range.Start.Byte || r.End.Byte > n.Range.End.Byte {
			t.Errorf("%v-%v is not inside its parent %v-%v", r.Start, r.End, n.Range.Start, n.Range.End)
		}
	}
	for _, item := range n.Items {
		child(item.Range)
		checkTree(t, data, item)
	}
	for _, m := range n.Members {
		child(m.KeyRange)
		checkRange(t, data, m.KeyRange)
		child(m.Value.Range)
		checkTree(t, data, m.Value)
	}
}

func checkRange(t *testing.T, data []byte, r diag.Range) {
	t.Helper()
	if r.Start.Line == 0 { // the file as a whole
		return
	}
	if r.Start.Byte > r.End.Byte {
		t.Errorf("range ends before it starts: %+v", r)
	}
	for _, p := range []diag.Pos{r.Start, r.End} {
		if p.Byte < 0 || p.Byte > len(data) {
			t.Fatalf("%+v is outside of %d bytes", p, len(data))
		}
		before := data[:p.Byte]
		line := bytes.Count(before, []byte("\n")) + 1
		lineStart := bytes.LastIndexByte(before, '\n') + 1
		column := utf8.RuneCount(before[lineStart:]) + 1
		if line == 1 && bytes.HasPrefix(before, []byte("\ufeff")) {
			column-- // a byte order mark is no character of the first line
		}
		if p.Line != line || p.Column != column {
			t.Fatalf("%+v should be %d:%d", p, line, column)
		}
	}
}
