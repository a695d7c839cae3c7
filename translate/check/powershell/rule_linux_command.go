package powershell

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func linuxCommand(f *File, report func(scriptrule.Finding)) {
	if f.says("$islinux") || f.says("set-alias") || f.says("new-alias") {
		return
	}
	for _, c := range f.Commands {
		if c.Name.Known && f.is(c, "apt-get", "yum", "dnf", "zypper", "dpkg", "systemctl", "chmod", "chown", "useradd",
			"usermod", "groupadd") {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: fmt.Sprintf("%q is a command of Linux", c.Name.Value),
				Why: "Windows has none of that name; PowerShell reports an error, goes on, and the customizer may still succeed"})
		}
	}
}
