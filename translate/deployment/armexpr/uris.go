package armexpr

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
)

const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
	// inPath and inQuery are what may stand in these parts unescaped; in a whole URI, inURI. RFC 3986, appendix A.
	inPath  = unreserved + "!$&'()*+,;=:@/"
	inQuery = inPath + "?"
	inURI   = inQuery + "#[]"
)

// uriFunc is uri(). A last segment of the base without a slash behind it is replaced, as in a browser.
func uriFunc(a *Args) (*armjson.Node, error) {
	texts, err := a.Texts()
	if err != nil {
		return nil, err
	}
	if err := a.prepareURI(int64(len(texts[0]) + len(texts[1]))); err != nil {
		return nil, err
	}
	base, err := absoluteURI(a, texts[0])
	if err != nil {
		return nil, err
	}
	relative, err := url.Parse(escape(texts[1], inURI, true))
	if err != nil {
		return nil, a.notURI(1, "a relative URI", err)
	}
	if relative.Host == "" && strings.HasPrefix(texts[1], "//") {
		return nil, a.notURI(1, "a relative URI",
			errors.New("it names a host with its two slashes, and the name is empty"))
	}
	u := base.ResolveReference(relative)
	normalize(u)
	return armjson.NewString(u.String()), nil
}

// prepareURI checks and counts what it takes to read or write so many bytes of a URI; escaping makes three of one.
func (a *Args) prepareURI(size int64) error {
	if err := a.Fits(3*size, 0); err != nil {
		return err
	}
	return a.work(parsingCost * size)
}

// absoluteURI reads the first argument, which must name a scheme and a host, or for file: a path.
func absoluteURI(a *Args, text string) (*url.URL, error) {
	u, err := url.Parse(escape(text, inURI, true))
	if err != nil {
		return nil, a.notURI(0, "an absolute URI", err)
	}
	if u.Scheme == "" || u.Opaque != "" || u.Host == "" && u.Scheme != "file" {
		return nil, a.notURI(0, "an absolute URI",
			fmt.Errorf("it does not start with a scheme and a host, as https://example.com does"))
	}
	return u, nil
}

func (a *Args) notURI(i int, what string, err error) *Error {
	e := a.Fail(i, "%s takes %s here, not %q", a.f.Name, what, shortText(a.Values[i].Text))
	if in, ok := err.(*url.Error); ok {
		err = in.Err
	}
	e.Why = err.Error()
	return e
}

// defaultPorts are left out of URIs.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}

// normalize writes a URI with a host as .NET does: host in lower case, no port that the scheme implies, a path of at
// least a slash.
func normalize(u *url.URL) {
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port != "" && port == defaultPorts[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Host != "" && u.Path == "" {
		u.Path = "/"
	}
}

// uriComponent escapes everything but letters, digits and -_.~ of ASCII.
func uriComponent(a *Args) (*armjson.Node, error) {
	s, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if err := a.prepareURI(int64(len(s))); err != nil {
		return nil, err
	}
	return armjson.NewString(escape(s, unreserved, false)), nil
}

// escape writes the bytes that are not allowed as %XX. What is escaped already stays so, if wanted.
func escape(s, allowed string, keepEscaped bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		_, isEscape := hexByte(s[i:])
		if strings.IndexByte(allowed, c) >= 0 || keepEscaped && isEscape {
			b.WriteByte(c)
		} else {
			const digits = "0123456789ABCDEF"
			b.Write([]byte{'%', digits[c>>4], digits[c&0xf]})
		}
	}
	return b.String()
}

// hexByte reads the %XX at the start of s.
func hexByte(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' || !hexDigit(s[1]) || !hexDigit(s[2]) {
		return 0, false
	}
	n, _ := strconv.ParseUint(s[1:3], 16, 8)
	return byte(n), true
}

func hexDigit(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// uriComponentToString undoes uriComponent. A plus is a plus, and what does not come out as UTF-8 stays escaped.
func uriComponentToString(a *Args) (*armjson.Node, error) {
	s, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if err := a.work(parsingCost * int64(len(s))); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(escapedBytes(s[i:], utf8.UTFMax))
		if size == 0 || r == utf8.RuneError && size == 1 {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteRune(r)
		i += size * len("%XX")
	}
	return armjson.NewString(b.String()), nil
}

// escapedBytes reads the %XX that s starts with, so many at most.
func escapedBytes(s string, most int) []byte {
	var data []byte
	for len(data) < most {
		c, ok := hexByte(s)
		if !ok {
			break
		}
		data = append(data, c)
		s = s[len("%XX"):]
	}
	return data
}

// unescape reads every %XX of s; a % before anything else is itself.
func unescape(s string) []byte {
	data := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c, ok := hexByte(s[i:])
		if !ok {
			c = s[i]
		} else {
			i += 2
		}
		data = append(data, c)
	}
	return data
}

// buildURI puts a URI together. Scheme and host are needed; a null counts as left out.
func buildURI(a *Args) (*armjson.Node, error) {
	o, err := a.Object(0)
	if err != nil {
		return nil, err
	}
	if err := a.prepareURI(o.Weight()); err != nil {
		return nil, err
	}
	parts := map[string]string{}
	for _, name := range []string{"scheme", "host", "path", "query"} {
		switch v := o.Get(name); {
		case v.IsNull():
		case v.Kind != armjson.String:
			return nil, a.Fail(0, "the %q of a URI must be a string, not %s", name, v.Kind)
		default:
			parts[name] = v.Text
		}
	}
	text := parts["scheme"] + "://" + parts["host"]
	if port := o.Get("port"); !port.IsNull() {
		n, err := strconv.ParseUint(port.Text, 10, 16)
		if port.Kind != armjson.Number || err != nil {
			return nil, a.Fail(0, `the "port" of a URI must be a whole number from 0 to 65535, not %s`,
				shortText(form(port)))
		}
		text += ":" + strconv.FormatUint(n, 10)
	}
	u, err := url.Parse(escape(text, inURI, true))
	if err != nil || parts["scheme"] == "" || parts["host"] == "" || u.Hostname() == "" || u.Path != "" ||
		u.RawQuery+u.Fragment != "" {
		e := a.Fail(0, "buildUri cannot make a URI of the scheme %q and the host %q", shortText(parts["scheme"]),
			shortText(parts["host"]))
		e.Why = "a scheme is as https, a host as example.com; both are needed, and nothing else may stand in them"
		return nil, e
	}
	normalize(u)
	path := "/" + strings.TrimPrefix(escape(parts["path"], inPath, true), "/")
	query := ""
	if q := strings.TrimPrefix(parts["query"], "?"); q != "" {
		query = "?" + escape(q, inQuery, true)
	}
	u.Path = ""
	return armjson.NewString(u.String() + path + query), nil
}

// parseURI takes a URI apart, into what buildUri takes. What the URI does not have is left out; a query keeps its
// question mark, as in .NET.
func parseURI(a *Args) (*armjson.Node, error) {
	text, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if err := a.prepareURI(int64(len(text))); err != nil {
		return nil, err
	}
	u, err := absoluteURI(a, text)
	if err != nil {
		return nil, err
	}
	normalize(u)
	members := []armjson.Member{
		{Key: "scheme", Value: armjson.NewString(u.Scheme)},
		{Key: "host", Value: armjson.NewString(u.Hostname())},
	}
	if port, err := strconv.ParseInt(u.Port(), 10, 64); err == nil {
		members = append(members, armjson.Member{Key: "port", Value: armjson.NewInt(port)})
	}
	members = append(members, armjson.Member{Key: "path", Value: armjson.NewString(u.EscapedPath())})
	if u.RawQuery != "" {
		members = append(members, armjson.Member{Key: "query", Value: armjson.NewString("?" + u.RawQuery)})
	}
	return armjson.NewObject(members), nil
}
