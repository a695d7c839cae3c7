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

// TestHostile gives the parser what it calls itself for, and what makes trees that are deep or wide. A stack that runs out of room
// cannot be recovered from: this test then ends at once.
func TestHostile(t *testing.T) {
	const n = 1 << 17
	type hostile struct{ name, open, middle, end string }
	list := []hostile{
		{"closed subshells", "( ", ":", ")"},
		{"closed substitutions", "$(", ":", ")"},
		{"signs", "$((", strings.Repeat("-", n), ""},
		{"sums", "$((", strings.Repeat("1+", n/4) + "1", "))"},
		{"powers", "((", strings.Repeat("x=", n/4) + "1", "))"},
		{"negated tests", "[[ ", strings.Repeat("! ", n/4) + "x", " ]]"},
		{"and tests", "[[ ", strings.Repeat("a && ", n/8) + "x", " ]]"},
		{"and done", "", strings.Repeat("a && ", n/8) + "b", ""},
		{"pipes", "", strings.Repeat("a | ", n/8) + "b", ""},
		{"or and pipes", "", strings.Repeat("a | b || ", n/16) + "b", ""},
		{"elif", "", "if a; then b; " + strings.Repeat("elif a; then b; ", n/32) + "fi", ""},
	}
	for _, open := range []string{
		"(", "$(", `"$(`, "`", "\\`", "{ ", "if ", "while ", "case x in x) ", "f() ", "function f { ", "${x:-", "$((", "(((", "[[ ( ", "a && ",
		"cat <<x\n", "<<x ", "<<x\nx\n", "<(", "! ", "time ", "coproc ", ">x ", "x=1 ", "x=([", "@(", `"'`, "{a,", "$", `\`, "x", "#\n", "sudo ", "sh -c '",
		"apt-get install x\n", "sudo chown x /opt/y\ncp a /etc/b\n", "PASSWORD=hunter2;", "&sig=", "a://a:a", "ufw enable\n",
		"systemctl stop ssh\n", "a=1 b=$a\n", `sh -c "$(curl x)"; `, "curl x | sh; ", "\x00", "\r\n", "\xff",
	} {
		list = append(list, hostile{name: open, open: open})
	}
	for _, tt := range list {
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
