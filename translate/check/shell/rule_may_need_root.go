package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func mayNeedRoot(f *File, report func(scriptrule.Finding)) {
	if f.mindsRoot() {
		return
	}
	for _, c := range f.Commands {
		if c.Root || c.User != "" || f.certainly(c) {
			continue
		}
		if c.alwaysRoot() || c.mostlyRoot() {
			report(f.withoutSudo(c))
			continue
		}
		for _, target := range c.targets() {
			if dir := f.system(target, c.From); dir != "" {
				found := f.withoutSudo(c)
				found.Summary = fmt.Sprintf("%q writes into %q without sudo", c.Name, dir)
				report(found)
				break
			}
		}
	}
	for _, w := range f.Writes {
		if dir := f.system(w.File, w.From); dir != "" && !w.Root && (w.Command == nil || w.Command.Sudo == nil) {
			report(scriptrule.Finding{From: w.From, To: w.To, Summary: fmt.Sprintf("a redirection writes into %q without root", dir), Why: whyRoot,
				Fix: "pipe into sudo tee, or put all of it into sudo sh -c '…'"})
		}
	}
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
	one := func(s string, of ...string) bool { return slices.Contains(of, s) }
	switch c.Name {
	case "systemctl":
		return !c.has("H", "user", "root", "host", "global") && one(first, "enable", "disable", "start", "stop", "restart", "reload", "mask", "unmask",
			"daemon-reload", "preset", "set-default", "reload-or-restart", "try-restart", "reenable", "isolate")
	case "service":
		return one(second, "start", "stop", "restart", "reload", "force-reload")
	case "add-apt-repository", "apt-add-repository":
		return len(words) > 0
	case "apt-key":
		return one(first, "add", "adv", "del")
	case "apt-mark":
		return one(first, "hold", "unhold", "auto", "manual")
	case "rpm":
		return !c.has("qVK", "query", "verify", "checksig", "eval", "root", "dbpath", "test", "showrc", "querytags") &&
			c.has("iUFe", "install", "upgrade", "freshen", "erase", "import")
	case "snap":
		return one(first, "install", "remove", "refresh", "set", "enable", "disable", "connect")
	case "adduser", "deluser", "addgroup", "delgroup", "visudo", "dpkg-reconfigure", "update-grub", "update-initramfs", "grub2-mkconfig",
		"locale-gen", "update-locale", "update-ca-certificates", "update-ca-trust", "modprobe", "insmod", "setenforce", "setsebool",
		"subscription-manager", "iptables-restore", "depmod", "dracut", "update-rc.d", "semanage":
		return len(c.Args) > 0 || one(c.Name, "visudo", "update-grub", "locale-gen", "update-ca-certificates", "update-ca-trust")
	case "chpasswd":
		return true
	case "ufw":
		return !one(first, "", "version", "help")
	case "hostnamectl":
		return first == "set-hostname"
	case "timedatectl", "localectl":
		return strings.HasPrefix(first, "set-")
	case "iptables", "ip6tables":
		return c.has("ADIPFNXZR", "append", "insert", "delete", "policy", "flush", "new-chain")
	case "nft":
		return one(first, "add", "insert", "delete", "flush")
	case "sysctl":
		return c.has("wp", "write", "load", "system")
	case "waagent":
		return strings.Contains(strings.Join(texts(c.Args), " "), "deprovision")
	}
	return false
}
