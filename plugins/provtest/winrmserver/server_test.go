package winrmserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/masterzen/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

func TestLogin(t *testing.T) {
	for _, tls := range []bool{false, true} {
		for _, ntlm := range []bool{false, true} {
			t.Run(fmt.Sprintf("tls %v, ntlm %v", tls, ntlm), func(t *testing.T) {
				t.Parallel()
				s, _ := start(t, winrmserver.Options{TLS: tls, NoBasic: ntlm, NoNTLM: !ntlm})
				got, err := execute(t, client(t, s, ntlm, nil), "whoami", "")
				if diff := cmp.Diff(ran{Stdout: "buildvm\\packer\r\n"}, got); diff != "" || err != nil {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
				wrong := func(_ *winrm.Endpoint, _ *winrm.Parameters, word *string) { *word = "wrong" }
				_, err = execute(t, client(t, s, ntlm, wrong), "whoami", "")
				if err == nil || !strings.Contains(err.Error(), "401") {
					t.Errorf("with a wrong password: got %v", err)
				}
				if _, err := execute(t, client(t, s, !ntlm, nil), "whoami", ""); err == nil {
					t.Error("a login that is not offered succeeded")
				}
			})
		}
	}
}

// TestCommands runs what clients run. Answers are those of Windows in English.
func TestCommands(t *testing.T) {
	s, m := start(t, winrmserver.Options{})
	c := client(t, s, false, nil)
	m.Programs["setup"] = winguest.Answer{Stdout: "installed\r\n", Stderr: "reboot\r\n", Exit: 3010, Do: func(m *winguest.Machine) {
		m.SetKey(`HKLM:\SOFTWARE\Pending`, 1)
	}}
	m.Scripts[winguest.Sum("Get-Hotfix | Sort x")] = winguest.Answer{Stdout: "KB1\r\n", Exit: 7}
	for _, tc := range []struct {
		line, stdin string
		want        ran
	}{
		{"echo hello", "", ran{Stdout: "hello\r\n"}},
		{"hostname && exit 3", "", ran{Stdout: "BUILDVM\r\n", Exit: 3}},
		{"exit 3 || echo no", "", ran{Exit: 3}},
		{"type none & echo yes", "", ran{"yes\r\n", "The system cannot find the file specified.\r\n", 0}},
		{"echo a^&b \"c & d\"", "", ran{Stdout: "a&b \"c & d\"\r\n"}},
		{`set "A=1" && set A`, "", ran{Stdout: "A=1\r\n"}},
		{`echo one> "%TEMP%\x y.txt" && echo two>> "%TEMP%\x y.txt" && type "%TEMP%\x y.txt"`, "", ran{Stdout: "one \r\ntwo \r\n"}},
		{`echo x> C:\no\such\folder`, "", ran{Stderr: "The system cannot find the path specified.\r\n", Exit: 1}},
		{`nosuch.exe /x > C:\Windows\Temp\log 2>&1 || type C:\WINDOWS/temp/LOG`, "", ran{
			Stdout: "'nosuch.exe' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"}},
		{"more", "typed", ran{Stdout: "typed"}},
		{"echo " + strings.Repeat("x", 8186), "", ran{Stdout: strings.Repeat("x", 8186) + "\r\n"}},
		{"echo " + strings.Repeat("x", 8187), "", ran{Stderr: "The command line is too long.\r\n", Exit: 1}},
		{"setup /quiet", "", ran{"installed\r\n", "reboot\r\n", 3010}},
		{encoded(`Test-Path "HKLM:SOFTWARE\Pending"`), "", ran{Stdout: "True\r\n"}},
		{encoded("Get-Hotfix | Sort x"), "", ran{Stdout: "KB1\r\n", Exit: 7}},
		{encoded(`$env:X = 'v'; if ($env:X -eq 'V') { "x is $env:X" } else { exit 1 }; cmd /c exit 5; exit $LASTEXITCODE`), "",
			ran{Stdout: "x is v\r\n", Exit: 5}},
		{`powershell -noprofile "throw 'no'"`, "", ran{Stderr: "no\r\n", Exit: 1}},
		{"powershell -file c:/none.ps1", "", ran{Stderr: "The argument 'c:/none.ps1' to the -File parameter does not exist. " +
			"Provide the path to an existing '.ps1' file as an argument to the -File parameter.\r\n", Exit: -196608}},
	} {
		name := tc.line[:min(40, len(tc.line))]
		t.Run(name, func(t *testing.T) {
			got, err := execute(t, c, tc.line, tc.stdin)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	if want := []string{"nosuch.exe /x"}; cmp.Diff(want, m.Unknown()) != "" {
		t.Errorf("not understood: %q, want %q", m.Unknown(), want)
	}
}

// What is not understood is no success, and is noted.
func TestNotUnderstood(t *testing.T) {
	s, m := start(t, winrmserver.Options{})
	m.PowerShell = ""
	for i, line := range []string{
		encoded("Get-Service | Where Status"), "wmic os", "powershell -command \"[Math]::Sqrt(4)\"", "a | b",
	} {
		got, err := execute(t, client(t, s, false, nil), line, "")
		if err != nil || got.Exit == 0 || got.Stderr == "" {
			t.Errorf("%s: got %+v, %v", line, got, err)
		}
		if n := len(m.Unknown()); n != min(i+1, 3) {
			t.Errorf("%s: %d are noted", line, n)
		}
	}
}
