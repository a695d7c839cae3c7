package shell

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func firewall(f *File, report func(scriptrule.Finding)) {
	if !f.Whole() {
		return // what is not known may open the port
	}
	for i, c := range f.Commands {
		how := c.closes()
		if how == "" || how == closedByDefault && f.letsIn(f.Commands[:i], c) {
			continue
		}
		report(c.finding(fmt.Sprintf("%q closes the port of SSH", f.short(c)),
			"the build VM is reached at port 22, and scripts must leave that open"+how, "allow port 22 before"))
	}
}

// closedByDefault is what closes every port that is not opened before.
const closedByDefault = ", which nothing before this does"

var (
	port22   = regexp.MustCompile(`(^|[^0-9.])(22|ssh|OpenSSH)([^0-9.]|$)`)
	nftClose = regexp.MustCompile(`dport (22|ssh) (drop|reject)`)
)

// closes tells what a command closes: closedByDefault, " " for port 22, or "" for nothing that matters.
func (c *Command) closes() string {
	all := strings.Join(texts(c.Args), " ")
	words := texts(c.plain())
	first := ""
	if len(words) > 0 {
		first = words[0]
	}
	if strings.Contains(all, unknown) {
		return ""
	}
	switch c.Name {
	case "ufw":
		switch {
		case c.has("", "dry-run"):
		case first == "enable":
			return closedByDefault
		case len(words) == 2 && (first == "deny" || first == "reject") && ssh22(words[1]),
			len(words) == 3 && first == "delete" && words[1] == "allow" && ssh22(words[2]):
			return " "
		}
	case "iptables", "ip6tables":
		drop := c.follows("-j", "DROP") || c.follows("-j", "REJECT")
		switch {
		case c.Name == "ip6tables":
		case c.follows("-P", "INPUT") && (strings.HasSuffix(all, "DROP") || strings.HasSuffix(all, "REJECT")):
			return closedByDefault
		case c.follows("-A", "INPUT") && drop && (c.follows("--dport", "22") || c.follows("--dport", "ssh")) &&
			!c.has("sidm", "source", "in-interface", "destination") && !strings.Contains(all, "!"):
			return closedByDefault
		case c.follows("-I", "INPUT") && drop && (c.follows("--dport", "22") || c.follows("--dport", "ssh")) &&
			!c.has("sidm", "source", "in-interface", "destination") && !strings.Contains(all, "!"):
			return " "
		}
	case "firewall-cmd":
		for _, a := range c.Args {
			switch a.Text {
			case "--remove-service=ssh", "--remove-port=22/tcp", "--panic-on":
				return " "
			case "--set-default-zone=drop", "--set-default-zone=block":
				return closedByDefault
			}
		}
	case "nft":
		if nftClose.MatchString(all) && (first == "add" || first == "insert") {
			return " "
		}
	}
	return ""
}

func ssh22(word string) bool {
	return slices.Contains([]string{"22", "22/tcp", "ssh", "ssh/tcp", "OpenSSH"}, word)
}

// follows reports whether a word comes right after another.
func (c *Command) follows(first, second string) bool {
	for i := range len(c.Args) - 1 {
		if c.Args[i].Text == first && c.Args[i+1].Text == second {
			return true
		}
	}
	return false
}

// letsIn reports whether a command before opens port 22 in the same firewall, or may: what it opens is not known.
func (f *File) letsIn(before []*Command, closing *Command) bool {
	if strings.HasPrefix(closing.Name, "iptables") && strings.Contains(f.Text, "iptables-restore") {
		return true
	}
	return slices.ContainsFunc(before, func(c *Command) bool {
		if c.Name != closing.Name {
			return false
		}
		all := strings.Join(texts(c.Args), " ")
		opens := strings.Contains(all, "allow") || strings.Contains(all, "limit") || strings.Contains(all, "ACCEPT") ||
			strings.Contains(all, "--add-") || strings.Contains(all, "--zone")
		wide := strings.Contains(all, "default allow") || !strings.Contains(all, "port") && c.Name == "iptables" && !strings.Contains(all, "lo")
		return opens && (wide || c.open() || strings.Contains(all, unknown) || port22.MatchString(all) || strings.Contains(all, " from ") ||
			strings.Contains(all, " in on "))
	}) || slices.ContainsFunc(f.Commands, func(c *Command) bool { return c.Name == "" })
}
