package powershell

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package.
const (
	CodeSyntax             diag.Code = "ING2301"
	CodeNewerSyntax        diag.Code = "ING2302"
	CodeUnread             diag.Code = "ING2303"
	CodeEncoding           diag.Code = "ING2304"
	CodeUTF16              diag.Code = "ING2305"
	CodeRestarts           diag.Code = "ING2306"
	CodeStopsWinRM         diag.Code = "ING2307"
	CodeFirewallsWinRM     diag.Code = "ING2308"
	CodeStopsAgent         diag.Code = "ING2309"
	CodeSysprep            diag.Code = "ING2310"
	CodeRemovesDeprovision diag.Code = "ING2311"
	CodeWaitsForInput      diag.Code = "ING2312"
	CodeInstallerAsks      diag.Code = "ING2313"
	CodeNoWait             diag.Code = "ING2314"
	CodeExitCode           diag.Code = "ING2315"
	CodeRobocopy           diag.Code = "ING2316"
	CodeErrorsIgnored      diag.Code = "ING2317"
	CodeProgressBar        diag.Code = "ING2318"
	CodeBasicParsing       diag.Code = "ING2319"
	CodeCurlAlias          diag.Code = "ING2320"
	CodeNewerParameter     diag.Code = "ING2321"
	CodeBits               diag.Code = "ING2322"
	CodePath32Bit          diag.Code = "ING2323"
	CodeSecret             diag.Code = "ING2324"
	CodeDownloadRun        diag.Code = "ING2325"
	CodeInsecureDownload   diag.Code = "ING2326"
	CodeWindowsUpdate      diag.Code = "ING2327"
	CodeExecutionPolicy    diag.Code = "ING2328"
	CodeLinuxCommand       diag.Code = "ING2329"
)

// References that several rules share.
const (
	refTemplate    = "https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-json"
	refPowerShell  = refTemplate + "#powershell-customizer"
	refRestart     = refTemplate + "#windows-restart-customizer"
	refUpdate      = refTemplate + "#windows-update-customizer"
	refGeneralize  = refTemplate + "#generalize"
	refNetworking  = "https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-networking"
	refCmdlets     = "https://learn.microsoft.com/powershell/module/"
	refDifferences = "https://learn.microsoft.com/powershell/scripting/whats-new/differences-from-windows-powershell"
)

// Rules returns every rule about PowerShell scripts, by code.
func Rules() []Rule {
	return []Rule{
		{Code: CodeSyntax, Severity: diag.Error, Summary: "a PowerShell script does not parse", Reference: refPowerShell,
			Check: parses},
		{Code: CodeNewerSyntax, Severity: diag.Error,
			Summary:   "a script has syntax of PowerShell 7, and Windows PowerShell 5.1 runs it",
			Reference: refDifferences, Check: newerSyntax},
		{Code: CodeUnread, Severity: diag.Warning, Summary: "a PowerShell script is no text, or more than can be looked at",
			Reference: refPowerShell, Check: unread},
		{Code: CodeEncoding, Severity: diag.Warning,
			Summary:   "a script has letters beyond ASCII and no byte order mark, so they are misread",
			Reference: refCmdlets + "microsoft.powershell.core/about/about_character_encoding", Check: encoding},
		{Code: CodeUTF16, Severity: diag.Info, Summary: "a PowerShell script is in UTF-16",
			Reference: refCmdlets + "microsoft.powershell.core/about/about_character_encoding", Check: utf16},
		{Code: CodeRestarts, Severity: diag.Warning, Summary: "a script restarts or stops the build VM itself",
			Reference: refRestart, Check: restarts},
		{Code: CodeStopsWinRM, Severity: diag.Warning, Summary: "a script stops WinRM, through which it is run",
			Reference: refNetworking, Check: stopsWinRM},
		{Code: CodeFirewallsWinRM, Severity: diag.Warning,
			Summary:   "a script closes the port of WinRM, through which it is run",
			Reference: refNetworking, Check: firewallsWinRM},
		{Code: CodeStopsAgent, Severity: diag.Warning, Summary: "a script stops or removes the agent of Azure",
			Reference: refGeneralize, Check: stopsAgent},
		{Code: CodeSysprep, Severity: diag.Warning,
			Summary:   "a script runs Sysprep, which the service does after the last customizer",
			Reference: refGeneralize, Check: sysprep},
		{Code: CodeRemovesDeprovision, Severity: diag.Warning,
			Summary:   "a script removes the script that generalizes the image",
			Reference: refGeneralize, Check: removesDeprovision},
		{Code: CodeWaitsForInput, Severity: diag.Warning, Summary: "a command waits for somebody to answer",
			Reference: refPowerShell, Check: waitsForInput},
		{Code: CodeInstallerAsks, Severity: diag.Warning, Summary: "msiexec shows windows, since it is not told to be quiet",
			Reference: "https://learn.microsoft.com/windows-server/administration/windows-commands/msiexec",
			Check:     installerAsks},
		{Code: CodeNoWait, Severity: diag.Warning, Summary: "a script goes on while an installer still runs",
			Reference: refCmdlets + "microsoft.powershell.management/start-process", Check: noWait},
		{Code: CodeExitCode, Severity: diag.Warning, Summary: "a script ends with a code that is not among validExitCodes",
			Reference: refPowerShell, Check: exitCode},
		{Code: CodeRobocopy, Severity: diag.Warning,
			Summary:   "the code of robocopy, which is 1 when it copied files, ends the script",
			Reference: "https://learn.microsoft.com/windows-server/administration/windows-commands/robocopy", Check: robocopy},
		{Code: CodeErrorsIgnored, Severity: diag.Warning, Summary: "a script hides all errors",
			Reference: refCmdlets + "microsoft.powershell.core/about/about_preference_variables", Check: errorsIgnored},
		{Code: CodeProgressBar, Severity: diag.Info,
			Summary:   "a download draws a progress bar that nobody sees, and takes many times longer",
			Reference: refCmdlets + "microsoft.powershell.core/about/about_preference_variables", Check: progressBar},
		{Code: CodeBasicParsing, Severity: diag.Warning,
			Summary:   "Invoke-WebRequest without -UseBasicParsing needs Internet Explorer, or asks",
			Reference: refCmdlets + "microsoft.powershell.utility/invoke-webrequest", Check: basicParsing},
		{Code: CodeCurlAlias, Severity: diag.Warning,
			Summary:   "curl and wget are Invoke-WebRequest here, and do not know the options of the programs",
			Reference: refCmdlets + "microsoft.powershell.core/about/about_aliases", Check: curlAlias},
		{Code: CodeNewerParameter, Severity: diag.Warning, Summary: "a command or parameter is not in Windows PowerShell 5.1",
			Reference: refDifferences, Check: newerParameter},
		{Code: CodeBits, Severity: diag.Warning, Summary: "Start-BitsTransfer works for a user who is logged on only",
			Reference: "https://learn.microsoft.com/windows/win32/bits/using-windows-powershell-to-create-bits-transfer-jobs",
			Check:     bits},
		{Code: CodePath32Bit, Severity: diag.Warning, Summary: "a path is that of, or for, 32-bit programs",
			Reference: "https://learn.microsoft.com/windows/win32/winprog64/file-system-redirector", Check: path32Bit},
		{Code: CodeSecret, Severity: diag.Warning,
			Summary:   "a script holds a password or key that everybody who sees it can read",
			Reference: refPowerShell, Check: secret},
		{Code: CodeDownloadRun, Severity: diag.Warning, Summary: "what was downloaded is run without a look at its checksum",
			Reference: refCmdlets + "microsoft.powershell.utility/get-filehash", Check: downloadRun},
		{Code: CodeInsecureDownload, Severity: diag.Warning,
			Summary:   "a download can be replaced on its way: no TLS, or certificates are not checked",
			Reference: refCmdlets + "microsoft.powershell.utility/invoke-webrequest", Check: insecureDownload},
		{Code: CodeWindowsUpdate, Severity: diag.Info,
			Summary:   "a script installs Windows updates, for which there is a customizer",
			Reference: refUpdate, Check: windowsUpdate},
		{Code: CodeExecutionPolicy, Severity: diag.Info,
			Summary:   "Set-ExecutionPolicy reports an error, since the script runs with Bypass",
			Reference: refCmdlets + "microsoft.powershell.security/set-executionpolicy", Check: executionPolicy},
		{Code: CodeLinuxCommand, Severity: diag.Warning, Summary: "a command of Linux is not on Windows",
			Reference: refPowerShell, Check: linuxCommand},
	}
}
