package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func mayNeedRoot(f *File, report func(scriptrule.Finding)) {
	if f.mindsRoot {
		return
	}
	var all []scriptrule.Finding
	for _, c := range f.Commands {
		if c.Root || c.User != "" || f.certainly(c) {
			continue
		}
		if c.alwaysRoot() || c.mostlyRoot() {
			all = append(all, f.withoutSudo(c))
			continue
		}
		for _, target := range c.targets() {
			if dir := f.system(target, c.From); dir != "" {
				found := f.withoutSudo(c)
				found.Summary = fmt.Sprintf("%q writes into %q without sudo", c.Name, dir)
				all = append(all, found)
				break
			}
		}
	}
	for _, w := range f.Writes {
		if dir := f.system(w.File, w.From); dir != "" && !w.Root && (w.Command == nil || w.Command.Sudo == nil) {
			all = append(all, scriptrule.Finding{From: w.From, To: w.To, Why: whyRoot,
				Summary: fmt.Sprintf("a redirection writes into %q without root", dir), Fix: "pipe into sudo tee, or put all of it into sudo sh -c '…'"})
		}
	}
	slices.SortStableFunc(all, func(a, b scriptrule.Finding) int { return a.From - b.From })
	if !f.Inline && len(all) > 1 && !f.usesSudo() { // a script that somebody else is to run as root
		all[0].Why = fmt.Sprintf("%s; %d more places in this script need root too", whyRoot, len(all)-1)
		all[0].Fix = "put sudo before each, or bring the script with a File customizer and run it with an inline sudo sh"
		all = all[:1]
	}
	for _, found := range all {
		report(found)
	}
}

func (f *File) usesSudo() bool {
	return slices.ContainsFunc(f.Commands, func(c *Command) bool { return c.Sudo != nil })
}

// mostlyRoot reports whether the command needs root unless the machine is set up in an unusual way.
func (c *Command) mostlyRoot() bool {
	if c.has("", "help", "version") || c.open() || len(c.Wrappers) > 0 && c.wrapped("command") {
		return false
	}
	words := texts(c.plain())
	first, second := "", ""
	if len(words) > 0 {
		first = words[0]
	}
	if len(words) > 1 {
		second = words[1]
	}
	switch c.Name {
	case "systemctl":
		return !c.has("H", "user", "root", "host", "global") && oneOf(first, "enable", "disable", "start", "stop", "restart", "reload",
			"mask", "unmask", "daemon-reload", "preset", "set-default", "reload-or-restart", "try-restart", "reenable", "isolate")
	case "service":
		return oneOf(second, "start", "stop", "restart", "reload", "force-reload")
	case "add-apt-repository", "apt-add-repository":
		return len(words) > 0
	case "apt-key":
		return oneOf(first, "add", "adv", "del")
	case "apt-mark":
		return oneOf(first, "hold", "unhold", "auto", "manual")
	case "rpm":
		return !c.has("qVK", "query", "verify", "checksig", "eval", "root", "dbpath", "test", "showrc", "querytags") &&
			c.has("iUFe", "install", "upgrade", "freshen", "erase", "import")
	case "snap":
		return oneOf(first, "install", "remove", "refresh", "set", "enable", "disable", "connect")
	case "adduser", "deluser", "addgroup", "delgroup", "visudo", "dpkg-reconfigure", "update-grub", "update-initramfs",
		"grub2-mkconfig", "locale-gen", "update-locale", "update-ca-certificates", "update-ca-trust", "modprobe", "insmod", "setenforce", "setsebool",
		"subscription-manager", "iptables-restore", "depmod", "dracut", "update-rc.d", "semanage":
		return len(c.Args) > 0 || oneOf(c.Name, "visudo", "update-grub", "locale-gen", "update-ca-certificates", "update-ca-trust")
	case "chpasswd":
		return true
	case "ufw":
		return !oneOf(first, "", "version", "help")
	case "hostnamectl":
		return first == "set-hostname"
	case "timedatectl", "localectl":
		return strings.HasPrefix(first, "set-")
	case "iptables", "ip6tables":
		return c.has("ADIPFNXZR", "append", "insert", "delete", "policy", "flush", "new-chain")
	case "nft":
		return oneOf(first, "add", "insert", "delete", "flush")
	case "sysctl":
		return c.has("wp", "write", "load", "system")
	case "waagent":
		return strings.Contains(strings.Join(texts(c.Args), " "), "deprovision")
	}
	return false
}
