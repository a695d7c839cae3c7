package armjson_test

import (
	"bytes"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// FuzzParse: no panic; every place lies in the file and agrees with itself in line, column and byte; children lie inside
// their parents; the same text gives the same result.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,true,null,"x\u00e9"],}`, "\ufeff// c\n{/* */}", `{"a" 1}`, "[\"a\nb\" 2", `{"a":{"b":[}`, `'x'`, "\xff\xfe", `["\ud83d\u0041"]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, l := armjson.Parse("f.json", data)
		for _, d := range l {
			checkRange(t, data, d.Subject)
			for _, r := range d.Related {
				checkRange(t, data, r.Range)
			}
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
	})
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
