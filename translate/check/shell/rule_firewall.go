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
	open := map[string]bool{"iptables": strings.Contains(f.Text, "iptables-restore")}
	for _, c := range f.Commands {
		open[c.Name] = open[c.Name] || c.letsIn()
		how := c.closes()
		if how == "" || how == closedByDefault && open[c.Name] {
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

// letsIn reports whether the command opens port 22, or may: what it opens is not known.
func (c *Command) letsIn() bool {
	switch c.Name {
	case "ufw", "iptables", "firewall-cmd", "nft":
	default:
		return false
	}
	all := strings.Join(texts(c.Args), " ")
	has := func(part string) bool { return strings.Contains(all, part) }
	if !has("allow") && !has("limit") && !has("ACCEPT") && !has("--add-") && !has("--zone") {
		return false
	}
	everything := has("default allow") || c.Name == "iptables" && !has("port") && !has("lo")
	return everything || c.open() || has(unknown) || has(" from ") || has(" in on ") || port22.MatchString(all)
}
