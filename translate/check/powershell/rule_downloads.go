package powershell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// webRequest reports whether a command is Invoke-WebRequest, by one of its names: curl.exe and wget.exe are programs.
func (f *File) webRequest(c *Command) bool {
	return f.is(c, "invoke-webrequest", "iwr") || f.aliased(c)
}

// aliased reports whether a command is curl or wget as Windows PowerShell knows them.
func (f *File) aliased(c *Command) bool {
	return c.Name.Known && f.name(c) != "" &&
		(strings.EqualFold(c.Name.Value, "curl") || strings.EqualFold(c.Name.Value, "wget")) &&
		!f.says("alias:curl") && !f.says("alias:wget") && !f.says("remove-alias") && !f.says("set-alias") && !f.newer(c)
}

// foreignOption finds an argument that Invoke-WebRequest does not take. The command fails for it, whatever else it says.
func (f *File) foreignOption(c *Command) (Arg, bool) {
	for _, a := range c.Args {
		if a.Param == "" && a.Bare && strings.HasPrefix(a.Value, "--") || a.Param != "" && !webParameter(a.Param) {
			return a, true
		}
	}
	return Arg{}, false
}

var webParameters = strings.Fields("usebasicparsing uri websession sessionvariable credential usedefaultcredentials " +
	"certificatethumbprint certificate useragent disablekeepalive timeoutsec headers maximumredirection method proxy " +
	"proxycredential proxyusedefaultcredentials body contenttype transferencoding infile outfile passthru " +
	"verbose debug erroraction warningaction informationaction errorvariable warningvariable informationvariable " +
	"outvariable outbuffer pipelinevariable")

var commonAliases = strings.Fields("vb db ea wa infa ev wv iv ov ob pv")

// webParameter reports whether Invoke-WebRequest of 5.1 knows a parameter: by its name, a form of it that fits no
// other, or a short name of a common one.
func webParameter(name string) bool {
	if slices.Contains(webParameters, name) || slices.Contains(commonAliases, name) {
		return true
	}
	fits := 0
	for _, p := range webParameters {
		if strings.HasPrefix(p, name) {
			fits++
		}
	}
	return fits == 1
}

func curlAlias(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if !f.aliased(c) {
			continue
		}
		if a, ok := f.foreignOption(c); ok {
			report(scriptrule.Finding{From: c.From, To: c.To,
				Summary: fmt.Sprintf("%q is Invoke-WebRequest here, which does not take %q", c.Name.Value, f.at(a.Span)),
				Why:     "Windows PowerShell has aliases of these names, and they come before the program",
				Fix:     fmt.Sprintf("write %q for the program, where Windows has it", strings.ToLower(c.Name.Value)+".exe")})
		}
	}
}

func progressBar(f *File, report func(scriptrule.Finding)) {
	if !f.Certain() || f.says("progresspreference") {
		return
	}
	for _, c := range f.Commands {
		if !f.webRequest(c) && !f.is(c, "invoke-restmethod", "irm") || !c.has("OutFile") || c.Splat || f.newer(c) {
			continue
		}
		if _, foreign := f.foreignOption(c); foreign {
			continue
		}
		report(scriptrule.Finding{From: c.From, To: c.To, Summary: "the progress bar of this download makes it slow",
			Why: "Windows PowerShell draws it anew for every block it reads, which takes longer than a large download itself",
			Fix: "put $ProgressPreference = 'SilentlyContinue' at the start of the script"})
		return // the same mends them all
	}
}

func basicParsing(f *File, report func(scriptrule.Finding)) {
	if f.says("psdefaultparametervalues") {
		return
	}
	for _, c := range f.Commands {
		if !f.webRequest(c) || !c.lacks("UseBasicParsing") || f.newer(c) || len(c.Args) == 0 {
			continue
		}
		if _, foreign := f.foreignOption(c); foreign || c.has("OutFile") && !c.has("PassThru") {
			continue // what goes to a file is not parsed
		}
		report(scriptrule.Finding{From: c.From, To: c.To, Summary: fmt.Sprintf(`%q needs "-UseBasicParsing"`, c.Name.Value),
			Why: "Windows PowerShell parses the page with Internet Explorer, which was never set up for the build user; " +
				"since December 2025 it asks whether it may",
			Fix:   `add "-UseBasicParsing"`,
			Edits: []scriptrule.Edit{{From: c.Name.To, To: c.Name.To, Text: " -UseBasicParsing"}}})
	}
}

func bits(f *File, report func(scriptrule.Finding)) {
	if elevated, known := f.Elevated(); elevated || !known {
		return
	}
	for _, c := range f.Commands {
		if f.is(c, "start-bitstransfer") {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: `"Start-BitsTransfer" does not work over WinRM`,
				Why: "it transfers for a user who is logged on only, and fails with 0x800704DD (the user has not logged on to " +
					"the network)",
				Fix: `download with Invoke-WebRequest, or set "runElevated" and "runAsSystem"`})
		}
	}
}
