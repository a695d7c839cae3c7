package shell_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/script"
)

// ask runs all rules, and holds each finding to lie in the text.
func ask(t testing.TB, s *script.Script) (f *shell.File, findings int) {
	t.Helper()
	f = shell.Parse(s)
	for _, rule := range shell.Rules() {
		rule.Check(f, func(found scriptrule.Finding) {
			findings++
			if found.From < 0 || found.From > found.To || found.To > len(s.Text) {
				t.Errorf("%s is at %d to %d of %d bytes", rule.Code, found.From, found.To, len(s.Text))
			}
			if found.Summary == "" || strings.ContainsAny(found.Summary, "\n\x00") {
				t.Errorf("%s says %q", rule.Code, found.Summary)
			}
			for _, e := range found.Edits {
				if e.From < 0 || e.From > e.To || e.To > len(s.Text) {
					t.Errorf("%s edits %d to %d of %d bytes", rule.Code, e.From, e.To, len(s.Text))
				}
			}
		})
	}
	return f, findings
}

// TestHostile gives the parser what it calls itself for, and what makes trees that are deep or wide. A stack that runs out of room cannot
// be recovered from: this test then ends at once.
func TestHostile(t *testing.T) {
	const n = 1 << 17
	for _, tt := range []struct{ name, open, middle, end string }{
		{name: "subshells", open: "("}, {name: "closed subshells", open: "( ", middle: ":", end: ")"},
		{name: "substitutions", open: "$("}, {name: "closed substitutions", open: "$(", middle: ":", end: ")"},
		{name: "quoted substitutions", open: `"$(`}, {name: "back quotes", open: "`"}, {name: "escaped back quotes", open: "\\`"},
		{name: "blocks", open: "{ "}, {name: "conditions", open: "if "}, {name: "loops", open: "while "}, {name: "cases", open: "case x in x) "},
		{name: "functions", open: "f() "}, {name: "function words", open: "function f { "}, {name: "expansions", open: "${x:-"},
		{name: "arithmetic", open: "$(("}, {name: "brackets of arithmetic", open: "((("}, {name: "signs", open: "$((", middle: strings.Repeat("-", n)},
		{name: "sums", open: "$((", middle: strings.Repeat("1+", n/4) + "1", end: "))"},
		{name: "powers", open: "((", middle: strings.Repeat("x=", n/4) + "1", end: "))"},
		{name: "tests", open: "[[ ( "}, {name: "negated tests", open: "[[ ", middle: strings.Repeat("! ", n/4) + "x", end: " ]]"},
		{name: "and tests", open: "[[ ", middle: strings.Repeat("a && ", n/8) + "x", end: " ]]"},
		{name: "and", open: "a && "}, {name: "and done", open: "", middle: strings.Repeat("a && ", n/8) + "b"},
		{name: "pipes", open: "", middle: strings.Repeat("a | ", n/8) + "b"}, {name: "or and pipes", open: "", middle: strings.Repeat("a | b || ", n/16) + "b"},
		{name: "elif", open: "", middle: "if a; then b; " + strings.Repeat("elif a; then b; ", n/32) + "fi"},
		{name: "here-documents", open: "cat <<x\n"}, {name: "here-documents in one line", open: "<<x "}, {name: "process substitutions", open: "<("},
		{name: "negations", open: "! "}, {name: "time", open: "time "}, {name: "coproc", open: "coproc "},
		{name: "redirections", open: ">x "}, {name: "assignments", open: "x=1 "}, {name: "arrays", open: "x=(["}, {name: "patterns", open: "@("},
		{name: "quotes", open: `"'`}, {name: "braces", open: "{a,"}, {name: "dollars", open: "$"}, {name: "backslashes", open: `\`},
		{name: "lines", open: "apt-get install x\n"}, {name: "sudo", open: "sudo "}, {name: "one word", open: "x"}, {name: "comments", open: "#\n"},
		{name: "shells in shells", open: "sh -c '"}, {name: "chmod", open: "sudo chown x /opt/y\ncp a /etc/b\n"},
		{name: "secrets", open: "PASSWORD=hunter2;"}, {name: "signatures", open: "&sig="}, {name: "addresses", open: "a://a:a"},
		{name: "ufw", open: "ufw enable\n"}, {name: "ssh", open: "systemctl stop ssh\n"}, {name: "variables", open: "a=1 b=$a\n"},
		{name: "zeros", open: "\x00"}, {name: "carriage returns", open: "\r\n"}, {name: "bad bytes", open: "\xff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.middle
			if len(text) < 100 {
				times := (n - len(text)) / max(1, len(tt.open)+len(tt.end))
				text = strings.Repeat(tt.open, times) + text + strings.Repeat(tt.end, times)
			} else {
				text = tt.open + text + tt.end
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, findings := ask(t, inline(text))
			runtime.ReadMemStats(&after)
			t.Logf("%d bytes: %d findings, %q, %d MiB allocated, stack %d MiB", len(text), findings, f.Unread,
				(after.TotalAlloc-before.TotalAlloc)>>20, after.StackSys>>20)
			ask(t, file("#!/bin/bash\n"+text))
		})
	}
}

// TestLong takes a script that is too long to be parsed.
func TestLong(t *testing.T) {
	s := file("#!/bin/bash\n" + strings.Repeat("sudo apt-get install nginx\n", 2_000_000))
	allocated := testing.AllocsPerRun(1, func() { shell.Parse(s) })
	f, findings := ask(t, s)
	if f.Tree != nil || f.Unread == "" || findings != 1 || allocated > 100 {
		t.Errorf("%d MiB: %d findings, %v allocations, %q", len(s.Text)>>20, findings, allocated, f.Unread)
	}
}

// TestMany keeps a rule from filling a report.
func TestMany(t *testing.T) {
	list := found(inline(strings.Repeat("sudo apt-get install nginx\n", 1000)), shell.CodeAssumeYes)
	if len(list) != 50 {
		t.Errorf("%d findings", len(list))
	}
}

// TestPure parses a script twice.
func TestPure(t *testing.T) {
	s := inline("x=y\nsudo apt-get install $x | tee z\nfunction f { [[ a ]]; }\n")
	text := s.Text
	first, second := found(s), found(s)
	if s.Text != text || strings.Join(first, "\n") != strings.Join(second, "\n") || len(first) == 0 {
		t.Errorf("%q, and then %q", first, second)
	}
}
