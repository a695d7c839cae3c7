package powershell

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func installerAsks(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		words := f.run(c)
		if !begins(words, "msiexec") || c.Splat || !option(words, "i", "package", "x", "uninstall", "p", "update") {
			continue
		}
		quiet := option(words, "passive")
		unknown := false
		for i, w := range words[1:] {
			quiet = quiet || strings.HasPrefix(w, "/q") || strings.HasPrefix(w, "-q")
			// What follows /i is the package, and what follows /l the log.
			before := words[i]
			named := len(before) > 1 && strings.IndexByte("/-", before[0]) >= 0 &&
				(slices.Contains([]string{"i", "package", "x", "uninstall", "p", "update"}, before[1:]) || before[1] == 'l')
			unknown = unknown || w == "?" && !named
		}
		if !quiet && !unknown {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: `"msiexec" opens windows and waits for answers`,
				Why: whyInput,
				Fix: `add "/quiet" or "/qn", and "/norestart"`})
		}
	}
}

func noWait(f *File, report func(scriptrule.Finding)) {
	if !f.Certain() {
		return
	}
	last := f.lastWait()
	for _, c := range f.Commands {
		const why = "what comes next may find it half installed, and when the script is done, what still runs is ended"
		switch {
		case f.is(c, "start-process", "saps", "start"):
			if c.lacks("Wait") && c.lacks("PassThru") && !c.Taken && f.installs(c) && c.From > last {
				report(scriptrule.Finding{From: c.From, To: c.To, Summary: "the script goes on while the installer runs", Why: why,
					Fix: `add "-Wait"`})
			}
		case f.is(c, "msiexec") && !c.Taken && c.From > last && c.Input == nil && len(c.Args) > 0:
			report(scriptrule.Finding{From: c.From, To: c.To,
				Summary: `PowerShell does not wait for "msiexec", which is a program with windows`,
				Why:     why, Fix: "write Start-Process msiexec.exe -Wait -ArgumentList …"})
		}
	}
}

// installs reports whether a Start-Process surely starts an installer: by its name, or by options that tell one to be
// quiet.
func (f *File) installs(c *Command) bool {
	program, arguments := f.started(c)
	name, known := f.base(program)
	if known && (name == "msiexec" || name == "wusa" || strings.HasSuffix(name, ".msi") ||
		strings.HasSuffix(name, ".msu") ||
		strings.Contains(name, "setup") || strings.Contains(name, "install")) {
		return true
	}
	words := append([]string{""}, strings.Fields(strings.ToLower(strings.Join(arguments, " ")))...)
	return option(words, "quiet", "qn", "silent", "verysilent", "install", "norestart")
}

// lastWait is the place of the last command by which a script may wait for a process in another way; -1 if there is
// none.
func (f *File) lastWait() int {
	last := -1
	for _, c := range f.Commands {
		if f.is(c, "wait-process", "get-process", "gps", "ps", "wait-job", "tasklist", "get-ciminstance", "get-wmiobject") {
			last = max(last, c.From)
		}
	}
	for _, m := range f.Members {
		if strings.EqualFold(m.Name, "WaitForExit") {
			last = max(last, m.From)
		}
	}
	return last
}
