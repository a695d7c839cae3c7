package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func removesAgent(f *File, report func(scriptrule.Finding)) {
	again := 0 // up to where it is enabled or installed once more
	for i, c := range f.Commands {
		if c.forAgent() {
			again = i
		}
	}
	for _, c := range f.Commands[again:] {
		if c.againstAgent() {
			report(c.finding(fmt.Sprintf("%q takes the Azure Linux Agent away", f.short(c)),
				"it is what deprovisions the image at the end, and what a VM made of it reports to Azure with", "leave it out"))
		}
	}
}

// agents are its names: those of the packages, and of the service.
var agents = []string{"walinuxagent", "WALinuxAgent", "waagent", "python-azure-agent"}

func (c *Command) againstAgent() bool {
	return c.removes(agents...) || c.onAgent("disable", "mask")
}

// forAgent reports whether the agent is enabled or installed.
func (c *Command) forAgent() bool {
	_, verb, names := c.packages()
	return c.onAgent("enable", "unmask", "reenable") || verb != nil && (verb.Text == "install" || verb.Text == "in") &&
		slices.ContainsFunc(names, func(a Arg) bool { return slices.Contains(agents, a.Text) })
}

// onAgent reports whether systemctl does one of the verbs to the service.
func (c *Command) onAgent(verbs ...string) bool {
	words := texts(c.plain())
	return c.Name == "systemctl" && len(words) > 1 && slices.Contains(verbs, words[0]) &&
		slices.ContainsFunc(words[1:], func(w string) bool { return slices.Contains(agents, strings.TrimSuffix(w, ".service")) })
}
