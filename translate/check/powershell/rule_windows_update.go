package powershell

import (
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func windowsUpdate(f *File, report func(scriptrule.Finding)) {
	why := "the customizer restarts and goes on until nothing is left to install"
	if elevated, known := f.Elevated(); known && !elevated {
		why = "Windows Update refuses to install for a session over WinRM; the customizer runs as SYSTEM, and restarts " +
			"until nothing is left to install"
	}
	for _, c := range f.Commands {
		switch name := f.name(c); {
		case name == "install-windowsupdate", name == "get-wuinstall", name == "wuauclt", name == "usoclient",
			name == "get-windowsupdate" && c.has("Install"),
			name == "new-object" && strings.EqualFold(c.value("ComObject").Value, "Microsoft.Update.Session"):
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: "the script installs updates of Windows itself", Why: why,
				Fix: "use a WindowsUpdate customizer"})
		}
	}
}
