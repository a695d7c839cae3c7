package powershell

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

// found runs one rule, and returns the texts that it points at.
func found(s *script.Script, code diag.Code) []string {
	f := Parse(s)
	var texts []string
	for _, r := range Rules() {
		if r.Code == code {
			r.Check(f, func(x scriptrule.Finding) { texts = append(texts, f.Text[x.From:x.To]) })
		}
	}
	return texts
}

// Lines of a script, of which a rule finds those that start with "!". Scripts are apart by a line "---".
var cases = map[diag.Code]string{
	CodeRestarts: `
!Restart-Computer
!restart-computer -Force
!Stop-Computer -Confirm:$false
!shutdown /r /t 0
!shutdown.exe -s
!cmd /c "shutdown /r /f"
!Start-Process shutdown.exe -ArgumentList '/r', '/t', '5'
& !"$env:windir\System32\shutdown.exe" /r
!wmic os where Primary='TRUE' reboot
!Install-WindowsFeature Hyper-V -Restart
!(Get-WmiObject Win32_OperatingSystem).Reboot()
!wusa.exe C:\a.msu /quiet
!msiexec /i a.msi /qn /forcerestart
Restart-Computer -ComputerName web
Restart-Computer $server -Force
Get-Content servers | Restart-Computer
Restart-Computer -WhatIf
shutdown /a
shutdown /l
'shutdown /r'
Write-Host shutdown /r
Install-WindowsFeature Hyper-V -Restart:$false
wusa.exe C:\a.msu /quiet /norestart
& $shutdown /r
# Restart-Computer
---
function Restart-Computer { }
Restart-Computer`,
	CodeStopsWinRM: `
!Stop-Service WinRM -Force
Get-Service -Name winrm | !Stop-Service
!Restart-Service winrm
!Set-Service winrm -StartupType Disabled
!net stop winrm
!sc.exe config winrm start= disabled
!cmd /c "sc stop winrm"
!winrm delete winrm/config/Listener?Address=*+Transport=HTTPS
!Remove-Item -Path WSMan:\Localhost\listener\listener* -Recurse
sc config winrm start= disabled
Set-Service winrm -StartupType Automatic
Stop-Service spooler
Start-Service winrm
net start winrm
winrm quickconfig -q
Stop-Service $service`,
	CodeFirewallsWinRM: `
!Disable-NetFirewallRule -DisplayGroup 'Windows Remote Management'
!Remove-NetFirewallRule -Name WINRM-HTTP-In-TCP
Get-NetFirewallRule -DisplayName 'Windows Remote Management*' | !Disable-NetFirewallRule
!New-NetFirewallRule -DisplayName x -Direction Inbound -Action Block -LocalPort 5986 -Protocol TCP
!Set-NetFirewallProfile -All -AllowInboundRules False
!netsh advfirewall set allprofiles firewallpolicy blockinboundalways,allowoutbound
!netsh advfirewall firewall delete rule name="Windows Remote Management (HTTPS-In)"
!netsh advfirewall firewall add rule name=x dir=in action=block protocol=TCP localport=5986
Enable-NetFirewallRule -DisplayGroup 'Windows Remote Management'
New-NetFirewallRule -DisplayName x -Direction Inbound -Action Allow -LocalPort 5986 -Protocol TCP
New-NetFirewallRule -DisplayName x -Direction Outbound -Action Block -RemotePort 5986 -Protocol TCP
Set-NetFirewallProfile -All -DefaultInboundAction Block
netsh advfirewall set allprofiles state off`,
	CodeStopsAgent: `
!Stop-Service RdAgent
!sc.exe delete WindowsAzureGuestAgent
!Set-Service RdAgent -StartupType Disabled
Restart-Service WindowsAzureGuestAgent
Get-Service RdAgent
---
Stop-Service RdAgent
Copy-Item a b
Start-Service RdAgent`,
	CodeSysprep: `
!C:\Windows\System32\Sysprep\Sysprep.exe /oobe /generalize /shutdown
& !$env:SystemRoot\System32\Sysprep\Sysprep.exe /generalize
!Start-Process -FilePath "$env:windir\System32\Sysprep\sysprep.exe" -ArgumentList '/generalize /oobe /quit' -Wait
Write-Host 'sysprep.exe /generalize'
Remove-Item C:\Windows\System32\Sysprep\unattend.xml`,
	CodeRemovesDeprovision: `
!Remove-Item C:\DeprovisioningScript.ps1 -Force
!del c:/deprovisioningscript.ps1
if (Test-Path C:\DeprovisioningScript.ps1) { Get-Content C:\DeprovisioningScript.ps1 }
---
Remove-Item C:\DeprovisioningScript.ps1
Copy-Item C:\build\mine.ps1 C:\DeprovisioningScript.ps1
---
Remove-Item C:\DeprovisioningScript.ps1
'exit 0' > C:\DeprovisioningScript.ps1`,
	CodeWaitsForInput: `
!Read-Host 'Go on?'
!pause
!Get-Credential
Get-Process | !Out-GridView
!cmd /c pause
![Console]::ReadKey()
!$Host.UI.RawUI.ReadKey('NoEcho')
!$host.UI.PromptForChoice('a', 'b', $c, 0)
!Remove-Item C:\a -Confirm
!Install-Module Az
!choco install git
!Enable-WindowsOptionalFeature -Online -FeatureName Hyper-V -All
!timeout /t 30
!cmd /c "timeout /t 30 >nul"
Get-Credential $cred
Get-Credential @arguments
Remove-Item C:\a -Confirm:$false
Remove-Item C:\a -Confirm: $false
Install-Module Az -Force
Install-Module @arguments
choco install git -y
choco install git --yes
choco install $packages
choco list
Enable-WindowsOptionalFeature -Online -FeatureName Hyper-V -NoRestart
$reader.ReadLine()
---
choco feature enable -n allowGlobalConfirmation
choco install git
---
Set-PSRepository PSGallery -InstallationPolicy Trusted
Install-Module Az
---
function pause { }
pause`,
	CodeInstallerAsks: `
!msiexec /i a.msi
!msiexec.exe /i "$dir\a.msi" /norestart
!Start-Process msiexec -Wait -ArgumentList '/x', '{11111111-2222-3333-4444-555555555555}', '/norestart'
!cmd /c "msiexec /i a.msi"
msiexec /i a.msi /qn
msiexec /i a.msi /quiet
msiexec /i a.msi /qb!
msiexec /i a.msi /passive
msiexec /i a.msi $options
msiexec @options
msiexec --% /i a.msi /qn
Start-Process msiexec -Wait -ArgumentList "/i $msi /qn"
Start-Process msiexec -Wait -ArgumentList $options
msiexec /unregister`,
	CodeNoWait: `
!Start-Process C:\a\setup.exe -ArgumentList '/S'
!Start-Process msiexec.exe "/i $msi /qn"
!Start-Process -FilePath $path -ArgumentList '/quiet', '/norestart'
!msiexec /i a.msi /qn
Start-Process C:\a\setup.exe -ArgumentList '/S' -Wait
$p = Start-Process C:\a\setup.exe -PassThru
Start-Process notepad
Start-Process $path
Start-Process @arguments
msiexec /i a.msi /qn | Out-Null
$x = msiexec /i a.msi /qn
cmd /c msiexec /i a.msi /qn
---
Start-Process C:\a\setup.exe
Wait-Process setup
---
Start-Process C:\a\setup.exe
while (Get-Process setup -ErrorAction SilentlyContinue) { Start-Sleep 5 }`,
	CodeExitCode: `
if ($a) { exit 1 }
if ($b) { !exit 3010 }
if ($c) { exit $d }
if ($e) { exit }
!exit 2
---
exit 0
---
exit
---
exit $LASTEXITCODE
---
exit 0
exit 1`,
	CodeRobocopy: `
Write-Output a
!robocopy C:\a C:\b /MIR
Write-Output b
---
robocopy C:\a C:\b
exit 0
---
robocopy C:\a C:\b
cmd /c "exit 0"
---
robocopy C:\a C:\b
$global:LASTEXITCODE = 0
---
if ($x) { robocopy C:\a C:\b }`,
	CodeErrorsIgnored: `
!$ErrorActionPreference = 'SilentlyContinue'
a
---
$ErrorActionPreference = 'SilentlyContinue'
a
$ErrorActionPreference = 'Stop'
---
function b { $ErrorActionPreference = 'SilentlyContinue' }
---
$ErrorActionPreference = $c`,
	CodeProgressBar: `
Invoke-WebRequest https://example.com
!Invoke-WebRequest https://example.com/a -OutFile a
Invoke-WebRequest https://example.com/b -OutFile b
---
$ProgressPreference = 'SilentlyContinue'
iwr https://example.com/a -OutFile a
---
!Invoke-RestMethod https://example.com/a -OutF a
---
Invoke-WebRequest @arguments -OutFile a
---
curl.exe https://example.com/a -OutFile a
---
Set-Variable ProgressPreference SilentlyContinue
iwr https://example.com/a -OutFile a`,
	CodeBasicParsing: `
!Invoke-WebRequest https://example.com
!iwr https://example.com -OutFile a -PassThru
$x = (!curl https://example.com).Content
Invoke-WebRequest https://example.com -UseBasicParsing
Invoke-WebRequest https://example.com -UseB
Invoke-WebRequest https://example.com -OutFile a
Invoke-WebRequest @arguments
curl.exe https://example.com
curl -L https://example.com
pwsh -Command { Invoke-WebRequest https://example.com }
Invoke-RestMethod https://example.com
---
$PSDefaultParameterValues['Invoke-WebRequest:UseBasicParsing'] = $true
Invoke-WebRequest https://example.com`,
	CodeCurlAlias: `
!curl -L https://example.com
!wget https://example.com -O a
!curl --silent https://example.com
curl https://example.com -OutFile a
curl.exe -L https://example.com
wget -Uri https://example.com -Method Head
---
Remove-Item alias:curl
curl -L https://example.com`,
	CodeNewerParameter: `
1..3 | ForEach-Object { $_ } !-Parallel { $_ }
Invoke-RestMethod https://example.com !-SkipCertificateCheck
!Test-Json $a
pwsh -Command { 1..3 | ForEach-Object -Parallel { $_ } }
Invoke-Other -SkipCertificateCheck
---
if ($PSVersionTable.PSVersion.Major -ge 6) { Invoke-RestMethod https://example.com -SkipCertificateCheck }
---
function Test-Json { }
Test-Json $a`,
	CodeBits: `
!Start-BitsTransfer https://example.com/a a
Get-BitsTransfer`,
	CodePath32Bit: `
!C:\Windows\Sysnative\reg.exe query HKLM
& !"$env:windir\SysWOW64\WindowsPowerShell\v1.0\powershell.exe" -File a.ps1
Start-Process !C:\Windows\Sysnative\cmd.exe -Wait
& 'C:\Program Files (x86)\a\b.exe'
Copy-Item a C:\Windows\SysWOW64\drivers
Test-Path C:\Windows\Sysnative\a`,
	CodeSecret: `
ConvertTo-SecureString !'hunter2' -AsPlainText -Force
ConvertTo-SecureString -String !"hunter2" -AsPlainText -Force
ConvertTo-SecureString -AsPlainText -Force !hunter2
$adminPassword = !'hunter2'
net user bob !hunter2 /add
New-Thing -Password !'hunter2'
Set-ItemProperty HKLM:\a -Name DefaultPassword -Value !'hunter2'
$u = 'https://x.blob.core.windows.net/c/a.ps1?sv=2020-08-04!&sig=abcdefghijklmnopqrstuvwxyz0123456789%2B'
ConvertTo-SecureString $p -AsPlainText -Force
ConvertTo-SecureString (Get-Content p) -AsPlainText
ConvertTo-SecureString '<password>' -AsPlainText -Force
ConvertTo-SecureString $encrypted -Key $key
$adminPassword = $args[0]
$adminPassword = ''
$secretName = 'web'
$passwordFile = 'C:\a'
net user bob /add
net user bob $p /add
New-Thing -Password $p`,
	CodeDownloadRun: `
!iex (iwr https://example.com/a.ps1 -UseBasicParsing)
!Invoke-RestMethod https://example.com/a.ps1 | Invoke-Expression
!iex ((New-Object System.Net.WebClient).DownloadString('https://example.com/a.ps1'))
!(New-Object Net.WebClient).DownloadString('https://example.com/a.ps1') | iex
& (![scriptblock]::Create((irm https://example.com/a.ps1))) -X
iex 'Get-Item a'
Invoke-Expression $x
$y = irm https://example.com/a.json`,
	CodeInsecureDownload: `
![Net.ServicePointManager]::ServerCertificateValidationCallback = { $true }
[Net.ServicePointManager]::ServerCertificateValidationCallback = $null
iwr !http://example.com/a -OutFile a -UseBasicParsing
(New-Object Net.WebClient).DownloadFile(!'http://example.com/a', 'a')
curl.exe !-k https://example.com/a
iwr http://localhost/a -OutFile a -UseBasicParsing
irm http://169.254.169.254/metadata -OutFile a
iwr http://example.com -UseBasicParsing
---
iwr http://example.com/a -OutFile a
if ((Get-FileHash a).Hash -ne 'b') { throw 'c' }`,
	CodeWindowsUpdate: `
!Install-WindowsUpdate -AcceptAll
!Get-WindowsUpdate -Install
!wuauclt /detectnow
!New-Object -ComObject Microsoft.Update.Session
Get-WindowsUpdate
Get-HotFix`,
	CodeExecutionPolicy: `
!Set-ExecutionPolicy RemoteSigned -Force
!Set-ExecutionPolicy -ExecutionPolicy Unrestricted -Scope LocalMachine
Set-ExecutionPolicy Bypass -Force
Set-ExecutionPolicy RemoteSigned -Scope Process -Force
Set-ExecutionPolicy RemoteSigned -Force -ErrorAction SilentlyContinue
Set-ExecutionPolicy $policy`,
	CodeLinuxCommand: `
!apt-get install -y nginx
!systemctl enable nginx
wsl apt-get install -y nginx
---
if ($IsLinux) { chmod +x a }`,
}

func TestRules(t *testing.T) {
	for _, r := range Rules() {
		scripts, ok := cases[r.Code]
		if !ok {
			continue
		}
		t.Run(string(r.Code), func(t *testing.T) {
			for text := range strings.SplitSeq(scripts, "---\n") {
				text = strings.TrimLeft(text, "\n")
				var clean strings.Builder
				var starts []int
				for line := range strings.Lines(text) {
					if i := strings.IndexByte(line, '!'); i >= 0 && !strings.Contains(line, "/qb!") {
						starts = append(starts, clean.Len()+i)
						line = line[:i] + line[i+1:]
					}
					clean.WriteString(line)
				}
				s := fromFile(clean.String(), func(c *template.PowerShell) {})
				f := Parse(s)
				if f.Err != nil || len(f.Newer) > 0 {
					t.Fatalf("%+v %v", f.Err, f.Newer)
				}
				var got []int
				r.Check(f, func(x scriptrule.Finding) { got = append(got, x.From) })
				slices.Sort(got)
				var want, have []string
				for _, at := range starts {
					want = append(want, line(s.Text, at))
				}
				for _, at := range got {
					have = append(have, line(s.Text, at))
				}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// line is the text at an offset up to the end of its line, with what stands before it in the line.
func line(text string, at int) string {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	rest, _, _ := strings.Cut(text[at:], "\n")
	return text[start:at] + "!" + rest
}

func TestEncodings(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		code       diag.Code
		want       []string
	}{
		{"plain", "Get-Item 'a'", CodeEncoding, nil},
		{"UTF-8", "Get-Item 'Büro' # ß", CodeEncoding, []string{"ü"}},
		{"in comments", "# Büro\nGet-Item a <# ß #>", CodeEncoding, nil},
		{"with a mark", "\xef\xbb\xbfGet-Item 'Büro'", CodeEncoding, nil},
		{"Windows-1252", "Get-Item 'B\xfcro'", CodeEncoding, nil},
		{"UTF-16", "\xff\xfea\x00\n\x00", CodeUTF16, []string{""}},
		{"not UTF-16", "a\n", CodeUTF16, nil},
		{"binary", "MZ\x00\x01\x02", CodeUnread, []string{""}},
		{"too deep", strings.Repeat("(", 2000), CodeUnread, []string{"("}},
		// What looks like a quote may be a part of a letter, and what looks like none may be one.
		{"mistake", "Get-Item 'a", CodeSyntax, []string{"'"}},
		{"mistake that is none perhaps", "Get-Item 'a – b", CodeSyntax, nil},
		{"mistake for certain", "\xef\xbb\xbfGet-Item 'a – b", CodeSyntax, []string{"'"}},
		{"quotes of Windows-1252", "Get-Item \x93a\x94", CodeSyntax, nil},
		{"not closed", "Get-Item \x93a", CodeSyntax, []string{"\u0093"}},
		{"newer", "a && b && c", CodeNewerSyntax, []string{"&&"}},
		{"requires", "#Requires -Version 7.2\na", CodeNewerSyntax, []string{"#Requires -Version 7.2"}},
		{"edition", "#requires -PSEdition Core\na", CodeNewerSyntax, []string{"#requires -PSEdition Core"}},
		{"requires what is there", "#Requires -Version 5.1 -RunAsAdministrator\na", CodeNewerSyntax, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, found(fromFile(tt.data, nil), tt.code)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Options of the customizer that a rule looks at.
func TestOptions(t *testing.T) {
	codes := func(codes ...int64) func(*template.PowerShell) {
		return func(c *template.PowerShell) {
			c.ValidExitCodes.Written = here
			for _, code := range codes {
				c.ValidExitCodes.Value = append(c.ValidExitCodes.Value, template.Int{Written: here, Value: code})
			}
		}
	}
	elevated := func(c *template.PowerShell) { c.RunElevated = template.Bool{Written: here, Value: true} }
	for _, tt := range []struct {
		name, script string
		set          func(*template.PowerShell)
		code         diag.Code
		want         []string
	}{
		{"code that is allowed", "exit 3010", codes(0, 3010), CodeExitCode, nil},
		{"success that is not", "exit 0", codes(3010), CodeExitCode, []string{"exit 0"}},
		{"robocopy is allowed", "robocopy a b", codes(0, 1), CodeRobocopy, nil},
		{"elevated", "Start-BitsTransfer a b", elevated, CodeBits, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, found(fromFile(tt.script, tt.set), tt.code)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A command that is not known may be anything: what closes a bracket, what waits, what sets a variable.
func TestGaps(t *testing.T) {
	c := &template.PowerShell{}
	c.Inline.Written = here
	for _, text := range []string{"if ($x) {", "Start-Process setup.exe", "iwr https://example.com/a -OutFile a",
		"Restart-Computer"} {
		c.Inline.Value = append(c.Inline.Value, template.String{Written: here, Value: text})
	}
	unknown := template.String{Written: here}
	unknown.Unknown = &armjson.Missing{}
	c.Inline.Value = append(c.Inline.Value, unknown)
	tmpl := &template.ImageTemplate{}
	tmpl.Customize.Value = append(tmpl.Customize.Value, c)
	s := script.Of(tmpl, nil, nil)[0]
	for _, code := range []diag.Code{CodeSyntax, CodeNoWait, CodeProgressBar} {
		if got := found(s, code); got != nil {
			t.Errorf("%s: %q", code, got)
		}
	}
	if got := found(s, CodeRestarts); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// A finding never shows a secret.
func TestSecretStaysSecret(t *testing.T) {
	f := Parse(fromFile("ConvertTo-SecureString 'hunter2' -AsPlainText -Force\n$apiKey = \"hunter2\"\n", nil))
	n := 0
	for _, r := range Rules() {
		r.Check(f, func(x scriptrule.Finding) {
			if n++; strings.Contains(x.Summary+x.Why+x.Fix, "hunter2") {
				t.Errorf("%s shows it: %+v", r.Code, x)
			}
		})
	}
	if n != 2 {
		t.Errorf("%d findings", n)
	}
}

// The edit of a finding mends it.
func TestEdits(t *testing.T) {
	const text = "$x = Invoke-WebRequest https://example.com\n"
	f := Parse(fromFile(text, nil))
	basicParsing(f, func(x scriptrule.Finding) {
		e := x.Edits[0]
		mended := text[:e.From] + e.Text + text[e.To:]
		if got := found(fromFile(mended, nil), CodeBasicParsing); got != nil {
			t.Errorf("%s: %q", mended, got)
		}
	})
}
