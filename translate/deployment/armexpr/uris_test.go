package armexpr_test

import "testing"

func TestEncodings(t *testing.T) {
	values{
		"[base64('')]":                                                    `""`,
		"[base64ToString(' aGVs\tbG8= ')]":                                `"hello"`,
		"[base64ToString('/w==')]":                                        `"�"`,
		"[base64ToString('aGVsbG8')]":                                     "error: base64ToString takes base64 here, and this is not",
		"[base64ToString('aGVs=G8=')]":                                    "error: base64ToString takes base64 here, and this is not",
		"[base64ToString(1)]":                                             "error: base64ToString takes a string here, not a number",
		"[base64ToJson(base64('[1, ''a'']'))]":                            `[1,"a"]`,
		"[base64ToJson('aGVsbG8=')]":                                      "error: the text given to base64ToJson is not JSON",
		"[dataUri('é')]":                                                  `"data:text/plain;charset=utf-8;base64,w6k="`,
		"[dataUriToString(dataUri('😀'))]":                                 `"😀"`,
		"[dataUriToString('data:,Hello%2C%20World+')]":                    `"Hello, World+"`,
		"[dataUriToString('DATA:text/plain;charset=ISO-8859-1,%e9')]":     `"é"`,
		"[dataUriToString('data:text/plain;charset=utf-16;base64,aQA=')]": `"i"`,
		"[dataUriToString('data:;charset=utf-16be;base64,AGk=')]":         `"i"`,
		"[dataUriToString('data:;charset=us-ascii,%e9a')]":                `"?a"`,
		"[dataUriToString('data:;base64,SGVsbG8%3D')]":                    `"Hello"`,
		"[dataUriToString('data:;charset=ebcdic,a')]":                     `error: the data URI is in the charset "ebcdic", which dataUriToString does not read`,
		"[dataUriToString('data:text/plain')]":                            "error: dataUriToString takes a data URI here, and this is not",
		"[dataUriToString('data')]":                                       "error: dataUriToString takes a data URI here, and this is not",
	}.check(t)
}

func TestURIs(t *testing.T) {
	values{
		"[uri('http://a/b/c/d;p?q', '../g')]":                     `"http://a/b/g"`,
		"[uri('http://a/b/c/d;p?q', '../../../g')]":               `"http://a/g"`,
		"[uri('http://a/b/c/d;p?q', '?y')]":                       `"http://a/b/c/d;p?y"`,
		"[uri('http://a/b/c/d;p?q', '')]":                         `"http://a/b/c/d;p?q"`,
		"[uri('http://a/b/c/d;p?q', '//g/x')]":                    `"http://g/x"`,
		"[uri('http://a/b/c/d;p?q', 'https://o/x')]":              `"https://o/x"`,
		"[uri('HTTPS://Example.COM:443', '')]":                    `"https://example.com/"`,
		"[uri('https://example.com:8443/a', 'b')]":                `"https://example.com:8443/b"`,
		"[uri('https://example.com/', 'a b/é?x=y z&s=%2B%3d')]":   `"https://example.com/a%20b/%C3%A9?x=y%20z&s=%2B%3d"`,
		"[uri('https://example.com/', '100%')]":                   `"https://example.com/100%25"`,
		"[uri('file:///c/x', 'y')]":                               `"file:///c/y"`,
		"[uri('/a', 'b')]":                                        `error: uri takes an absolute URI here, not "/a"`,
		"[uri('mailto:x', 'b')]":                                  `error: uri takes an absolute URI here, not "mailto:x"`,
		"[uri('https://[', 'b')]":                                 `error: uri takes an absolute URI here, not "https://["`,
		"[uri('', 'b')]":                                          `error: uri takes an absolute URI here, not ""`,
		"[uri('https://a', '///b')]":                              `error: uri takes a relative URI here, not "///b"`,
		"[uri('https://a', '1:b')]":                               `error: uri takes a relative URI here, not "1:b"`,
		"[uriComponent('a-_.~ b%41😀')]":                           `"a-_.~%20b%2541%F0%9F%98%80"`,
		"[uriComponentToString('%41+%4z%e2%82%ac%f0%9f%98%80%')]": `"A+%4z€😀%"`,
		"[uriComponentToString('%ff%C3%A9%e2%82x')]":              `"%ffé%e2%82x"`,
		"[uriComponentToString(1)]":                               "error: uriComponentToString takes a string here, not a number",

		"[buildUri(json('{scheme: 1}'))]": `error: the "scheme" of a URI must be a string, not a number`,
		`[buildUri(json('{"scheme": "HTTPS", "host": "Example.com", "port": 443, "path": "a b/c", "query": "x=1&y=é"}'))]`: `"https://example.com/a%20b/c?x=1&y=%C3%A9"`,
		`[buildUri(json('{"scheme": "http", "host": "h", "port": 8080, "path": "/a?#", "query": "?q#", "other": 1}'))]`:    `"http://h:8080/a%3F%23?q%23"`,
		`[buildUri(json('{"scheme": "http", "host": "[::1]", "port": null}'))]`:                                            `"http://[::1]/"`,
		`[buildUri(json('{"host": "h"}'))]`:                                  `error: buildUri cannot make a URI of the scheme "" and the host "h"`,
		`[buildUri(json('{"scheme": "http", "host": "h/x"}'))]`:              `error: buildUri cannot make a URI of the scheme "http" and the host "h/x"`,
		`[buildUri(json('{"scheme": "1 2", "host": "h"}'))]`:                 `error: buildUri cannot make a URI of the scheme "1 2" and the host "h"`,
		`[buildUri(json('{"scheme": "http", "host": "h", "port": "x"}'))]`:   `error: the "port" of a URI must be a whole number from 0 to 65535, not 'x'`,
		`[buildUri(json('{"scheme": "http", "host": "h", "port": 65536}'))]`: `error: the "port" of a URI must be a whole number from 0 to 65535, not 65536`,
		`[buildUri(json('{"scheme": "http", "host": ["h"]}'))]`:              `error: the "host" of a URI must be a string, not an array`,
		"[parseUri('https://User@Example.com:8080/a%20b?x=1#f')]":            `{"scheme":"https","host":"example.com","port":8080,"path":"/a%20b","query":"?x=1"}`,
		"[parseUri('https://example.com')]":                                  `{"scheme":"https","host":"example.com","path":"/"}`,
		"[buildUri(parseUri('https://example.com/a?b=c'))]":                  `"https://example.com/a?b=c"`,
		"[parseUri('example.com')]":                                          `error: parseUri takes an absolute URI here, not "example.com"`,
	}.check(t)
}
