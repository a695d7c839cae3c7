package powershell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

const (
	whyRestart = "the connection breaks off in the middle of the script, or right after it: the build fails, or the " +
		"next customizer does"
	fixRestart = "end the script without it, and put a WindowsRestart customizer behind"
)

func restarts(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if what := f.restart(c); what != "" {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: what, Why: whyRestart, Fix: fixRestart})
		}
	}
	for _, m := range f.Members {
		if m.Call && slices.Contains([]string{"reboot", "win32shutdown"}, strings.ToLower(m.Name)) &&
			strings.Contains(strings.ToLower(m.On[max(0, len(m.On)-200):]), "win32_operatingsystem") {
			report(scriptrule.Finding{From: m.From, To: m.To, Summary: fmt.Sprintf("%q restarts the build VM", m.Name),
				Why: whyRestart,
				Fix: fixRestart})
		}
	}
}

// restart says how a command restarts or stops the VM; "" if it does not for certain.
func (f *File) restart(c *Command) string {
	switch f.name(c) {
	case "restart-computer", "stop-computer":
		if elsewhere(c) || !c.lacks("WhatIf") {
			return ""
		}
		return fmt.Sprintf("%q restarts or stops the build VM", c.Name.Value)
	case "install-windowsfeature", "add-windowsfeature", "uninstall-windowsfeature", "remove-windowsfeature",
		"rename-computer", "add-computer":
		if c.has("Restart") {
			return fmt.Sprintf(`%q restarts the build VM when "-Restart" is given`, c.Name.Value)
		}
		return ""
	}
	words := f.run(c)
	switch {
	case begins(words, "shutdown") && option(words, "r", "s", "g", "sg", "p") && !option(words, "a", "l", "?"):
		return `"shutdown" restarts or stops the build VM`
	case begins(words, "wmic", "os") && (slices.Contains(words, "reboot") || slices.Contains(words, "shutdown")):
		return `"wmic os" restarts or stops the build VM`
	case begins(words, "msiexec") && option(words, "forcerestart"):
		return `"msiexec" restarts the build VM when "/forcerestart" is given`
	case begins(words, "wusa") && option(words, "quiet") && !slices.Contains(words, "?") &&
		!option(words, "norestart", "promptrestart"):
		return `"wusa /quiet" restarts the build VM when an update wants it, without "/norestart"`
	}
	return ""
}

// elsewhere reports whether Restart-Computer or the like may be about other machines.
func elsewhere(c *Command) bool {
	if !c.lacks("ComputerName") || !c.lacks("cn") || c.Piped {
		return true
	}
	for i, a := range c.Args { // a name may stand first, or behind a switch
		if a.Param == "" && (i == 0 || c.Args[i-1].names("Force") || c.Args[i-1].names("Wait") ||
			c.Args[i-1].names("AsJob")) {
			return true
		}
	}
	return false
}
