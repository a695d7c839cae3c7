package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

const deprovisionScript = "/tmp/DeprovisioningScript.sh"

func deprovision(f *File, report func(scriptrule.Finding)) {
	written := slices.ContainsFunc(f.Writes, func(w Write) bool { return w.File.Text == deprovisionScript }) ||
		slices.ContainsFunc(f.Commands, func(c *Command) bool {
			return c.Name != "rm" && slices.ContainsFunc(c.targets(), func(a Arg) bool { return a.Text == deprovisionScript })
		})
	if written { // a script of its own in that place is welcome
		return
	}
	for _, c := range f.Commands {
		if target := c.removesScript(); target != "" {
			report(c.finding(fmt.Sprintf("%q removes what generalizes the image", f.short(c)),
				"the service puts "+deprovisionScript+" there, and runs it as the last step: without it an image may not boot",
				"name what is to be removed, one by one"))
		}
	}
}

// removesScript tells with which of its words the command removes the script; "" if it does not.
func (c *Command) removesScript() string {
	switch c.Name {
	case "rm", "shred", "unlink":
		for _, a := range c.plain() {
			switch strings.TrimRight(a.Text, "/") {
			case deprovisionScript, "/tmp/*", "/tmp/*.sh", "/tmp/{*,.*}", "/tmp/Deprov*":
				return a.Text
			case "/tmp":
				if c.has("rR", "recursive") {
					return a.Text
				}
			}
		}
	case "find":
		words := texts(c.Args)
		if !slices.Contains(words, "-delete") || len(words) == 0 || strings.TrimRight(words[0], "/") != "/tmp" {
			return ""
		}
		for _, w := range words[1:] {
			if strings.HasPrefix(w, "-") && !oneOf(w, "-mindepth", "-maxdepth", "-type", "-delete", "-depth", "-xdev") {
				return "" // it removes some of the files
			}
		}
		if c.follows("-type", "d") {
			return ""
		}
		return words[0]
	}
	return ""
}
