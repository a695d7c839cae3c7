package winguest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/packer-plugin-sdk/guestexec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	restart "github.com/hashicorp/packer/provisioner/windows-restart"

	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// command runs a command line to its end.
func command(t *testing.T, m *Machine, line string) (stdout, stderr string, exit int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	exit = m.Run(ctx, winrmserver.Process{User: "packer", Line: line, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs})
	return out.String(), errs.String(), exit
}

func TestFiles(t *testing.T) {
	m := New("packer", "word")
	for _, path := range []string{`C:\a\B.txt`, `c:/A/b.TXT`, `C:\a\.\x\..\b.txt`, `C:\a\b.txt. `} {
		if err := m.WriteFile(path, []byte(path)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{`C:\a\B.txt`}, m.Files()); diff != "" {
		t.Errorf("one file has many names (-want +got):\n%s", diff)
	}
	for _, path := range []string{"", "C:\\a\\b?", `C:\a:b`, `1:\x`, "C:\\a\nb", `C:\a|b`} {
		if err := m.WriteFile(path, nil); !errors.Is(err, errName) {
			t.Errorf("%q: got %v", path, err)
		}
	}
	if err := m.Mkdir(`C:\a\b.txt\c`); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a folder below a file: got %v", err)
	}
	if _, err := m.ReadFile(`C:\a`); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("reading a folder: got %v", err)
	}
	if _, err := m.ReadFile(`E:\a`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a drive that is not there: got %v", err)
	}
}

func TestScripts(t *testing.T) {
	for _, tc := range []struct {
		name, script, stdout, stderr string
		exit                         int
	}{
		{"nothing", "", "", "", 0},
		{"values", "'a'; \"b`tc\"; 3; $true; $null; $env:COMPUTERNAME", "a\r\nb\tc\r\n3\r\nTrue\r\nBUILDVM\r\n", "", 0},
		{"quotes", `'it''s'; "say ""x"" $env:OS."`, "it's\r\nsay \"x\" Windows_NT.\r\n", "", 0},
		{"comments and continued lines", "# no\nWrite-Output `\n  'x' # no\n", "x\r\n", "", 0},
		{"if", "if (-not (Test-Path 'C:\\Windows')) { 1 } elseif (2 -gt 1 -and 'Ab' -like 'a*') { 2 } else { 3 }", "2\r\n", "", 0},
		{"caught", "try { throw 'x'; 1 } catch { \"caught $_\" } finally { 'end' }", "caught x\r\nend\r\n", "", 0},
		{"not caught", "try { throw 'x' } finally { 'end' }\n'not reached'", "end\r\n", "x\r\n", 1},
		{"stop", "$ErrorActionPreference = 'Stop'\nWrite-Error 'x'\n'not reached'", "", "x\r\n", 1},
		{"a program's code", "cmd /c exit 4\nif ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }", "", "", 4},
		{"a called script's code", "Set-Content c:\\x.ps1 'exit 6'; & 'c:\\x.ps1'; \"went on\"; exit $LastExitCode", "went on\r\n", "", 6},
		{"no such script", "& 'c:\\none.ps1'", "",
			"The term 'c:\\none.ps1' is not recognized as the name of a cmdlet, function, script file, or operable program.\r\n", 1},
		{"functions", "$n = 1\nfunction Add-One([string]$word) { if ($word -eq 'stop') { return }; $mine = 5; $script:n = $n + 1; \"$word $n\" }\n" +
			"Add-One 'a'; Add-One 'stop'; Add-One b; $n; $mine; $m = [int]$n - 1; $m",
			"a 2\r\nb 3\r\n3\r\n2\r\n", "", 0},
		{"loops", "$i = 3\nwhile ($i -gt 0) {\n  $i = $i - 1\n  if ($i -eq 1) { break }\n  \"at $i\"\n}\n\"end $i\"",
			"at 2\r\nend 1\r\n", "", 0},
		{"an endless function", "function f { f }; f", "", "The script failed due to call depth overflow.\r\n", 1},
		{"for ever", "Set-Content c:\\x.ps1 \"& 'c:\\x.ps1'\"; & 'c:\\x.ps1'", "", "The script failed due to call depth overflow.\r\n", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := New("packer", "word")
			if err := m.WriteFile(`C:\s.ps1`, []byte(tc.script)); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, exit := command(t, m, `powershell -file C:\s.ps1`)
			if stdout != tc.stdout || stderr != tc.stderr || exit != tc.exit {
				t.Errorf("got %q, %q, %d, want %q, %q, %d", stdout, stderr, exit, tc.stdout, tc.stderr, tc.exit)
			}
			if len(m.Unknown()) > 0 {
				t.Errorf("not understood: %q", m.Unknown())
			}
		})
	}
}

// Nothing of a script runs if a part of it is beyond this PowerShell.
func TestNotByHalf(t *testing.T) {
	for _, script := range []string{
		"'first'\nGet-Printer", "'first' | Sort-Object", "'first'; $x[0]", "'first'; [int]$x = 1", "'first'; $x.Name()", "'first'; \"$(1)\"",
		"'first'; if (1) {", "'first", "\"first", "'first'; 1 * 1", "'first'; function f { return 1 }", "'first'; function f {}; $x = f", "'first'; foreach ($x in $y) {}", "'first' }", "'first'; cmd > x",
		"'first'; " + strings.Repeat("if (1) {", 100),
	} {
		m := New("packer", "word")
		m.PowerShell = ""
		if err := m.WriteFile(`C:\s.ps1`, []byte(script)); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, exit := command(t, m, `powershell -file C:\s.ps1`)
		if stdout != "" || stderr == "" || exit == 0 || len(m.Unknown()) != 1 {
			t.Errorf("%.60q: got %q, %q, %d", script, stdout, stderr, exit)
		}
	}
}

// TestRealPowerShell has scripts that nobody here understands run by a real one.
func TestRealPowerShell(t *testing.T) {
	m := New("packer", "word")
	if m.PowerShell == "" {
		t.Skip(PowerShellVariable + " does not name a PowerShell")
	}
	if err := m.WriteFile(`C:\s.ps1`, []byte("1..3 | ForEach-Object { $_ * 2 }; exit 5\n")); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, exit := command(t, m, `powershell -file C:\s.ps1`)
	if strings.Join(strings.Fields(stdout), " ") != "2 4 6" || exit != 5 {
		t.Errorf("got %q, %q, %d", stdout, stderr, exit)
	}
}

// What a real one is given, shown by a stand-in: the script as a file, the machine's environment; and its exit code counts.
func TestForeignPowerShell(t *testing.T) {
	stub := filepath.Join(t.TempDir(), "pwsh")
	if err := os.WriteFile(stub, []byte("#!/bin/sh\ncat \"$4\"\necho $USERNAME\nexit 5\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	m := New("packer", "word")
	m.PowerShell = stub
	stdout, stderr, exit := command(t, m, `powershell "Get-Printer | Sort Name"`)
	if stdout != "Get-Printer | Sort Namepacker\n" || stderr != "" || exit != 5 || len(m.Unknown()) > 0 {
		t.Errorf("got %q, %q, %d", stdout, stderr, exit)
	}
	m.PowerShell = filepath.Join(t.TempDir(), "none")
	if _, stderr, exit = command(t, m, `powershell "Get-Printer"`); exit == 0 || !strings.Contains(stderr, "cannot start") {
		t.Errorf("got %q, %d", stderr, exit)
	}
}

type elevated struct{ *provtest.Guest }

func (e elevated) Communicator() packersdk.Communicator { return e.Guest }
func (elevated) ElevatedUser() string                   { return `.\Packer` }
func (elevated) ElevatedPassword() string               { return "wo$r`d\"'" }

// TestForms holds that the scripts known by their form are those that this version of Packer's libraries sends; those of
// uploads and downloads are met in package winrmserver.
func TestForms(t *testing.T) {
	m := New("packer", elevated{}.ElevatedPassword())
	stdout, stderr, exit := command(t, m, restart.DefaultRestartCheckCommand)
	if stdout != "BUILDVM restarted.\r\n" || exit != 0 {
		t.Errorf("got %q, %q, %d", stdout, stderr, exit)
	}
	g := elevated{&provtest.Guest{}}
	line, err := guestexec.GenerateElevatedRunner(`cmd /c "echo a ^& 'b' && exit 7"`, g)
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range g.Files() {
		if err := m.WriteFile(path, content); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, exit = command(t, m, line)
	if stdout != "a & 'b' \r\n" || exit != 7 {
		t.Errorf("got %q, %q, %d", stdout, stderr, exit)
	}
	if tasks := m.Tasks(); len(tasks) != 1 || tasks[0].User != `.\Packer` || tasks[0].Exit != 7 {
		t.Errorf("tasks: %+v", tasks)
	}
	if len(m.Files()) > 0 {
		t.Errorf("left behind: %q", m.Files())
	}
	if len(m.Unknown()) > 0 {
		t.Errorf("not understood: %q", m.Unknown())
	}
}

// Whatever comes, a machine answers, and soon.
func FuzzCommandLine(f *testing.F) {
	for _, line := range []string{
		`echo a > "%TEMP%\x" 2>&1 && type x | more`, "powershell -enc AAAA", `powershell "if (1) { & 'x' }"`, "cmd /c cmd /c x",
		"if not exist a b",
		`set "a=b" & %a%%%`, "^", `"`, "echo >", "exit", "shutdown /r /t 9999", "powershell -file", "@", "& & &", "rem", "call call",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		m := New("packer", "word")
		m.PowerShell = "" // what a fuzzer writes is not for a real one
		var out bytes.Buffer
		m.Run(ctx, winrmserver.Process{User: "packer", Line: line, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
	})
}

func FuzzScript(f *testing.F) {
	f.Add("try { if (!$x -or (Test-Path \"$env:TEMP\\x\")) { exit 3 } } catch { throw $_ } finally { & 'x' | Out-Null }")
	f.Add("@'\nx\n'@ \"`\"$(\" '''")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		shape(text)
		_, _ = parseScript(text)
	})
}

// What a test says of the machine is found by the cmdlets that look at it.
func TestObjects(t *testing.T) {
	m := New("packer", "word")
	m.SetObject("Get-Service", "RdAgent", "Status", "Stopped")
	m.SetObject("Get-ItemProperty", `HKLM:\SYSTEM\Setup`, "State", "7")
	m.SetObject("Get-ItemProperty", `HKLM:\SYSTEM\Setup`, "Other", "8")
	if err := m.WriteFile(`C:\log.txt`, []byte("one\r\ntwo\nthree")); err != nil {
		t.Fatal(err)
	}
	script := `$ErrorActionPreference = 'SilentlyContinue'
$v = (Get-Service -Name 'rdagent').Status
Write-Output "service=$v"
$v = (Get-ItemProperty -LiteralPath 'hklm:\system\setup').State
Write-Output "key=$v"
$v = (Get-ItemProperty -LiteralPath 'hklm:\system\setup').None
Write-Output "value=$v"
$v = (Get-Process -Name 'x').Id
Write-Output "process=$v"
$v = (Get-FileHash -LiteralPath "$env:SystemDrive\log.txt").Hash
Write-Output "hash=$v"
Get-Content -LiteralPath 'C:\log.txt' -Tail 2
Get-Content -LiteralPath 'C:\none.txt' -Tail 2
`
	if err := m.WriteFile(`C:\s.ps1`, []byte(script)); err != nil {
		t.Fatal(err)
	}
	out, errs, exit := command(t, m, `powershell -File C:\s.ps1`)
	want := "service=Stopped\r\nkey=7\r\nvalue=\r\nprocess=\r\n" +
		"hash=" + strings.ToUpper(Sum("one\r\ntwo\nthree")) + "\r\ntwo\r\nthree\r\n"
	if diff := cmp.Diff(want, out); diff != "" || errs != "" || exit != 0 {
		t.Errorf("exit code %d, stderr %q, output (-want +got):\n%s", exit, errs, diff)
	}
	if _, errs, _ = command(t, m, `powershell -Command "(Get-Service -Name 'x').Status"`); !strings.Contains(errs, "Cannot find 'x'") {
		t.Errorf("nothing is said of a service that is not there: %q", errs)
	}
}
