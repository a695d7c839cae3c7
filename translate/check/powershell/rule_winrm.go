package powershell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func stopsWinRM(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if what := f.stopsService(c, "winrm"); what != "" {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: what,
				Why: "customizers reach the build VM through WinRM: this one breaks off, and the ones behind it cannot start",
				Fix: "leave WinRM as it is; generalizing does not carry its set-up into the image"})
		}
	}
	for _, c := range f.Commands {
		words := f.run(c)
		text := strings.Join(words, " ")
		if begins(words, "winrm", "delete") && strings.Contains(text, "listener") ||
			begins(words, "remove-wsmaninstance") && strings.Contains(text, "listener") ||
			slices.Contains([]string{"remove-item", "ri", "rm", "del"}, f.name(c)) && strings.Contains(text, `wsman:\`) &&
				strings.Contains(text, `\listener`) {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: "listeners of WinRM are removed",
				Why: "customizers reach the build VM through one of them, over HTTPS on port 5986",
				Fix: "leave them as they are"})
		}
	}
}

// stopsService says how a command stops, restarts or disables a service; "" if it does not for certain.
func (f *File) stopsService(c *Command, service string) string {
	named := func(c *Command) bool { return c.mentions(service) }
	piped := c.Input != nil && f.is(c.Input, "get-service", "gsv") && named(c.Input)
	switch f.name(c) {
	case "stop-service", "spsv", "restart-service", "suspend-service", "remove-service":
		if (named(c) || piped) && c.lacks("WhatIf") {
			return fmt.Sprintf("%q takes away the service %q", c.Name.Value, service)
		}
		return ""
	case "set-service":
		if (named(c) || piped) && (c.mentions("Disabled") || strings.EqualFold(c.value("Status").Value, "Stopped")) {
			return fmt.Sprintf("%q takes away the service %q", c.Name.Value, service)
		}
		return ""
	}
	words := f.run(c)
	switch {
	case begins(words, "net", "stop", service), begins(words, "sc", "stop", service),
		begins(words, "sc", "delete", service),
		begins(words, "sc", "config", service) && strings.Contains(strings.Join(words, " "), "disabled"):
		return fmt.Sprintf("%q takes away the service %q", strings.Join(words[:2], " "), service)
	}
	return ""
}

func firewallsWinRM(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		what := ""
		words := f.run(c)
		text := strings.Join(words, " ")
		switch f.name(c) {
		case "remove-netfirewallrule", "disable-netfirewallrule":
			if slices.ContainsFunc(words, remoteManagement) || c.Input != nil && f.is(c.Input, "get-netfirewallrule") &&
				slices.ContainsFunc(f.run(c.Input), remoteManagement) {
				what = fmt.Sprintf("%q closes the firewall for WinRM", c.Name.Value)
			}
		case "new-netfirewallrule":
			if strings.EqualFold(c.value("Action").Value, "Block") && c.mentions("5986") &&
				!strings.EqualFold(c.value("Direction").Value, "Outbound") {
				what = "port 5986 is blocked, on which WinRM listens"
			}
		case "set-netfirewallprofile":
			if strings.EqualFold(c.value("AllowInboundRules").Value, "False") {
				what = "no rule lets anything in any more, so WinRM is closed"
			}
		}
		if begins(words, "netsh", "advfirewall") {
			switch {
			case strings.Contains(text, "blockinboundalways"):
				what = "no rule lets anything in any more, so WinRM is closed"
			case begins(words, "netsh", "advfirewall", "firewall", "delete") &&
				strings.Contains(text, "windows remote management"):
				what = `"netsh" closes the firewall for WinRM`
			case begins(words, "netsh", "advfirewall", "firewall", "add") && strings.Contains(text, "action=block") &&
				strings.Contains(text, "dir=in") && strings.Contains(text, "5986"):
				what = "port 5986 is blocked, on which WinRM listens"
			}
		}
		if what != "" {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: what,
				Why: "customizers reach the build VM over port 5986: the ones behind this cannot start",
				Fix: "leave the port open during the build; close it when the image is used, as by a network security group"})
		}
	}
}

// remoteManagement reports whether a word names the rules of the firewall for WinRM. Wildcards may stand around it.
func remoteManagement(word string) bool {
	word = strings.Trim(word, "*")
	return strings.HasPrefix(word, "winrm") || strings.HasPrefix(word, "windows remote management")
}
