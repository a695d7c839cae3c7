package armexpr_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	values{
		"[format('{0}-{1}-{0}', 'a', 2, 'surplus')]": `"a-2-a"`,
		"[format('{{}}{{{0}}}', 1)]":                 `"{}{1}"`,
		"[format('{0, 5}|{0 ,-5 }|{0,-3:D2}|', 7)]":  `"    7|7    |07 |"`,
		"[format('{0,4}', '😀')]":                     `"  😀"`,
		"[format('{0:N0}{1:N0}', 'a', true())]":      `"aTrue"`,
		"[format('no place')]":                       `"no place"`,
		"[format('{0:}', 5)]":                        `"5"`,
		"[format('{0}', parameters('nul'))]":         `""`,
		"[format('{0}')]":                            "error: the format asks for {0}, and 0 values are given",
		"[format('{ 0}', 1)]":                        `error: a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`,
		"[format('{0,}', 1)]":                        `error: a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`,
		"[format('{0:{}', 1)]":                       `error: a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`,
		"[format('{', 1)]":                           `error: a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`,
		"[format('{99999999999999999999}', 1)]":      "error: the format asks for {99999999999999999999}, and 1 value is given",
		"[format('{0,1000000}', 1)]":                 "error: the width 1000000 of the format is too large",
		"[format(1)]":                                "error: format takes a string here, not a number",
		"[format('{0:D}', parameters('half'))]":      `error: the form "D" of the format is for whole numbers, not for 0.5`,
		"[format('{0:R}', 5)]":                       `error: the form "R" of the format is for numbers with a fraction, not for 5`,
		"[format('{0:Q2}', 5)]":                      `error: the form "Q2" of the format does not suit a number`,
		"[format('{0:X}', parameters('many'))]":      `error: the form "X" of the format is for whole numbers, not for 123456789012345678901234567890`,
	}.check(t)
}

// TestNumberForms has what .NET writes in the invariant culture.
func TestNumberForms(t *testing.T) {
	tests := []struct{ number, form, want string }{
		{"1234", "C", "¤1,234.00"},
		{"-1234", "c1", "(¤1,234.0)"},
		{"2.675", "C", "¤2.67"}, // a little less than it says, in binary
		{"42", "D", "42"},
		{"-42", "D5", "-00042"},
		{"0", "D3", "000"},
		{"123456789012345678901234567890", "D", "123456789012345678901234567890"},
		{"12345", "E", "1.234500E+004"},
		{"12345", "e2", "1.23e+004"},
		{"125", "E1", "1.3E+002"},
		{"-0.00012", "E0", "-1E-004"},
		{"0", "E1", "0.0E+000"},
		{"99.99", "E1", "1.0E+002"},
		{"1234.5", "F", "1234.50"},
		{"1234", "F0", "1234"},
		{"0.125", "F2", "0.12"}, // halves go to the even digit
		{"-1", "F1", "-1.0"},
		{"1e20", "F1", "100000000000000000000.0"},
		{"123456", "G", "123456"},
		{"123456", "G3", "1.23E+05"},
		{"123456", "g10", "123456"},
		{"150", "G1", "2E+02"},
		{"0.0001", "G", "0.0001"},
		{"0.00001", "G", "1E-05"},
		{"123.456", "G4", "123.5"},
		{"1e15", "G", "1E+15"},
		{"1e14", "g", "100000000000000"},
		{"1234567890123456.0", "G", "1234567890123456"},
		{"1234567", "N", "1,234,567.00"},
		{"-999", "N0", "-999"},
		{"1000", "N1", "1,000.0"},
		{"0.5", "N3", "0.500"},
		{"-0.001", "N2", "-0.00"},
		{"5", "P", "500.00 %"},
		{"0.12345", "P1", "12.3 %"},
		{"-0.5", "P0", "-50 %"},
		{"12", "P0", "1,200 %"},
		{"0.1", "R", "0.1"},
		{"1e-7", "r", "1e-07"},
		{"255", "X", "FF"},
		{"255", "x4", "00ff"},
		{"-1", "X", "FFFFFFFFFFFFFFFF"},
		{"10", "B8", "00001010"},
		// pictures
		{"5", "00.00", "05.00"},
		{"1234567.891", "#,##0.00", "1,234,567.89"},
		{"0", "#,##0.00", "0.00"},
		{"0", "#.##", ""},
		{"0.5", "#.##", ".5"},
		{"1234", "0", "1234"},
		{"1234", "000000", "001234"},
		{"1234", "0,0", "1,234"},
		{"12", "0,000", "0,012"},
		{"1234567", "0,", "1235"},
		{"1234567890", "#,##0,,", "1,235"},
		{"1234567890", "0.00,,", "1234567890.00"}, // behind the point a comma means nothing
		{"0.086", "#0.##%", "8.6%"},
		{"0.03697", "0.00‰", "36.97‰"},
		{"5", "0%", "500%"},
		{"86000", "0.###E+0", "8.6E+4"},
		{"86000", "0.###E-000", "8.6E004"},
		{"0.00012", "0.0e+00", "1.2e-04"},
		{"86000", "0.0E0", "8.6E4"},
		{"99999", "0.0E+0", "1.0E+5"},
		{"0", "0.0E+0", "0.0E+0"},
		{"1234", "00E+0", "12E+2"},
		{"-5", "0.0", "-5.0"},
		{"-5", "0;(0)", "(5)"},
		{"-5", "0;", "-5"},
		{"0", "0;-0;zero", "zero"},
		{"0", "0;-0;", "0"},
		{"-0.001", "0.0;(0.0);none", "none"},
		{"0.001", "0.0;(0.0);'#'", "#"},
		{"5", `\#0`, "#5"},
		{"5", `"a0b"0'c''d'`, "a0b5cd"},
		{"5", "0 Stück; minus", "5 Stück"},
		{"5", "0 'open", "5 open"},
		{"1234567890", "(###) ###-####", "(123) 456-7890"},
		{"12", "text", "text"},
		{"-12", "text", "-text"},
		{"2.5", "0", "3"}, // pictures round halves up
		{"0.125", "0.00", "0.13"},
		{"-2.5", "0", "-3"},
		{"-0.5", "0.0", "-0.5"},
		{"999.9", "0", "1000"},
		{"999.9", "#,0", "1,000"},
		{"12.5", "0.0.0", "12.50"},
		{"0.1", "0.##################", "0.1"},
		{"1", "E5", "1.00000E+000"},
		{"1", "0E", "1E"},
		{"1", "0E+", "1E+"},
		{"1", "0E+-0", "0E+-1"},
	}
	for _, tt := range tests {
		t.Run(tt.number+" "+tt.form, func(t *testing.T) {
			text := fmt.Sprintf("[format(concat('{0:', '%s', '}'), json('%s'))]", strings.ReplaceAll(tt.form, "'", "''"), tt.number)
			v, err := evalString(text, textEnv())
			if err != nil {
				t.Fatal(err)
			}
			if v.Text != tt.want {
				t.Errorf("got %q, want %q", v.Text, tt.want)
			}
		})
	}
}
