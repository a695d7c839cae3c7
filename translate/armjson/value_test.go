package armjson_test

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
)

func TestParseValue(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"an object", `{"a": [1, 2.50, true, null], "b": "x"}`, `{"a":[1,2.50,true,null],"b":"x"}`},
		{"a number beyond any register", `123456789012345678901234567890`, `123456789012345678901234567890`},
		{"single quotes", `{'a': 'it\'s "so"'}`, `{"a":"it's \"so\""}`},
		{"a double quote inside single ones, and the reverse", `['"', "'"]`, `["\"","'"]`},
		{"comments, trailing commas, raw line breaks", "[1, /* two */ \"a\nb\",]", `[1,"a\nb"]`},
		{"a name written twice", `{"a":1,"a":2}`, `{"a":2}`},
		{"null", " null ", "null"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := armjson.ParseValue(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := n.JSON(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !n.Range.IsZero() {
				t.Errorf("it has a place: %v", n.Range)
			}
		})
	}
}

func TestParseValueErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", " ", "the text is empty"},
		{"not closed", `{"a": 1`, "at character 1: this object is never closed"},
		{"not text", "é\xff", "byte 0xff at character 2 is not text"},
		{"a bare word", `["é", yes]`, "at character 7: yes is not a value that JSON has"},
		{"a comma is missing", `[1 2 3`, "at character 3: a comma is missing after this value"},
		{"two values", "1 2", "at character 3: there is more text after the end of the JSON value"},
		{"too deep", strings.Repeat("[", 1000), "at character 201: brackets are nested more than 200 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := armjson.ParseValue(tt.in)
			if err == nil {
				t.Fatalf("got %s", n.JSON())
			}
			if err.Error() != tt.want {
				t.Errorf("got %q, want %q", err, tt.want)
			}
		})
	}
}
