package shell

import (
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func removesAgent(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if c.againstAgent() {
			report(c.finding(fmt.Sprintf("%q takes the Azure Linux Agent away", f.short(c)),
				"it is what deprovisions the image at the end, and what a VM made of it reports to Azure with", "leave it out"))
		}
	}
}

func (c *Command) againstAgent() bool {
	if c.removes("walinuxagent", "WALinuxAgent", "waagent", "python-azure-agent") {
		return true
	}
	words := texts(c.plain())
	return c.Name == "systemctl" && len(words) > 1 && (words[0] == "disable" || words[0] == "mask") &&
		slices.ContainsFunc(words[1:], func(w string) bool {
			return slices.Contains([]string{"walinuxagent", "waagent", "walinuxagent.service", "waagent.service"}, w)
		})
}
