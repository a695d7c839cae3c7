package powershell

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// FuzzPowerShell: whatever it is given, the parser ends, every place lies in the text, and every rule has something to
// say about a place in it.
func FuzzPowerShell(f *testing.F) {
	for _, seed := range []string{
		"if ($x) { Get-Item 'a' -B:$c | % { \"d $($e.f('g')[0])\" } } else { @{ h = 1; i = @(2, 3) } }",
		"x @'\na\n'@ @\"\n$b\n\"@ `\n <# c #> # d",
		"switch (1) { 2 { } default { } } try { } catch [X] { } finally { } class A { [int] $b = 1 }",
		"msiexec --% /i \"a\" | robocopy a b; exit 3010; $p = 'x'; \"$a: b\"; & { } ; . x",
		"\xff\xfea\x00b\x00", "\x93a\x94 \x96B", "–a “b” ‘c’", "((((", "}}}}", "$(\"$(\"$(", "@{@(@{@(",
		"Set-Service WinRM -StartupType Disabled; Start-Process x -ArgumentList '/q' ; cmd /c \"\"; net user a b; sc.exe " +
			"config winrm start= disabled",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := Parse(fromFile(text, nil))
		in := func(s Span) {
			if s.From < 0 || s.To < s.From || s.To > len(file.Text) {
				t.Fatalf("%v is not in a text of %d bytes", s, len(file.Text))
			}
		}
		for _, c := range file.Commands {
			in(c.Span)
			in(c.Name.Span)
			for _, a := range c.Args {
				in(a.Span)
			}
		}
		for _, m := range file.Members {
			in(m.Span)
		}
		for _, a := range file.Assignments {
			in(a.Span)
			in(a.Value.Span)
		}
		for _, e := range file.Exits {
			in(e.Span)
		}
		last := 0
		for _, c := range file.Comments {
			if in(c); c.From < last {
				t.Fatalf("comments are out of order at %d", c.From)
			}
			last = c.To
		}
		if file.Err != nil {
			in(file.Err.Span)
		}
		in(Span{file.Rest, len(file.Text)})
		for _, r := range Rules() {
			r.Check(file, func(x scriptrule.Finding) {
				in(Span{x.From, x.To})
				if x.Summary == "" {
					t.Fatalf("%s says nothing", r.Code)
				}
			})
		}
	})
}

// Scripts that nobody wrote: the parser ends and says that it did not read all.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		unread       bool
	}{
		{"parentheses", strings.Repeat("(", 1<<17), true},
		{"blocks", strings.Repeat("{", 1<<17), true},
		{"arrays", strings.Repeat("@(", 1<<17), true},
		{"hash tables", strings.Repeat("@{a=", 1<<17), true},
		{"types", strings.Repeat("[", 1<<17), true},
		{"subexpressions", strings.Repeat("\"$(", 1<<17), true},
		{"here-strings", strings.Repeat("@\"\n$(", 1<<17), true},
		{"conditions", strings.Repeat("if (", 1<<17), true},
		{"else", strings.Repeat("else ", 1<<18), false},
		{"values", strings.Repeat("$a=", 1<<17), true},
		{"calls", strings.Repeat("a.b(", 1<<17), true},
		{"functions", strings.Repeat("function a {", 1<<17), true},
		{"attributes", strings.Repeat("[a(", 1<<17), true},
		{"returns", strings.Repeat("return ", 600_000), true},
		{"commands", strings.Repeat("a;", 600_000), true},
		{"chains", strings.Repeat("a &&", 600_000), true},
		{"pipes", strings.Repeat("a |", 600_000), true},
		{"bars", strings.Repeat("|", 600_000), false},
		{"ampersands", strings.Repeat("& ", 600_000), false},
		{"arguments", "a" + strings.Repeat(" b", 600_000), true},
		{"verbatim", "a --%" + strings.Repeat(" b", 600_000), true},
		{"members", "$a" + strings.Repeat(".b", 600_000), true},
		{"one line", strings.Repeat("x", 1<<20), false},
		{"lines", strings.Repeat("\n", 1<<20), false},
		{"string", "x '" + strings.Repeat("a", 1<<20) + "'", false},
		{"quotes", "x '" + strings.Repeat("''", 1<<20) + "'", false},
		{"zeros", strings.Repeat("\x00", 1<<20), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := Parse(fromFile(tt.script, nil))
			if got := f.Unread != ""; got != tt.unread {
				t.Errorf("unread %q, mistake %+v", f.Unread, f.Err)
			}
		})
	}
}

// BenchmarkParse is for the time it takes per byte, of a script of which most is data and of one of which nothing is.
func BenchmarkParse(b *testing.B) {
	for _, bb := range []struct{ name, text string }{
		{"code", strings.Repeat("if ($x -eq 'a') { Get-Item -Path \"C:\\$y\" | Remove-Item -Force } # b\n", 10_000)},
		{"data", "$x = @'\n" + strings.Repeat(strings.Repeat("QUJD", 19)+"\n", 100_000) + "'@\n"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.text)))
			s := fromFile(bb.text, nil)
			for b.Loop() {
				Parse(s)
			}
		})
	}
}

// BenchmarkRules is for the time that the rules take per byte, of scripts in which there is much to find.
func BenchmarkRules(b *testing.B) {
	for _, bb := range []struct{ name, line string }{
		{"restarts", "Restart-Computer -Force\n"},
		{"downloads", "iex (iwr http://example.com/a.ps1)\n"},
		{"installers", "Start-Process msiexec.exe -ArgumentList '/i a.msi'\n"},
		{"services", "Stop-Service RdAgent\n"},
		{"members", "[Console]::ReadKey()\n"},
		{"chains", "$a.b()"},
		{"words", "curl -L https://example.com/a\n"},
	} {
		for _, size := range []int{1 << 16, 1 << 20} {
			b.Run(fmt.Sprintf("%s-%dK", bb.name, size>>10), func(b *testing.B) {
				s := fromFile(strings.Repeat(bb.line, size/len(bb.line)), nil)
				b.SetBytes(int64(len(s.Text)))
				for b.Loop() {
					f := Parse(s)
					for _, r := range Rules() {
						r.Check(f, func(scriptrule.Finding) {})
					}
				}
			})
		}
	}
}
