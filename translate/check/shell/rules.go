package shell

import (
	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/diag"
)

// The findings of this package.
const (
	CodeSyntax           diag.Code = "ING2201"
	CodeBashInSh         diag.Code = "ING2202"
	CodeAssumeYes        diag.Code = "ING2203"
	CodeTerminal         diag.Code = "ING2204"
	CodeInteractiveShell diag.Code = "ING2205"
	CodeNeedsRoot        diag.Code = "ING2206"
	CodeMayNeedRoot      diag.Code = "ING2207"
	CodeSudoRedirect     diag.Code = "ING2208"
	CodeSudoBuiltin      diag.Code = "ING2209"
	CodeReboots          diag.Code = "ING2210"
	CodeStopsSSH         diag.Code = "ING2211"
	CodeFirewall         diag.Code = "ING2212"
	CodeDeprovision      diag.Code = "ING2213"
	CodeRemovesUser      diag.Code = "ING2214"
	CodeRemovesAgent     diag.Code = "ING2215"
	CodePipeStatus       diag.Code = "ING2216"
	CodeErrorsIgnored    diag.Code = "ING2217"
	CodeEndsEarly        diag.Code = "ING2218"
	CodeNeverEnds        diag.Code = "ING2219"
	CodeSecret           diag.Code = "ING2220"
	CodeDownloadToShell  diag.Code = "ING2221"
	CodeInsecureDownload diag.Code = "ING2222"
	CodeLineEnds         diag.Code = "ING2223"
	CodeByteOrderMark    diag.Code = "ING2224"
	CodeUTF16            diag.Code = "ING2225"
	CodeNotUTF8          diag.Code = "ING2226"
	CodeNoInterpreter    diag.Code = "ING2227"
	CodeInterpreter      diag.Code = "ING2228"
	CodeUnread           diag.Code = "ING2229"
	CodeSudoEnvironment  diag.Code = "ING2230"
	CodePackageAsks      diag.Code = "ING2231"
	CodeOpenEnd          diag.Code = "ING2232"
)

// References that rules share.
const (
	refTemplate  = "https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-json"
	refShell     = refTemplate + "#shell-customizer"
	refGuide     = "https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-troubleshoot"
	refPacker    = "https://developer.hashicorp.com/packer/docs/provisioners/shell"
	refSh        = "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html"
	refSudo      = "https://www.sudo.ws/docs/man/sudo.man/"
	refAptGet    = "https://manpages.debian.org/apt-get"
	refBash      = "https://www.gnu.org/software/bash/manual/bash.html"
	refWaagent   = "https://learn.microsoft.com/azure/virtual-machines/extensions/agent-linux"
	refShebang   = "https://man7.org/linux/man-pages/man2/execve.2.html"
	refDebconf   = "https://manpages.debian.org/debconf.7"
	refDeprovide = refTemplate + "#generalize"
)

// most is how many findings a rule may have in one script. A script made by a program may have one in every line.
const most = 50

// Rules returns every rule about shell scripts, by code.
func Rules() []Rule {
	return []Rule{
		rule(CodeSyntax, diag.Error, "a shell script does not parse in the shell that runs it", refShell, parses),
		rule(CodeBashInSh, diag.Warning, "a script for /bin/sh uses what only bash has", refSh, bashInSh),
		rule(CodeAssumeYes, diag.Warning, "a command asks before it goes on, and nobody answers", refAptGet, assumeYes),
		rule(CodeTerminal, diag.Warning, "a command waits for somebody at a terminal", refShell, terminal),
		rule(CodeInteractiveShell, diag.Warning, "a shell is opened that nobody types into", refSudo, interactiveShell),
		rule(CodeNeedsRoot, diag.Error, "a command that needs root runs without sudo", refGuide, needsRoot),
		rule(CodeMayNeedRoot, diag.Warning, "a command that most likely needs root runs without sudo", refGuide, mayNeedRoot),
		rule(CodeSudoRedirect, diag.Warning, "sudo does not reach the file that the output goes to", refSudo, sudoRedirect),
		rule(CodeSudoBuiltin, diag.Warning, "sudo is given a command of the shell", refSudo, sudoBuiltin),
		rule(CodeReboots, diag.Warning, "a script restarts the build VM, or turns it off", refShell, reboots),
		rule(CodeStopsSSH, diag.Warning, "a script stops or removes the SSH server", refGuide, stopsSSH),
		rule(CodeFirewall, diag.Warning, "a script closes the port of SSH", refGuide, firewall),
		rule(CodeDeprovision, diag.Warning, "a script removes what generalizes the image", refDeprovide, deprovision),
		rule(CodeRemovesUser, diag.Warning, "a script takes the build user away", refDeprovide, removesUser),
		rule(CodeRemovesAgent, diag.Warning, "a script removes or disables the Azure Linux Agent", refWaagent, removesAgent),
		rule(CodePipeStatus, diag.Warning, "the failure of a command is lost in a pipeline", refSh, pipeStatus),
		rule(CodeErrorsIgnored, diag.Info, "a script goes on after commands that fail", refPacker, errorsIgnored),
		rule(CodeEndsEarly, diag.Warning, "inline commands end before the last one", refShell, endsEarly),
		rule(CodeNeverEnds, diag.Warning, "a command runs until somebody stops it", refShell, neverEnds),
		rule(CodeSecret, diag.Warning, "a script has a secret in clear text", refTemplate, secret),
		rule(CodeDownloadToShell, diag.Warning, "a shell runs a download that nothing has checked", refShell, downloadToShell),
		rule(CodeInsecureDownload, diag.Warning, "a download does not check where it comes from", refShell, insecureDownload),
		rule(CodeLineEnds, diag.Info, "a shell script has lines that end as on Windows", refPacker, lineEnds),
		rule(CodeByteOrderMark, diag.Warning, "a shell script starts with a byte order mark", refShebang, byteOrderMark),
		rule(CodeUTF16, diag.Error, "a shell script is written in UTF-16", refShebang, utf16),
		rule(CodeNotUTF8, diag.Info, "a shell script is not written in UTF-8", refSh, notUTF8),
		rule(CodeNoInterpreter, diag.Info, "the first line of a script does not name its interpreter", refShebang, noInterpreter),
		rule(CodeInterpreter, diag.Error, "the first line of a script names an interpreter that cannot be run", refShebang, badInterpreter),
		rule(CodeUnread, diag.Info, "a script was not looked at", refShell, unread),
		rule(CodeSudoEnvironment, diag.Info, "a variable is set for a command that sudo keeps it from", refSudo, sudoEnvironment),
		rule(CodePackageAsks, diag.Info, "a package asks questions while it is installed", refDebconf, packageAsks),
		rule(CodeOpenEnd, diag.Warning, "a here-document has no end, and takes in the rest of the script", refSh, openEnds),
	}
}

func rule(code diag.Code, severity diag.Severity, summary, reference string, check func(*File, func(scriptrule.Finding))) Rule {
	return Rule{Code: code, Severity: severity, Summary: summary, Reference: reference, Check: limited(check)}
}

// limited makes a rule stop after some findings in one script. The last of them says that there are more.
func limited(check func(*File, func(scriptrule.Finding))) func(*File, func(scriptrule.Finding)) {
	return func(f *File, report func(scriptrule.Finding)) {
		var held *scriptrule.Finding // the last one that may be reported
		n := 0
		check(f, func(found scriptrule.Finding) {
			found.From = max(0, min(found.From, len(f.Text)))
			found.To = max(found.From, min(found.To, len(f.Text)))
			switch n++; {
			case n < most:
				report(found)
			case n == most:
				held = &found
			}
		})
		if held == nil {
			return
		}
		if n > most {
			held.Why = "this is one of many in this script; the others are not listed"
		}
		report(*held)
	}
}
