package powershell

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

var here = template.Written{Range: diag.Range{File: "t.json", Start: diag.Pos{Line: 1, Column: 1},
	End: diag.Pos{Line: 1, Column: 2, Byte: 1}}}

// fromFile makes a script of what is at a URI. set may change the customizer.
func fromFile(data string, set func(*template.PowerShell)) *script.Script {
	c := &template.PowerShell{}
	c.ScriptURI = template.String{Written: here, Value: "https://example.com/s.ps1"}
	if set != nil {
		set(c)
	}
	t := &template.ImageTemplate{}
	t.Customize.Value = append(t.Customize.Value, c)
	return script.Of(t, nil, func(string, string) (string, []byte, bool) { return "s.ps1", []byte(data), true })[0]
}

// show writes commands one to a line, indented by the blocks around them: the name, parameters, arguments in quotes,
// "?" for what is not known and "{}" for a block. A command that gives its output to something ends with ">".
func show(f *File) string {
	var b strings.Builder
	for _, c := range f.Commands {
		b.WriteString(strings.Repeat("  ", c.Nested))
		if b.WriteString(c.Name.Value); !c.Name.Known {
			b.WriteString("?")
		}
		for _, a := range c.Args {
			switch b.WriteByte(' '); {
			case a.Param != "" && a.Colon:
				b.WriteString("-" + a.Param + ":")
			case a.Param != "":
				b.WriteString("-" + a.Param)
			case a.Block:
				b.WriteString("{}")
			case !a.Known:
				b.WriteString("?")
			default:
				b.WriteString("'" + a.Value + "'")
			}
		}
		if c.Splat {
			b.WriteString(" @")
		}
		if c.Taken {
			b.WriteString(" >")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestCommands(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"words", `Get-Item a 'b c' "d" e"f"g`, "Get-Item 'a' 'b c' 'd' 'efg'\n"},
		{"parameters", `x -A -B:c -D: e -5 -- --long -f.g`, "x -a -b: 'c' -d: 'e' '-5' '--' '--long' '-f.g'\n"},
		{"typographic", "x –A “b” ‘c’", "x -a 'b' 'c'\n"},
		{"escapes", "x a`\"b 'it''s' \"say `\"hi\"\" `$5\"", "x 'a\"b' 'it's' 'say \"hi\" $5'\n"},
		{"not known", `x $a "b $c" d$e "$($f)" "a$" $env:TEMP\g (h) @(i) @{j=1}`, "x ? ? ? ? 'a$' ? ? ? ?\nh >\ni >\n"},
		{"splatting", `x @args a`, "x 'a' @\n"},
		{"blocks", `x { y { z } }; w`, "x {}\n  y {}\n    z\nw\n"},
		{"lists", "x a, b,\n  c d", "x 'a' 'b' 'c' 'd'\n"},
		{"lines", "x a `\n  b\ny", "x 'a' 'b'\ny\n"},
		{"carriage returns", "x a `\r\n  b\r\ny\rz", "x 'a' 'b'\ny\nz\n"},
		{"comments", "x a#b #c\n<# y\n #> z <# w #> v", "x 'a#b'\nz 'v'\n"},
		{"pipes", "x |\n  y | z", "x >\ny >\nz\n"},
		{"redirection", "x a > b 2>&1 *> $null 2>c d", "x 'a' 'd'\n"},
		{"call", `& "C:\a b\c.exe" /d; . .\e.ps1; &$f; .\g; &{h}`, "C:\\a b\\c.exe '/d'\n.\\e.ps1\n?\n.\\g\n?\n  h\n"},
		{"verbatim", `x --% /i "C:\a" %b% | y`, "x '/i' 'C:\\a' ? >\ny\n"},
		{"numbers", "7z x a; 7 + 8; 1..3 | y; 0x1F; 1kb", "7z 'x' 'a'\ny\n"},
		{"keywords", "if (a) { b } elseif (c) { d } else { e }\nwhile (f) { g }; do { h } until (i)\nforeach-object j; " +
			"exit_ k",
			"a >\n  b\nc >\n  d\n  e\nf >\n  g\n  h\ni >\nforeach-object 'j'\nexit_ 'k'\n"},
		{"foreach", "foreach ($a in b c) { d }; for ($i = 0; e; $i++) { f }", "b 'c' >\n  d\ne >\n  f\n"},
		{"switch", "switch -Regex (a) { '^x' { b } c { d } default { e } }", "a >\n    b\n    d\n    e\n"},
		{"try", "try { a } catch [IO.IOException], [X] { b } finally { c }", "  a\n  b\n  c\n"},
		{"functions", "function f($a = (b)) { param([int]$c = 5) d }; filter g { e }", "b >\n  d\n  e\n"},
		{"class", "class A : B { [int] $x = (c); [void] m([string]$y) { d } }", "  c >\n    d\n"},
		{"values", "$x = a b | c\n$y += d\n$h = @{ k = e; 'l' = @(f) }\nreturn g", "a 'b' >\nc >\nd >\ne >\nf >\ng >\n"},
		{"expressions", "$a -eq 'b' -and\n $c; (d).e('f', (g)).h; [x]::y((i)); \"$(j)\"", "d >\ng >\ni >\nj >\n"},
		{"here-strings", "x @'\na $b \"\n'@ -Y @\"\nc $d \"e\"\n\"@\nz", "x 'a $b \"' -y ?\nz\n"},
		{"as commands", "process a; data; Get-Data", "process 'a'\nGet-Data\n"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := Parse(fromFile("\ufeff"+tt.script, nil))
			if f.Err != nil || f.Unread != "" || len(f.Newer) > 0 {
				t.Errorf("%+v %q %v", f.Err, f.Unread, f.Newer)
			}
			if diff := cmp.Diff(tt.want, show(f)); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssignments(t *testing.T) {
	f := Parse(fromFile("$A = 'b'\n[string]$global:C = \"d\" ; $e = 5; $f = 'g' + 'h'; $i = 'j' | k; $l.m = 'n'; "+
		"function o { ${p q} = 'r' }", nil))
	var got []string
	for _, a := range f.Assignments {
		value := "?"
		if a.Value.Known {
			value = a.Value.Value
		}
		got = append(got, a.Name+"="+value)
	}
	want := []string{"a=b", "c=d", "e=5", "f=?", "i=?", "p q=r"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("assignments (-want +got):\n%s", diff)
	}
	if n := f.Assignments[5].Nested; n != 1 || !f.Functions["o"] {
		t.Errorf("nested %d, functions %v", n, f.Functions)
	}
}

func TestMembers(t *testing.T) {
	f := Parse(fromFile("[Net.X]::Y = { $true }\n(New-Object Net.WebClient).DownloadFile('a', $b)\n$c.D.E(\n 'f'\n)\nx "+
		"$g.H y.z $i.", nil))
	var got []string
	for _, m := range f.Members {
		line := m.On
		if m.Static {
			line += "::"
		} else {
			line += "."
		}
		line += m.Name
		if m.Call {
			line += "("
		}
		for _, a := range m.Args {
			line += a.Value
		}
		if m.Set {
			line += " ="
		}
		got = append(got, line)
	}
	want := []string{"[Net.X]::Y =", "(New-Object Net.WebClient).DownloadFile(a", "$c.D", "$c.D.E(f", "$g.H"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, script, at, want string }{
		{"single quote", "x 'a\ny", "'", "the string that starts here with ' is never closed"},
		{"double quote", "x \"a`\"", `"`, `the string that starts here with " is never closed`},
		{"brace", "if ($x) {\n y", "{", `"{" is never closed by "}"`},
		{"inner brace", "a { b { c }", "{", `"{" is never closed by "}"`},
		{"parenthesis", "x (y", "(", `"(" is never closed by ")"`},
		{"bracket", "[int $x", "[", `"[" is never closed by "]"`},
		{"hash table", "@{ a = 1", "{", `"{" is never closed by "}"`},
		{"in a string", `"a $(b"`, `"`, `the string that starts here with " is never closed`},
		{"mixed up", "if (a {\n b\n}", "(", `"(" is never closed by ")"`},
		{"two kinds", "x (y }", "(", `"(" is not closed by ")" before "}" in line 1`},
		{"nothing open", "x\n}", "}", `nothing is open that "}" could close`},
		{"comment", "x <# y", "<#", `the comment "<#" is never closed by "#>"`},
		{"here-string", "x @'\ny\n '@", "@'", `the here-string is never closed by "'@" at the start of a line`},
		{"start of a here-string", "x @\"y\n\"@", `@"`,
			"a here-string starts in the line below, and nothing may follow its first quote"},
		{"colon", `"$a: b"`, "$a:", `the variable name "$a:" ends with a colon; in a string it is written "${a}:"`},
		{"variable", "${a", "${", `the variable "${" is never closed by "}"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := Parse(fromFile(tt.script, nil))
			if f.Err == nil || f.Err.Text != tt.want || f.at(f.Err.Span) != tt.at {
				t.Errorf("got %+v, want %s at %q", f.Err, tt.want, tt.at)
			}
		})
	}
	for _, fine := range []string{`"${a}: $a::b $env:c $d:e $f"`, "'$a:'", `"a ""b"" 'c"`, "x )(", ""} {
		if f := Parse(fromFile(strings.Replace(fine, "x )(", "x '('", 1), nil)); f.Err != nil {
			t.Errorf("%s: %s", fine, f.Err.Text)
		}
	}
}

func TestNewerSyntax(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{"a && b", `"&&" between commands`},
		{"a || b", `"||" between commands`},
		{"a\n  | b", `"|" at the start of a line`},
		{"a & b", `"&" after a command`},
		{"$a ?? 'b'", `the operator "??"`},
		{"$a ??= 'b'", `the operator "??"`},
		{"$x = ($a) ? 1 : 2", `the operator "? :"`},
	} {
		f := Parse(fromFile(tt.script, nil))
		if len(f.Newer) != 1 || f.Newer[0].What != tt.want {
			t.Errorf("%s: got %v, want %s", tt.script, f.Newer, tt.want)
		}
	}
	for _, script := range []string{"a | ? { $_ }", "a 'x && y' \"?? z\"", "$a?.b", "& a; a | b", "cmd /c 'a && b'",
		"a -b:&c", "a # && b", "a?b:c d"} {
		if f := Parse(fromFile(script, nil)); script != "a -b:&c" && len(f.Newer) > 0 {
			t.Errorf("%s: %v", script, f.Newer)
		}
	}
}
