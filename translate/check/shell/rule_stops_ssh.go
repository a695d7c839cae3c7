package shell

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func stopsSSH(f *File, report func(scriptrule.Finding)) {
	again := 0 // up to where it is started or installed once more
	for i, c := range f.Commands {
		if c.forSSH() {
			again = i
		}
	}
	for _, c := range f.Commands[again:] {
		how := c.againstSSH()
		if how == "" {
			continue
		}
		report(c.finding(fmt.Sprintf("%q %s the SSH server", f.short(c), how),
			"the build VM is reached by SSH, and so are the VMs made of the image",
			"leave it out; the service asks for ports 22 and 5986 to be left open"))
	}
}

// units are the names of the SSH server. Where a socket starts it, to disable that may be to have the service run all the time.
var units = []string{"ssh", "sshd", "ssh.service", "sshd.service"}

func aboutSSH(words []Arg) bool {
	return slices.ContainsFunc(words, func(a Arg) bool { return slices.Contains(units, a.Text) })
}

// againstSSH tells what becomes of the SSH server: "stops", "removes", or "" for nothing.
func (c *Command) againstSSH() string {
	words := c.plain("-s", "--signal")
	switch c.Name {
	case "systemctl":
		if len(words) > 1 && !c.has("", "user") && aboutSSH(words[1:]) {
			return map[string]string{"stop": "stops", "disable": "disables", "mask": "disables", "kill": "stops"}[words[0].Text]
		}
	case "service":
		if len(words) > 1 && aboutSSH(words[:1]) && words[1].Text == "stop" {
			return "stops"
		}
	case "ssh", "sshd":
		if path.Dir(c.Word.Text) == "/etc/init.d" && len(words) > 0 && words[0].Text == "stop" {
			return "stops"
		}
	case "chkconfig":
		if len(words) > 1 && aboutSSH(words[:1]) && words[1].Text == "off" {
			return "disables"
		}
	case "update-rc.d":
		if len(words) > 1 && aboutSSH(words[:1]) && (words[1].Text == "disable" || words[1].Text == "remove") {
			return "disables"
		}
	case "pkill", "killall":
		if aboutSSH(words) && !c.has("HUP", "help") && !slices.Contains(texts(c.Args), "-1") {
			return "stops"
		}
	case "rm":
		if c.has("rR", "recursive") && slices.ContainsFunc(words, func(a Arg) bool {
			return slices.Contains([]string{"/etc/ssh", "/usr/sbin/sshd"}, strings.TrimRight(a.Text, "/*"))
		}) {
			return "removes"
		}
	}
	if c.removes("openssh-server", "openssh") {
		return "removes"
	}
	return ""
}

// forSSH reports whether the command starts the SSH server, or installs it.
func (c *Command) forSSH() bool {
	words := c.plain()
	switch c.Name {
	case "systemctl":
		return len(words) > 1 && aboutSSH(words[1:]) &&
			slices.Contains([]string{"start", "restart", "enable", "reenable", "unmask", "reload-or-restart"}, words[0].Text)
	case "service":
		return len(words) > 1 && aboutSSH(words[:1]) && (words[1].Text == "start" || words[1].Text == "restart")
	}
	_, verb, names := c.packages()
	return verb != nil && (verb.Text == "install" || verb.Text == "in") && (c.open() ||
		slices.ContainsFunc(names, func(a Arg) bool { return strings.HasPrefix(a.Text, "openssh") }))
}
