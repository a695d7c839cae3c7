package shell

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// passed are the variables that installers read. Proxies are left to what sudo is set up for.
var passed = []string{"DEBIAN_FRONTEND", "ACCEPT_EULA", "NEEDRESTART_MODE", "NEEDRESTART_SUSPEND", "APT_LISTCHANGES_FRONTEND",
	"UCF_FORCE_CONFFOLD"}

func sudoEnvironment(f *File, report func(scriptrule.Finding)) {
	if strings.Contains(f.Text, "env_keep") || strings.Contains(f.Text, "env_reset") {
		return
	}
	exported := map[string]bool{}
	for _, c := range f.Commands {
		if c.Name == "export" && !c.Branch && c.Inner == 0 && !c.Sub {
			for _, a := range c.Args {
				if name, _, ok := strings.Cut(a.Text, "="); ok {
					exported[name] = true
				}
			}
		}
		if c.Sudo == nil || c.Inner > 0 || c.wrapped("-E") {
			continue
		}
		for _, name := range passed {
			before := c.Call != nil && slices.ContainsFunc(c.Call.Assigns, isNamed(name))
			given := slices.ContainsFunc(c.Env, func(set string) bool { return strings.HasPrefix(set, name+"=") })
			if !before && (!exported[name] || given) || managers[c.Name] == nil && c.Name != "dpkg" && c.Name != "dpkg-reconfigure" {
				continue
			}
			report(scriptrule.Finding{From: c.Sudo.From, To: c.Sudo.To, Summary: fmt.Sprintf("%q is not set for this command", name),
				Why: "sudo gives a command a new environment, without the variables of the script",
				Fix: fmt.Sprintf("write sudo %s=… before the command, or sudo -E", name)})
			break
		}
	}
}

func isNamed(name string) func(*syntax.Assign) bool {
	return func(a *syntax.Assign) bool { return a.Name != nil && a.Name.Value == name }
}
