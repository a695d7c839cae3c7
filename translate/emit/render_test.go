package emit

import (
	"strings"
	"testing"
	"text/template"
)

// render does with s what Packer does with a string option: it runs it as a Go template.
func render(t *testing.T, s string) string {
	t.Helper()
	tmpl, err := template.New("").Parse(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, nil); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b.String()
}
