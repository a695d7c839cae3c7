package hcl2

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	strftime "github.com/jehiah/go-strftime"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

// textFunc makes a function of texts. fn gets as many as there are names; an error of it is shown as that of the call.
func textFunc(result cty.Type, fn func(args []string) (cty.Value, error), names ...string) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(result)}
	for _, name := range names {
		spec.Params = append(spec.Params, function.Parameter{Name: name, Type: cty.String})
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		texts := make([]string, len(args))
		for i, arg := range args {
			texts[i] = arg.AsString()
		}
		return fn(texts)
	}
	return function.New(spec)
}

func testFunc(test func(s, part string) bool, part string) function.Function {
	return textFunc(cty.Bool, func(args []string) (cty.Value, error) { return cty.BoolVal(test(args[0], args[1])), nil }, "str", part)
}

var (
	startsWithFunc  = testFunc(strings.HasPrefix, "prefix")
	endsWithFunc    = testFunc(strings.HasSuffix, "suffix")
	strContainsFunc = testFunc(strings.Contains, "substr")
)

// base64GzipFunc compresses a text, without a name or a time in the header: the same text always gives the same bytes. The flush
// makes them those that Packer gives.
var base64GzipFunc = textFunc(cty.String, func(args []string) (cty.Value, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(args[0])); err != nil {
		return cty.NilVal, err
	}
	if err := errors.Join(w.Flush(), w.Close()); err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(buf.Bytes())), nil
}, "str")

// charset finds an encoding by its name in IANA's registry.
func charset(name string) (encoding.Encoding, error) {
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil || enc == nil {
		return nil, function.NewArgErrorf(1, "%q is not a supported IANA encoding name or alias", clip(name))
	}
	return enc, nil
}

var textEncodeBase64Func = textFunc(cty.String, func(args []string) (cty.Value, error) {
	enc, err := charset(args[1])
	if err != nil {
		return cty.NilVal, err
	}
	encoded, err := enc.NewEncoder().Bytes([]byte(args[0]))
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "the text has characters that %s does not have", args[1])
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(encoded)), nil
}, "string", "encoding")

var textDecodeBase64Func = textFunc(cty.String, func(args []string) (cty.Value, error) {
	enc, err := charset(args[1])
	if err != nil {
		return cty.NilVal, err
	}
	raw, err := base64.StdEncoding.DecodeString(args[0])
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "not base64: %v", err)
	}
	decoded, err := enc.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return cty.NilVal, function.NewArgErrorf(0, "the bytes are not a text in %s", args[1])
	}
	return cty.StringVal(string(decoded)), nil
}, "source", "encoding")

// timestampFunc tells the time of each call.
func timestampFunc(now func() time.Time) function.Function {
	return textFunc(cty.String, func([]string) (cty.Value, error) {
		return cty.StringVal(now().UTC().Format(time.RFC3339)), nil
	})
}

// goTime and strftimeTime are the two ways to write a format.
func goTime(t time.Time, format string) string       { return t.Format(format) }
func strftimeTime(t time.Time, format string) string { return strftime.Format(format, t) }

// legacyTimeFunc tells one time, in a format or in that of RFC 3339.
func legacyTimeFunc(at time.Time, render func(time.Time, string) string) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "format", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch len(args) {
			case 0:
				return cty.StringVal(at.Format(time.RFC3339)), nil
			case 1:
				return cty.StringVal(render(at, args[0].AsString())), nil
			default:
				return cty.NilVal, fmt.Errorf("one format at most, and this call has %d", len(args))
			}
		},
	})
}

// envFunc tells a variable of the environment; "" when it is not set.
func envFunc(environ []string) function.Function {
	return textFunc(cty.String, func(args []string) (cty.Value, error) {
		value := ""
		for _, entry := range environ {
			if name, v, ok := strings.Cut(entry, "="); ok && name == args[0] {
				value = v // the last one counts, as where the environment is a list
			}
		}
		return cty.StringVal(value), nil
	}, "key")
}
