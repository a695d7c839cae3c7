package powershell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

const whyInput = "nobody is there: the command fails, or waits until the build times out"

func waitsForInput(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if what, fix := f.asks(c); what != "" {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: what, Why: whyInput, Fix: fix})
		}
	}
	for _, m := range f.Members {
		if !m.Call {
			continue
		}
		name := strings.ToLower(m.Name)
		console := m.Static && ends(m.On, "console]") && slices.Contains([]string{"readkey", "readline", "read"}, name)
		host := len(m.On) >= len("$host.ui") && strings.EqualFold(m.On[:len("$host.ui")], "$host.ui") && slices.Contains(
			[]string{"readkey", "readline", "readlineassecurestring", "promptforchoice", "promptforcredential", "prompt"}, name)
		if console || host || ends(m.On, "messagebox]") && name == "show" {
			report(scriptrule.Finding{From: m.From, To: m.To, Summary: fmt.Sprintf("%q waits for somebody to answer", m.Name),
				Why: whyInput})
		}
	}
}

// ends is strings.HasSuffix, whatever the case.
func ends(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// asks says what a command waits for, and what helps; "" if it does not for certain.
func (f *File) asks(c *Command) (what, fix string) {
	name := f.name(c)
	switch name {
	case "":
		return "", ""
	case "read-host", "pause", "out-gridview", "ogv":
		return fmt.Sprintf("%q waits for somebody to answer", c.Name.Value), "remove it, or give the value in the script"
	case "get-credential":
		if !c.Splat && !slices.ContainsFunc(c.Args, func(a Arg) bool { return !a.Known }) {
			return `"Get-Credential" waits for somebody to type a password`,
				"fetch the password from a key vault, with the identity of the build VM"
		}
		return "", ""
	case "enable-windowsoptionalfeature", "disable-windowsoptionalfeature":
		if c.lacks("NoRestart") && !c.lacks("Online") {
			return fmt.Sprintf("%q asks whether to restart when a feature wants it", c.Name.Value),
				`add "-NoRestart", and put a WindowsRestart customizer behind`
		}
		return "", ""
	case "install-module", "install-script":
		if c.lacks("Force") && f.Certain() && !f.says("set-psrepository") && !f.says("register-psrepository") {
			return fmt.Sprintf("%q asks whether to trust the gallery", c.Name.Value), `add "-Force"`
		}
		return "", ""
	case "choco", "chocolatey", "cinst", "cup":
		return f.chocoAsks(c, name)
	}
	if i := slices.IndexFunc(c.Args, func(a Arg) bool { return a.Param == "confirm" && !a.Colon }); i >= 0 &&
		strings.Contains(name, "-") {
		return fmt.Sprintf(`"-Confirm" makes %q ask before it does anything`, c.Name.Value),
			`write "-Confirm:$false", or leave it out`
	}
	switch words := f.run(c); {
	case begins(words, "pause"), begins(words, "choice"):
		return fmt.Sprintf("%q waits for somebody to press a key", words[0]), "remove it"
	case begins(words, "timeout"):
		return `"timeout" stops at once where there is no keyboard`, `write Start-Sleep instead`
	}
	return "", ""
}

func (f *File) chocoAsks(c *Command, name string) (what, fix string) {
	if strings.HasPrefix(name, "choco") && !c.mentions("install", "upgrade", "uninstall") {
		return "", ""
	}
	for _, a := range c.Args {
		if !a.Known && a.Param == "" && !strings.HasPrefix(f.at(a.Span), "$") || c.Splat {
			return "", ""
		}
		if a.Param == "y" || a.Param == "yes" || a.Param == "confirm" || a.Value == "--yes" || a.Value == "--confirm" ||
			a.Value == "-y" {
			return "", ""
		}
	}
	// A variable may hold options as well as the name of a package.
	if f.says("allowglobalconfirmation") || slices.ContainsFunc(c.Args, func(a Arg) bool { return !a.Known }) {
		return "", ""
	}
	return "Chocolatey asks before it runs the script of a package", `add "-y"`
}
