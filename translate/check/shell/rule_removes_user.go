package shell

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func removesUser(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if why := c.againstUser(); why != "" {
			report(c.finding(fmt.Sprintf("%q takes the build user away", f.short(c)), why,
				"leave it out: the service removes its user as the last step"))
		}
	}
}

// againstUser tells why the build cannot go on as the user "packer"; "" if it can.
func (c *Command) againstUser() string {
	words := texts(c.plain())
	switch c.Name {
	case "userdel", "deluser":
		if len(words) == 1 && words[0] == "packer" {
			return "the commands and steps after it run as that user"
		}
	case "waagent":
		for _, a := range c.Args {
			if text := strings.TrimLeft(a.Text, "-"); text == "deprovision+user" {
				return "that removes the user of the build, under whom all that follows runs; the service does it itself, as the last step"
			}
		}
	case "rm":
		all := c.has("rR", "recursive")
		for _, w := range words {
			switch w := strings.TrimRight(w, "/*"); {
			case strings.HasPrefix(w, "~") && c.Root: // that of root, or of packer: it depends on sudo
			case oneOf(w, "~/.ssh/authorized_keys", "/home/packer/.ssh/authorized_keys"),
				all && oneOf(w, "~", "~/.ssh", "/home/packer/.ssh", "/home/packer", "/home"):
				return "the build VM is reached with the key that is in there"
			case oneOf(w, "/etc/sudoers.d", "/etc/sudoers"):
				return "sudo is allowed to that user in there"
			}
		}
	}
	return ""
}
