package armexpr_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// addVectors makes seeds of the expressions of the known answers, where they are at hand.
func addVectors(f *testing.F) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			f.Fatal(err)
		}
		f.Add(v.Expression)
	}
}

// FuzzParseExpression: no panic; every part of the tree lies inside the text and inside the part around it; what Print
// writes is read as the same tree again.
func FuzzParseExpression(f *testing.F) {
	addVectors(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !armexpr.IsExpression(text) {
			return
		}
		e, err := armexpr.Parse(text)
		if err != nil {
			if e != nil || err.Summary == "" || err.Span.From < 0 || err.Span.To < err.Span.From ||
				err.Span.To > len(text) {
				t.Fatalf("a tree %v with the error %+v", e, err)
			}
			return
		}
		checkSpans(t, e, armexpr.Span{To: len(text)})
		printed := armexpr.Print(e)
		again, err := armexpr.Parse("[" + printed + "]")
		if err != nil {
			if len(printed) < len(text) { // blanks behind commas may make it too long
				t.Fatalf("%q was written as %q: %v", text, printed, err)
			}
			return
		}
		if second := armexpr.Print(again); second != printed {
			t.Errorf("%q was written as %q, and that as %q", text, printed, second)
		}
	})
}

// checkSpans checks the places of e and of everything in it.
func checkSpans(t *testing.T, e armexpr.Expr, around armexpr.Span) {
	t.Helper()
	s := e.Span()
	if s.From < around.From || s.To > around.To || s.From >= s.To {
		t.Fatalf("%T at %v is not inside of %v", e, s, around)
	}
	switch e := e.(type) {
	case *armexpr.Call:
		if e.NamePlace.From != s.From || e.NamePlace.To > s.To {
			t.Fatalf("the name of a call at %v stands at %v", s, e.NamePlace)
		}
		for _, a := range e.Args {
			checkSpans(t, a, s)
		}
	case *armexpr.Property:
		checkSpans(t, e.Target, s)
	case *armexpr.Index:
		checkSpans(t, e.Target, s)
		checkSpans(t, e.Key, s)
	}
}
