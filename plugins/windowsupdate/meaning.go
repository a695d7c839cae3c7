package windowsupdate

import (
	"regexp"
	"strings"
)

// meanings are the error codes that people meet most, from Microsoft's lists for Windows Update and for servicing.
// Reference: https://learn.microsoft.com/windows/deployment/update/windows-update-error-reference
var meanings = map[string]string{
	"0x80070005": "access is denied",
	"0x8007000E": "memory ran out",
	"0x80070070": "no room is left on the disk",
	"0x80070422": "the service Windows Update, or one that it needs, is disabled",
	"0x80070643": "an installer inside of the update failed",
	"0x80072EE2": "the update server did not answer in time",
	"0x80072EFD": "the update server cannot be reached",
	"0x80072F8F": "the update server's certificate is not accepted: the clock may be wrong",
	"0x80073712": "the component store is damaged: DISM /Online /Cleanup-Image /RestoreHealth",
	"0x800F081F": "files that the update builds on are missing in the component store",
	"0x800F0831": "an earlier update that this one builds on is missing",
	"0x800F0922": "an installer inside of the update failed, often for want of room in the system partition",
	"0x8024000B": "it was cancelled",
	"0x80240016": "another installation is at work, or a restart is due",
	"0x80240017": "the update is not for this machine",
	"0x8024001E": "the service Windows Update was stopped",
	"0x80240022": "every update of the pass failed",
	"0x80240034": "the download failed",
	"0x8024200D": "its files have to be downloaded again",
	"0x80242016": "the machine is not in the state that the update expects after a restart",
	"0x8024401C": "the update server did not answer in time (408)",
	"0x80244022": "the update server is overloaded (503)",
	"0x8024402C": "the name of the update server, or of a proxy, cannot be resolved",
}

// code finds an HRESULT in a message.
var code = regexp.MustCompile(`0x[0-9A-Fa-f]{8}`)

// explain adds the meaning of an HRESULT to a message that has one.
func explain(text string) string {
	c := code.FindString(text)
	if c == "" {
		return text
	}
	if why, ok := meanings["0x"+strings.ToUpper(c[2:])]; ok {
		return text + ": " + why
	}
	return text
}
