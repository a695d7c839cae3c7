package powershell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// Parameters that came with PowerShell 6 or 7, by command. Nothing in 5.1 starts with the same letters.
var newerParameters = map[string][]string{
	"foreach-object":    {"Parallel", "ThrottleLimit", "TimeoutSeconds"},
	"invoke-webrequest": newerWeb,
	"iwr":               newerWeb,
	"invoke-restmethod": newerWeb,
	"irm":               newerWeb,
	"convertfrom-json":  {"AsHashtable", "NoEnumerate"},
	"convertto-json":    {"EnumsAsStrings", "AsArray", "EscapeHandling"},
	"get-content":       {"AsByteStream"},
	"set-content":       {"AsByteStream"},
	"add-content":       {"AsByteStream"},
	"import-module":     {"UseWindowsPowerShell"},
	"get-childitem":     {"FollowSymlink"},
	"split-path":        {"LeafBase"},
	"test-connection":   {"TargetName", "TcpPort"},
}

var newerWeb = []string{"SkipCertificateCheck", "SkipHttpErrorCheck", "SkipHeaderValidation", "MaximumRetryCount",
	"RetryIntervalSec", "Authentication", "Token", "SslProtocol", "Form", "Resume", "NoProxy", "CustomMethod",
	"PreserveAuthorizationOnRedirect", "AllowUnencryptedAuthentication", "AllowInsecureRedirect", "HttpVersion",
	"ConnectionTimeoutSeconds", "OperationTimeoutSeconds"}

// Commands that came with PowerShell 6 or 7.
var newerCommands = []string{"get-error", "test-json", "remove-service", "join-string", "get-uptime", "remove-alias",
	"convertfrom-markdown", "show-markdown", "get-experimentalfeature", "switch-process"}

func newerParameter(f *File, report func(scriptrule.Finding)) {
	if f.says("psversiontable") || f.says("psedition") || f.says("iscoreclr") || f.says("$iswindows") || len(f.Newer) > 0 {
		return // it asks which one runs it; or does not parse anyway
	}
	for _, c := range f.Commands {
		name := f.name(c)
		if name == "" || f.newer(c) {
			continue
		}
		if slices.Contains(newerCommands, name) && c.Name.Known && !f.says("import-module") && !f.says("install-module") {
			report(scriptrule.Finding{From: c.Name.From, To: c.Name.To,
				Summary: fmt.Sprintf("%q is not in Windows PowerShell 5.1", c.Name.Value),
				Why:     whyNewer, Fix: fixNewer})
		}
		for _, a := range c.Args {
			for _, p := range newerParameters[name] {
				if a.Param != "" && strings.EqualFold(a.Param, p) {
					report(scriptrule.Finding{From: a.From, To: a.To, Why: whyNewer, Fix: fixNewer,
						Summary: fmt.Sprintf("%q has no parameter %q in Windows PowerShell 5.1", c.Name.Value, "-"+p)})
				}
			}
		}
	}
}

const (
	whyNewer = "it came with PowerShell 6 or 7, and customizers run Windows PowerShell 5.1, where the command fails"
	fixNewer = "write it for 5.1, or install PowerShell 7 and run the script with pwsh"
)
