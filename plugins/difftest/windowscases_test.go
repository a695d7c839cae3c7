package difftest

import (
	"time"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
)

const exit3 = "Script exited with non-zero exit status: 3. Allowed exit codes are: [0]"

// windowsCases are the configurations of TestWindows.
var windowsCases = []windowsCase{
	{name: "script", config: `provisioner "powershell" { script = "hello.ps1" }`},
	{name: "script that exits with 3", config: `provisioner "powershell" { script = "exit3.ps1" }`, fails: exit3},
	{name: "3 is valid", config: `
  provisioner "powershell" {
    script           = "exit3.ps1"
    valid_exit_codes = [0, 3]
  }`},
	{name: "0 is not valid", config: `
  provisioner "powershell" {
    script           = "hello.ps1"
    valid_exit_codes = [3]
  }`, fails: "status: 0. Allowed exit codes are: [3]"},
	{name: "script that throws", config: `provisioner "powershell" { script = "throw.ps1" }`, fails: "status: 1"},
	{name: "standard error", config: `provisioner "powershell" { script = "stderr.ps1" }`},
	{name: "program that fails last", config: `provisioner "powershell" { script = "native.ps1" }`, fails: "status: 5"},
	{name: "several scripts", config: `provisioner "powershell" { scripts = ["hello.ps1", "stderr.ps1", "crlf.ps1"] }`},
	{name: "the second of three fails", config: `
  provisioner "powershell" { scripts = ["hello.ps1", "exit3.ps1", "crlf.ps1"] }`, fails: exit3},
	{name: "Windows line ends", config: `provisioner "powershell" { script = "crlf.ps1" }`},
	{name: "byte order mark", config: `provisioner "powershell" { script = "bom.ps1" }`},
	{name: "no end of line", config: `provisioner "powershell" { script = "noeol.ps1" }`},
	{name: "bytes that are no text", config: `provisioner "powershell" { script = "bytes.ps1" }`},
	{name: "script in several pieces", config: `provisioner "powershell" { script = "large.ps1" }`},
	{name: "braces in a script", config: `provisioner "powershell" { script = "template.ps1" }`},
	{name: "environment_vars", config: `
  provisioner "powershell" {
    script           = "hello.ps1"
    environment_vars = ["NAME=it's \"$5\" ` + "`now`" + `", "B=x=y", "EMPTY="]
  }`},
	{name: "env", config: `
  provisioner "powershell" {
    script = "hello.ps1"
    env    = { NAME = "wörld", Z = "'", A = "1" }
  }`},
	{name: "env of Packer's own names", config: `
  provisioner "powershell" {
    script = "hello.ps1"
    env    = { PACKER_BUILDER_TYPE = "mine", PACKER_BUILD_NAME = "too" }
  }`},
	{name: "env_var_format", config: `
  provisioner "powershell" {
    script         = "hello.ps1"
    env            = { NAME = "you" }
    env_var_format = "$env:%s = '%s'\n"
  }`},
	{name: "remote_path", config: `
  provisioner "powershell" {
    script      = "hello.ps1"
    remote_path = "c:/Users/Public/mine.ps1"
  }`},
	{name: "remote_path is a folder", config: `
  provisioner "powershell" {
    script      = "hello.ps1"
    remote_path = "c:/Users/Public/"
  }`},
	{name: "remote_env_var_path", config: `
  provisioner "powershell" {
    script              = "hello.ps1"
    remote_env_var_path = "c:/Users/Public/vars.ps1"
  }`},
	{name: "skip_clean", config: `
  provisioner "powershell" {
    script     = "hello.ps1"
    skip_clean = true
  }`},
	{name: "execute_command", config: `
  provisioner "powershell" {
    script          = "hello.ps1"
    execute_command = "powershell -nop \". {{.Vars}}; & '{{.Path}}'; exit $LASTEXITCODE\""
  }`},
	{name: "execution_policy", config: `
  provisioner "powershell" {
    script           = "hello.ps1"
    execution_policy = "remotesigned"
  }`},
	{name: "debug_mode", config: `
  provisioner "powershell" {
    script     = "hello.ps1"
    debug_mode = 1
  }`},
	{name: "use_pwsh", config: `
  provisioner "powershell" {
    script   = "hello.ps1"
    use_pwsh = true
  }`},
	{name: "pause_after", config: `
  provisioner "powershell" {
    script      = "hello.ps1"
    pause_after = "1s"
  }`},

	{name: "elevated", config: `
  provisioner "powershell" {
    script            = "hello.ps1"
    elevated_user     = build.User
    elevated_password = build.Password
  }`},
	{name: "elevated as the system", config: `
  provisioner "powershell" {
    script            = "hello.ps1"
    elevated_user     = "SYSTEM"
    elevated_password = ""
  }`},
	{name: "elevated with a wrong password", config: `
  provisioner "powershell" {
    script            = "hello.ps1"
    elevated_user     = "packer"
    elevated_password = "wrong"
  }`, fails: "status: 1"},
	{name: "elevated, exits with 3", config: `
  provisioner "powershell" {
    script            = "exit3.ps1"
    elevated_user     = "SYSTEM"
    elevated_password = ""
  }`, fails: exit3},
	{name: "elevated, 3 is valid", config: `
  provisioner "powershell" {
    script            = "exit3.ps1"
    elevated_user     = "SYSTEM"
    elevated_password = ""
    valid_exit_codes  = [3]
  }`},
	{name: "elevated, environment", config: `
  provisioner "powershell" {
    script            = "hello.ps1"
    elevated_user     = "SYSTEM"
    elevated_password = ""
    env               = { NAME = "<&'\">" }
  }`},
	{name: "elevated_execute_command", config: `
  provisioner "powershell" {
    script                   = "hello.ps1"
    elevated_user            = "SYSTEM"
    elevated_password        = ""
    elevated_execute_command = "powershell -file {{.Path}}"
  }`},

	{name: "inline", config: `provisioner "powershell" { inline = ["Write-Output 'one'", "Write-Output \"two $env:COMPUTERNAME\""] }`},
	{name: "inline, exits with 3", config: `
  provisioner "powershell" { inline = ["exit 3", "Write-Output 'not reached'"] }`, fails: exit3},
	{name: "inline, throws", config: `provisioner "powershell" { inline = ["throw 'no'"] }`, fails: "status: 1"},
	{name: "inline, a program fails last", config: `provisioner "powershell" { inline = ["cmd /c exit 5"] }`, fails: "status: 5"},
	{name: "inline, environment", config: `
  provisioner "powershell" {
    inline           = ["Write-Output $env:NAME"]
    environment_vars = ["NAME=it's \"$5\""]
  }`},
	{name: "inline, elevated", config: `
  provisioner "powershell" {
    inline            = ["whoami"]
    elevated_user     = "SYSTEM"
    elevated_password = ""
  }`},
	{name: "inline, valid_exit_codes", config: `
  provisioner "powershell" {
    inline           = ["exit 3010"]
    valid_exit_codes = [0, 3010]
  }`},
	{name: "inline, debug_mode", config: `
  provisioner "powershell" {
    inline     = ["Write-Output 'x'"]
    debug_mode = 2
  }`},
	{name: "inline, use_pwsh", config: `
  provisioner "powershell" {
    inline   = ["Write-Output 'x'"]
    use_pwsh = true
  }`},
	{name: "inline, execute_command", config: `
  provisioner "powershell" {
    inline          = ["Write-Output 'x'"]
    execute_command = "powershell -nop -file {{.Path}}"
  }`},
	{name: "inline, skip_clean and paths", config: `
  provisioner "powershell" {
    inline              = ["Write-Output 'x'"]
    remote_path         = "c:/Users/Public/mine.ps1"
    remote_env_var_path = "c:/Users/Public/vars.ps1"
    skip_clean          = true
  }`},

	{name: "batch file", config: `provisioner "windows-shell" { script = "batch.cmd" }`},
	{name: "batch, inline", config: `
  provisioner "windows-shell" {
    inline           = ["echo %NAME%", "hostname"]
    environment_vars = ["NAME=a b"]
  }`},
	{name: "batch file that exits with 3", config: `
  provisioner "windows-shell" { inline = ["echo one", "exit /b 3"] }`, fails: "status: 3"},
	{name: "batch file, paths of its own", config: `
  provisioner "windows-shell" {
    script           = "batch.cmd"
    remote_path      = "c:/Users/Public/mine.cmd"
    execute_command  = "{{.Vars}}cmd /c \"{{.Path}}\""
    valid_exit_codes = [0, 1]
  }`},

	{name: "file", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "C:\\Users\\Public\\data.bin"
  }`},
	{name: "file into a new folder, with blanks", config: `
  provisioner "file" {
    source      = "a name.txt"
    destination = "c:/new folder/a name.txt"
  }`},
	{name: "file in place of another", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "c:/Users/Public/x"
  }
  provisioner "file" {
    source      = "a name.txt"
    destination = "C:/USERS/public/X"
  }`},
	{name: "file in place of a folder", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "c:/Users/Public"
  }`, fails: "restore operation returned code=1"},
	{name: "file into a folder", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "c:/Users/Public/"
  }`},
	{name: "empty file", config: `
  provisioner "file" {
    source      = "empty.txt"
    destination = "c:/Users/Public/empty.txt"
  }`},
	{name: "large file", config: `
  provisioner "file" {
    source      = "large.bin"
    destination = "c:/Users/Public/large.bin"
  }`},
	{name: "files", config: `
  provisioner "file" {
    sources     = ["data.bin", "a name.txt"]
    destination = "c:/Users/Public/"
  }`},
	{name: "folder", config: `
  provisioner "file" {
    source      = "dir"
    destination = "c:/Users/Public"
  }`},
	{name: "what is in a folder", config: `
  provisioner "file" {
    source      = "dir/"
    destination = "c:/Users/Public"
  }`},
	{name: "content", config: `
  provisioner "file" {
    content     = "text of the template"
    destination = "c:/Users/Public/content.txt"
  }`},
	{name: "download", config: `
  provisioner "file" {
    source      = "data.bin"
    destination = "c:/Users/Public/data.bin"
  }
  provisioner "file" {
    direction   = "download"
    source      = "c:/Users/Public/data.bin"
    destination = "back.bin"
  }`},

	{name: "restart", config: `provisioner "windows-restart" {}`},
	{name: "restart that takes leave slowly", config: `provisioner "windows-restart" {}`,
		machine: func(m *winguest.Machine) { m.Late = 1 }},
	{name: "restart with commands of its own", config: `
  provisioner "windows-restart" {
    restart_command       = "shutdown /r /f /t 0 /c \"mine\""
    restart_check_command = "echo are you there"
    restart_timeout       = "5m"
  }`},
	{name: "restart, then more", config: `
  provisioner "windows-restart" {}
  provisioner "powershell" { script = "hello.ps1" }`},
	{name: "restart until the registry says so", config: `
  provisioner "windows-restart" { check_registry = true }`, machine: func(m *winguest.Machine) {
		m.SetKey(`HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending`, 1)
	}},
	{name: "restart, registry keys of its own", config: `
  provisioner "windows-restart" {
    check_registry = true
    registry_keys  = ["HKLM:SOFTWARE\\Mine"]
  }`},
	{name: "restart that is refused", config: `
  provisioner "windows-restart" { restart_command = "exit 5" }`, fails: "Restart script exited with non-zero exit status: 5"},
	{name: "restart that is scheduled already", config: `
  provisioner "windows-restart" { restart_command = "exit 1190" }`},
	{name: "restart that is under way already", config: `
  provisioner "windows-restart" { restart_command = "exit 1115" }`},
	{name: "restart that takes too long", config: `
  provisioner "windows-restart" { restart_timeout = "2s" }`, fails: "Timeout waiting for machine to restart",
		pause: time.Hour},
}
