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
		{"names without quotes", "{a: 1, $b_2 : 2, é: 3, 4: 4, null: 5}", `{"a":1,"$b_2":2,"é":3,"4":4,"null":5}`},
		{"single quotes over two lines", "['a\nb']", `["a\nb"]`},
		{"an escaped single quote in double ones", `["it\'s"]`, `["it's"]`},
		{"half a surrogate pair", `["\ud83d"]`, `["�"]`},
		{"blanks of Unicode", "[\u00a01,\u20032]", "[1,2]"},
		{"comments before and behind", "/* a */ // b\n1 /* c */ // d", "1"},
		{"an empty object with a comment", "{ /* nothing */ }", "{}"},
		{"an expression is a text", `["[concat('a')]"]`, `["[concat('a')]"]`},
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
		{"NaN", "[NaN]", "at character 2: NaN is not a value that JSON has"},
		{"undefined", "{a: undefined}", "at character 5: undefined is not a value that JSON has"},
		{"True", "True", "at character 1: True is not a value that JSON has"},
		{"no value between commas", "[1,,2]", `at character 4: "," stands where a value is wanted`},
		{"a comma alone", "{,}", `at character 2: "," stands where a property name in double quotes, or "}" is wanted`},
		{"two words for a name", "{a b: 1}", `at character 4: "b" stands where ":" after the property name "a" is wanted`},
		{"a name with a sign", "{a-b: 1}", `at character 3: "-" stands where ":" after the property name "a" is wanted`},
		{"no value", "{a: }", `at character 5: "}" stands where a value is wanted`},
		{"no colon", "{a", `at character 3: the file ends where ":" after the property name "a" is wanted`},
		{"an unknown escape", `["\x"]`, `at character 3: \x is not an escape that JSON has`},
		{"a string without end", `["a]`, "at character 2: this string is never closed"},
		{"a wrong bracket", `{a: [1}`, `at character 7: "}" stands where the array opened at 1:5 is still open`},
		{"a comment of a shell", "# a\n1", `at character 1: "#" stands where a value is wanted`},
		{"an expression without quotes", "[concat('a')]", `at character 2: the expression concat('a') is not in double quotes`},
		{"two objects", "{} {}", "at character 4: a second JSON value starts here"},
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
