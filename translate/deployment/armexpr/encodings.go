package armexpr

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
)

func toBase64(a *Args) (*armjson.Node, error) {
	s, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if err := a.Fits(int64(base64.StdEncoding.EncodedLen(len(s))), 0); err != nil {
		return nil, err
	}
	return armjson.NewString(base64.StdEncoding.EncodeToString([]byte(s))), nil
}

func base64ToString(a *Args) (*armjson.Node, error) {
	s, err := base64Text(a)
	if err != nil {
		return nil, err
	}
	return armjson.NewString(s), nil
}

func base64ToJSON(a *Args) (*armjson.Node, error) {
	s, err := base64Text(a)
	if err != nil {
		return nil, err
	}
	return readJSON(a, s)
}

// jsonValue is json(). Texts inside the result are data: a "[…]" in them is not evaluated.
func jsonValue(a *Args) (*armjson.Node, error) {
	s, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	return readJSON(a, s)
}

// readJSON reads text as the service does. What it will take in memory is counted before: a value may be written in one
// byte.
func readJSON(a *Args, text string) (*armjson.Node, error) {
	if err := a.work(parsingCost * int64(len(text))); err != nil {
		return nil, err
	}
	if err := a.charge(1 + strings.Count(text, ",") + strings.Count(text, "[") + strings.Count(text, "{")); err != nil {
		return nil, err
	}
	v, err := armjson.ParseValue(text)
	if err != nil {
		e := a.Fail(0, "the text given to %s is not JSON", a.f.Name)
		e.Why = err.Error()
		return nil, e
	}
	if err := a.fitsInside(v); err != nil {
		return nil, err
	}
	return v, nil
}

// fitsInside checks the arrays and objects of a value that was not made level by level.
func (a *Args) fitsInside(v *armjson.Node) error {
	if err := a.Fits(v.Weight(), len(v.Items)+len(v.Members)); err != nil {
		return err
	}
	for _, item := range v.Items {
		if err := a.fitsInside(item); err != nil {
			return err
		}
	}
	for i := range v.Members {
		if err := a.fitsInside(v.Members[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// base64Text decodes the first argument.
func base64Text(a *Args) (string, error) {
	s, err := a.Text(0)
	if err != nil {
		return "", err
	}
	if err := a.work(foldingCost * int64(len(s))); err != nil {
		return "", err
	}
	data, err := decodeBase64(s)
	if err != nil {
		return "", a.notBase64(err)
	}
	return utf8Text(data), nil
}

func (a *Args) notBase64(err error) *Error {
	e := a.Fail(0, "%s takes base64 here, and this is not", a.f.Name)
	e.Why = err.Error()
	return e
}

// decodeBase64 steps over white space, as .NET does.
func decodeBase64(s string) ([]byte, error) {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
	data, err := base64.StdEncoding.DecodeString(s)
	if at, ok := err.(base64.CorruptInputError); ok && int(at) < len(s) && s[at] != '=' {
		r, _ := utf8.DecodeRuneInString(s[at:])
		return nil, fmt.Errorf("%q at character %d cannot stand there", r, utf8.RuneCountInString(s[:at])+1)
	} else if err != nil {
		return nil, fmt.Errorf("it does not end after a multiple of four characters, filled up with =")
	}
	return data, nil
}

// dataURI makes a data URI of a text.
func dataURI(a *Args) (*armjson.Node, error) {
	s, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	const head = "data:text/plain;charset=utf-8;base64,"
	if err := a.Fits(int64(len(head)+base64.StdEncoding.EncodedLen(len(s))), 0); err != nil {
		return nil, err
	}
	return armjson.NewString(head + base64.StdEncoding.EncodeToString([]byte(s))), nil
}

// dataURIToString reads data:[type][;charset=…][;base64],… Without a charset it is UTF-8.
// Reference: https://www.rfc-editor.org/rfc/rfc2397
func dataURIToString(a *Args) (*armjson.Node, error) {
	s, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if err := a.work(parsingCost * int64(len(s))); err != nil {
		return nil, err
	}
	head, body, ok := strings.Cut(s, ",")
	if !ok || len(head) < len("data:") || !strings.EqualFold(head[:len("data:")], "data:") {
		e := a.Fail(0, "dataUriToString takes a data URI here, and this is not")
		e.Why = "a data URI starts with data: and has a comma before what it holds"
		return nil, e
	}
	_, parameters, _ := strings.Cut(head[len("data:"):], ";") // behind the type
	charset, encoded := "utf-8", false
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch {
		case strings.EqualFold(name, "charset"):
			charset = strings.Trim(value, `"`)
		case strings.EqualFold(name, "base64"):
			encoded = true
		}
	}
	data := unescape(body)
	if encoded {
		if data, err = decodeBase64(string(data)); err != nil {
			return nil, a.notBase64(err)
		}
	}
	decode := charsets[strings.ToLower(charset)]
	if decode == nil {
		e := a.Fail(0, "the data URI is in the charset %q, which dataUriToString does not read", shortText(charset))
		e.Why = "it reads utf-8, us-ascii, iso-8859-1, utf-16, utf-16le and utf-16be"
		return nil, e
	}
	if err := a.Fits(2*int64(len(data)), 0); err != nil { // Latin-1 letters take two bytes in UTF-8
		return nil, err
	}
	return armjson.NewString(decode(data)), nil
}

var charsets = map[string]func([]byte) string{
	"utf-8": utf8Text, "utf8": utf8Text,
	"us-ascii": asciiText, "ascii": asciiText,
	"iso-8859-1": latin1Text, "latin1": latin1Text,
	"utf-16": utf16Text(binary.LittleEndian), "utf-16le": utf16Text(binary.LittleEndian),
	"unicode":  utf16Text(binary.LittleEndian),
	"utf-16be": utf16Text(binary.BigEndian),
}

// utf8Text puts U+FFFD in the place of what is not UTF-8.
func utf8Text(data []byte) string { return string([]rune(string(data))) }

func asciiText(data []byte) string {
	return eachByte(data, func(b byte) rune {
		if b > unicode.MaxASCII {
			return '?'
		}
		return rune(b)
	})
}

func latin1Text(data []byte) string { return eachByte(data, func(b byte) rune { return rune(b) }) }

func eachByte(data []byte, letter func(byte) rune) string {
	var b strings.Builder
	for _, c := range data {
		b.WriteRune(letter(c))
	}
	return b.String()
}

func utf16Text(order binary.ByteOrder) func([]byte) string {
	return func(data []byte) string {
		u := make([]uint16, len(data)/2)
		for i := range u {
			u[i] = order.Uint16(data[2*i:])
		}
		text := string(utf16.Decode(u))
		if len(data)%2 == 1 {
			text += "\uFFFD"
		}
		return text
	}
}
