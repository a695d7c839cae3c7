package shell_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
)

// inline is a script of inline commands, and file one at a URI.
func inline(text string) *script.Script {
	return &script.Script{Language: script.Shell, Inline: true, Text: text}
}

func file(text string) *script.Script { return &script.Script{Language: script.Shell, Text: text} }

// found lists what the rules say about a script: the code, and the text that it is about, cut after its first line. codes may limit it
// to some.
func found(s *script.Script, codes ...diag.Code) []string {
	var list []string
	f := shell.Parse(s)
	for _, rule := range shell.Rules() {
		if len(codes) > 0 && !contains(codes, rule.Code) {
			continue
		}
		rule.Check(f, func(found scriptrule.Finding) {
			text, _, _ := strings.Cut(s.Text[found.From:found.To], "\n")
			if text == "" {
				text = "(nothing)"
			}
			list = append(list, fmt.Sprintf("%s %s", rule.Code, text))
		})
	}
	return list
}

func contains(codes []diag.Code, code diag.Code) bool {
	for _, c := range codes {
		if c == code {
			return true
		}
	}
	return false
}

// one is a script and what the rule of a table says about it: the texts that are found, one a line.
type one struct{ text, want string }

func run(t *testing.T, code diag.Code, make func(string) *script.Script, table []one) {
	t.Helper()
	for _, tt := range table {
		var want []string
		if tt.want != "" {
			for _, line := range strings.Split(tt.want, "\n") {
				want = append(want, string(code)+" "+line)
			}
		}
		if diff := cmp.Diff(want, found(make(tt.text), code)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}
