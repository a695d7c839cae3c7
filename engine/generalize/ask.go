package generalize

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf16"
)

// windowsFact is one thing to know of a Windows machine, and the PowerShell expression that gives it.
type windowsFact struct{ name, value string }

// registryFact gives a value in the registry.
func registryFact(name, key, value string) windowsFact {
	return windowsFact{name, fmt.Sprintf(`(Get-ItemProperty -LiteralPath '%s').%s`, key, value)}
}

// Keys that are there while a restart is pending.
const (
	keyCBS = `HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending`
	keyWU  = `HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired`
)

var windowsAsked = []windowsFact{
	registryFact("imageState", `HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State`, "ImageState"),
	registryFact("sysprepState", `HKLM:\SYSTEM\Setup\Status\SysprepStatus`, "GeneralizationState"),
	{"rebootCBS", `(Test-Path -LiteralPath '` + keyCBS + `')`},
	{"rebootWU", `(Test-Path -LiteralPath '` + keyWU + `')`},
	registryFact("renames", `HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager`, "PendingFileRenameOperations"),
	{"scriptThere", `(Test-Path -LiteralPath '` + WindowsScript + `')`},
	{"script", `(Get-FileHash -LiteralPath '` + WindowsScript + `').Hash`},
	{"sysprepThere", `(Test-Path -LiteralPath "$env:SystemRoot\System32\Sysprep\Sysprep.exe")`},
	{"sysprepRuns", `(Get-Process -Name 'Sysprep').Id`},
	{"servicing", `(Get-Process -Name 'TiWorker').Id`},
	{"bitLocker", `(Get-BitLockerVolume -MountPoint $env:SystemDrive).VolumeStatus`},
	{"rearms", `(Get-CimInstance -ClassName 'SoftwareLicensingService').RemainingWindowsReArmCount`},
	{"tag", `(Get-CimInstance -ClassName 'Win32_SystemEnclosure').SMBIOSAssetTag`},
	{"RdAgent", `(Get-Service -Name 'RdAgent').Status`},
	{"WindowsAzureGuestAgent", `(Get-Service -Name 'WindowsAzureGuestAgent').Status`},
	{"free", `(Get-PSDrive -Name 'C').Free`},
}

// windowsFacts prints what is known of a machine's state. A cmdlet or a value that is not there gives nothing: an error ends
// its line alone.
func windowsFacts() string {
	var b strings.Builder
	b.WriteString("$ErrorActionPreference = 'SilentlyContinue'\n")
	for _, f := range windowsAsked {
		fmt.Fprintf(&b, "$v = ''\n$v = %s\nWrite-Output \"%s=$v\"\n", f.value, f.name)
	}
	return b.String()
}

// The folders with Sysprep's logs, below the Windows folder: its own, and that of a setup that it is part of.
const (
	sysprepPanther = `\System32\Sysprep\Panther`
	panther        = `\Panther`
)

// lastLines is how much of each log is read. Sysprep ends soon after its first failure, but writes much while it goes well.
var lastLines = map[string]int{"setuperr.log": 100, "setupact.log": 1000}

// windowsLogs prints the ends of the logs.
func windowsLogs() string {
	var b strings.Builder
	b.WriteString("$ErrorActionPreference = 'SilentlyContinue'\n")
	for _, folder := range []string{sysprepPanther, panther} {
		for _, name := range []string{"setuperr.log", "setupact.log"} {
			fmt.Fprintf(&b, "Write-Output \"==> $env:SystemRoot%s\\%s <==\"\n", folder, name)
			fmt.Fprintf(&b, "Get-Content -LiteralPath \"$env:SystemRoot%s\\%s\" -Tail %d\n", folder, name, lastLines[name])
		}
	}
	return b.String()
}

// encoded is the command line that runs a PowerShell script. It must be shorter than cmd.exe takes, 8191 characters.
func encoded(script string) string {
	units := utf16.Encode([]rune(script))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = append(b, byte(u), byte(u>>8))
	}
	return "powershell.exe -NoProfile -NonInteractive -EncodedCommand " + base64.StdEncoding.EncodeToString(b)
}

// processes is the name, among files, of the list of them.
const processes = "processes"

// linuxQuestion is asked of any shell that the build user has: it has no quote of its own inside.
const linuxQuestion = `sh -c '
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
p=` + LinuxScript + `
s=
if [ "$(id -u)" = 0 ]; then echo sudo=root
elif sudo -n true 2>/dev/null; then s="sudo -n"; echo sudo=yes
else echo sudo=no
fi
if [ -d $p ]; then echo script=directory
elif [ -e $p ]; then echo "script=$($s sha256sum $p | cut -d " " -f 1)"
else echo script=missing
fi
echo "waagent=$(command -v waagent)"
echo "cloudInit=$(command -v cloud-init)"
if [ -e /etc/waagent.conf ]; then echo "agent=$($s sed -n "s/^Provisioning.Agent=//p" /etc/waagent.conf)"; fi
set -- $(df -Pk / | tail -n 1)
echo "free=$4"
while read -r dev dir type opts rest; do [ "$dir" = /tmp ] && echo "tmp=$opts"; done </proc/mounts
for f in /var/log/waagent.log; do
	[ -e $f ] || continue
	echo "==> $f <=="
	$s tail -n 400 $f
done
echo "==> ` + processes + ` <=="
ps -e -o pid= -o ppid= -o args= 2>/dev/null || ps -o pid,ppid,args
if [ -f $p ]; then
	echo "==> $p <=="
	$s head -c 65536 $p
fi
'`
