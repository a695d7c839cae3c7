package shell

import (
	"fmt"
	"slices"
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
		for _, w := range words {
			switch strings.TrimRight(w, "/*") {
			case "~/.ssh", "~/.ssh/authorized_keys", "/home/packer/.ssh", "/home/packer/.ssh/authorized_keys", "/home/packer", "/home":
				if w != "/home" || c.has("rR", "recursive") {
					if !c.Root || !strings.HasPrefix(w, "~") || !slices.Contains(c.Wrappers, "-i") {
						return "the build VM is reached with the key that is in there"
					}
				}
			case "/etc/sudoers.d", "/etc/sudoers":
				return "sudo is allowed to that user in there"
			}
		}
	}
	return ""
}
