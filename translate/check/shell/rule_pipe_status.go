package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// filters succeed whatever comes in.
var filters = []string{"tee", "cat", "logger", "ts", "sed", "awk", "tail", "head", "sort", "tr", "cut", "uniq", "wc", "indent"}

func pipeStatus(f *File, report func(scriptrule.Finding)) {
	if !f.stops() || strings.Contains(f.Text, "pipefail") || strings.Contains(f.Text, "PIPESTATUS") {
		return
	}
	for _, p := range f.Pipes {
		last := p.Parts[len(p.Parts)-1]
		if p.Asked || last == nil || !slices.Contains(filters, last.Name) {
			continue
		}
		for _, c := range p.Parts[:len(p.Parts)-1] {
			if c == nil || !c.matters() {
				continue
			}
			report(c.finding(fmt.Sprintf("the build goes on when %q fails", f.naming(c)),
				fmt.Sprintf("the status of a pipeline is that of its last command, %q", last.Name), f.pipeFix()))
			break
		}
	}
}

func (f *File) pipeFix() string {
	if f.Bash() {
		return "put set -o pipefail before it"
	}
	return "write into a file and show that, or run the script with bash and set -o pipefail"
}

// matters reports whether the command changes the machine, so that it counts whether it fails.
func (c *Command) matters() bool {
	if m, verb, _ := c.packages(); m != nil {
		return verb != nil && (slices.Contains(m.asks, verb.Text) || slices.Contains(m.changes, verb.Text))
	}
	switch c.Name {
	case "make", "cmake", "dpkg", "rpm", "snap", "pip", "pip3", "npm", "yarn", "gem", "cargo", "ansible-playbook", "puppet", "chef-client",
		"terraform", "msbuild", "mvn", "gradle", "docker", "helm", "kubectl", "unzip", "useradd", "systemctl":
		return len(c.Args) > 0 && !slices.ContainsFunc(c.Args[:1], func(a Arg) bool {
			return slices.Contains([]string{"--version", "version", "list", "ps", "images", "show", "status", "config", "get", "info", "-l", "-q", "-qa",
				"is-active", "is-enabled", "list-units", "list-unit-files", "-s", "freeze"}, a.Text) || strings.HasPrefix(a.Text, "-q") || strings.HasPrefix(a.Text, "list-")
		})
	case "bash", "sh":
		return len(c.scripts()) > 0 && c.shellText() == nil
	}
	return strings.HasPrefix(c.Word.Text, "./")
}
