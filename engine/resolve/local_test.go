package resolve

import "testing"

func TestLocalFile(t *testing.T) {
	o := Options{TemplateDir: "/t", Policy: Policy{Overrides: []Override{
		{Prefix: "https://example.com/a", Path: "/here"}, {Prefix: "https://example.com/a/b", Path: "/there"},
	}}}
	for uri, want := range map[string]string{
		"scripts/x.sh":                   "/t/scripts/x.sh",
		"/abs/x.sh":                      "/abs/x.sh",
		"file:///abs/y.sh":               "/abs/y.sh",
		"https://example.com/a/x.sh?v=1": "/here/x.sh",
		"https://example.com/a/b/x.sh":   "/there/x.sh",
		"https://example.com/a/%2e%2e/x": "",
		"https://example.com/c/x.sh":     "",
		"ftp://example.com/x.sh":         "",
		"file://elsewhere/x.sh":          "",
	} {
		if got, ok := o.LocalFile(uri); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", uri, got, ok, want)
		}
	}
}
