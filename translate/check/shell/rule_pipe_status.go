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
	if !f.stops || strings.Contains(f.Text, "pipefail") || strings.Contains(f.Text, "PIPESTATUS") {
		return
	}
	for _, p := range f.Pipes {
		last := p.Parts[len(p.Parts)-1]
		if p.Asked || p.reads() || last == nil || !slices.Contains(filters, last.Name) {
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

// reads reports whether the output of a pipeline is taken by the script, which can then see that there is none.
func (p Pipe) reads() bool { return p.Sub && !p.Behind }

// matters reports whether the command changes the machine, so that it counts whether it fails.
func (c *Command) matters() bool {
	if m, verb, _ := c.packages(); m != nil {
		return verb != nil && (slices.Contains(m.asks, verb.Text) || slices.Contains(m.changes, verb.Text))
	}
	first := ""
	if words := c.plain(); len(words) > 0 {
		first = words[0].Text
	}
	switch c.Name {
	case "make", "ansible-playbook", "puppet", "chef-client", "unzip", "useradd", "mvn", "gradle":
		return len(c.Args) > 0 && !c.has("h", "help", "version")
	case "dpkg":
		return c.has("irP", "install", "configure", "remove", "purge")
	case "rpm":
		return c.has("iUFe", "install", "upgrade", "freshen", "erase", "import") && !c.has("qV")
	case "pip", "pip3", "npm", "yarn", "gem", "cargo", "snap", "helm":
		return slices.Contains([]string{"install", "ci", "uninstall", "remove", "build", "upgrade"}, first)
	case "docker", "podman":
		return slices.Contains([]string{"pull", "build", "run", "load"}, first)
	case "systemctl":
		return slices.Contains([]string{"enable", "disable", "start", "stop", "restart", "daemon-reload"}, first)
	case "bash", "sh":
		return len(c.scripts()) > 0 && c.shellText() == nil
	}
	return strings.HasPrefix(c.Word.Text, "./")
}
