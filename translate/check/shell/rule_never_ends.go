package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func neverEnds(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if c.Behind || c.Sub || c.open() || !c.forever() {
			continue
		}
		report(c.finding(fmt.Sprintf("%q runs until somebody stops it", f.short(c)), "the build waits for it until it times out",
			"leave it out, or put timeout and a number of seconds before it"))
	}
}

func (c *Command) forever() bool {
	words := texts(c.plain("-n", "-u", "-c"))
	switch c.Name {
	case "tail":
		return c.has("fF", "follow", "retry") && !c.has("", "pid") &&
			!slices.ContainsFunc(c.Args, func(a Arg) bool { return strings.HasPrefix(a.Text, "--pid") })
	case "journalctl":
		return c.has("f", "follow") && !c.has("", "file", "flush", "force", "facility", "no-tail", "help")
	case "dmesg":
		return c.has("wW", "follow", "follow-new")
	case "ping":
		return len(words) > 0 && !c.has("cwVh", "help")
	case "watch":
		return len(words) > 0 && !c.has("hv", "help", "version", "chgexit", "errexit") && !c.has("ge")
	case "sleep":
		return slices.Contains(words, "infinity")
	case "yes":
		return c.Stmt != nil && len(c.Args) < 2 && !c.has("", "help", "version")
	}
	return false
}
