package generalize

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
)

// cause is a reason that Sysprep gives in its log.
type cause struct {
	topic string // "": of each finding by itself
	form  *regexp.Regexp
	least level
	say   func(match []string) events.Finding
}

// find adds what the cause has to say about the lines that have its form.
func (c cause) find(f *findings, lines []logLine) {
	found, seen := map[string]*events.Finding{}, map[string]bool{}
	var order []string
	for _, l := range lines {
		m := c.form.FindStringSubmatch(l.text)
		if m == nil || l.level < c.least {
			continue
		}
		one := c.say(m)
		topic := c.topic
		if topic == "" {
			topic = one.What
		}
		if found[topic] == nil {
			found[topic] = &one
			order = append(order, topic)
		}
		if !seen[l.text] { // one log may repeat what the other has
			seen[l.text] = true
			found[topic].Lines = append(found[topic].Lines, l.String())
		}
	}
	for _, topic := range order {
		f.add(topic, *found[topic])
	}
}

// ofOneUser names a package that Sysprep cannot take along.
var ofOneUser = regexp.MustCompile(`(?i)package (\S+) was installed for a user, but not provisioned for all users`)

// appx names the packages that only a user has.
func appx(f *findings, lines []logLine) {
	var names, shown []string
	for _, l := range lines {
		m := ofOneUser.FindStringSubmatch(l.text)
		if m == nil {
			continue
		}
		name, _, _ := strings.Cut(m[1], "_")
		if name = psWord(name); !slices.Contains(names, name) && len(names) < maxNames {
			names = append(names, name)
			shown = append(shown, l.String())
		}
	}
	found := events.Finding{
		What:  "the AppX package %s is installed for one user, and not for all",
		Why:   "Sysprep takes no package along that only a user has, and stops when it meets one",
		Fix:   "let an elevated PowerShell customizer run: Get-AppxPackage -AllUsers -Name %s | Remove-AppxPackage -AllUsers",
		Lines: shown,
	}
	switch len(names) {
	case 0:
		return
	case 1:
		found.What = fmt.Sprintf(found.What, names[0])
		found.Fix = fmt.Sprintf(found.Fix, names[0])
	default:
		found.What = fmt.Sprintf("%d AppX packages are installed for one user, and not for all: %s", len(names),
			strings.Join(names, ", "))
		found.Fix = fmt.Sprintf("let an elevated PowerShell customizer run: Get-AppxPackage -AllUsers | "+
			"Where-Object Name -in %s | Remove-AppxPackage -AllUsers", "'"+strings.Join(names, "', '")+"'")
	}
	found.Fix += "; or install for all what the image is to have: Add-AppxProvisionedPackage -Online"
	f.add("appx", found)
}

// maxNames bounds the packages that are named.
const maxNames = 12

var (
	pendingRestart = regexp.MustCompile(
		`(?i)(reboot|restart) (is |was )?(pending|required)|pending (reboot|restart)|requires? (a |the )?(reboot|restart)`)
	badAnswerFile = regexp.MustCompile(
		`(?i)(unattend|answer file).*(not (be )?(found|exist|read|parsed)|does not exist|cannot find|could not|invalid)`)
)

// windowsCauses are those with a known cure, the more exact ones first.
var windowsCauses = []cause{
	{"bitlocker", regexp.MustCompile(`(?i)0x80310039|bitlocker is on`), warning,
		func([]string) events.Finding { return bitLockerOn("Sysprep found it on") }},
	{"reserved storage", regexp.MustCompile(`(?i)reserved storage|0x800f0975`), warning,
		func([]string) events.Finding {
			return events.Finding{
				What: "an update uses the reserved storage",
				Why:  "Sysprep does not begin while Windows installs or removes something",
				Fix: "let the customizer that installs wait for its end, and add a WindowsRestart customizer as the last one; " +
					"or: DISM /Online /Set-ReservedStorageState /State:Disabled",
			}
		}},
	{"restart", pendingRestart, warning,
		func([]string) events.Finding { return restartPending(nil) }},
	{"rearm", regexp.MustCompile(`(?i)0xc004d307|rearm.*(maximum|exceeded|count)`), warning,
		func([]string) events.Finding { return noRearm() }},
	{"state", regexp.MustCompile(`(?i)machine is in an invalid state|couldn't update the recorded state`), warning,
		func([]string) events.Finding { return invalidState(nil) }},
	{"upgraded", regexp.MustCompile(`(?i)upgraded.*(not supported|cannot|can't)|(not supported|cannot|can't).*upgraded`), warning,
		func([]string) events.Finding {
			return events.Finding{
				What: "this Windows was upgraded from an older one",
				Why:  "Sysprep does not generalize such a machine",
				Fix:  "take a source image of the newer Windows",
			}
		}},
	{"unattend", badAnswerFile, warning,
		func([]string) events.Finding {
			return events.Finding{
				What: "an answer file is missing, or cannot be read",
				Why:  "Sysprep was told to use it: by /unattend, or because it lies where Sysprep looks",
				Fix:  "put the file in its place with a File customizer, or leave /unattend out of the script",
			}
		}},
	{"already", regexp.MustCompile(`(?i)(another instance|already running|is already (in progress|generalized))`), warning,
		func([]string) events.Finding {
			return events.Finding{
				What: "Sysprep was started twice",
				Why:  "a customizer ran it, and the build runs it at the end",
				Fix:  "leave Sysprep out of the customizers",
			}
		}},
	// Of AppX again, when the log names no package.
	{"appx", regexp.MustCompile(`(?i)failed to remove apps for the current user|AppxSysprep\.dll.*0x(8007)?3cf2`), bad,
		func([]string) events.Finding {
			return events.Finding{
				What: "Sysprep could not remove the AppX packages of a user (0x80073CF2)",
				Why:  "a package is installed for one user, and not for all",
				Fix: "let an elevated PowerShell customizer remove it; to find it: Get-AppxPackage -AllUsers | " +
					"Where-Object PackageUserInformation, beside Get-AppxProvisionedPackage -Online",
			}
		}},
}

// provider is a part of Windows, or of a program, that takes part in generalizing.
var provider = regexp.MustCompile(
	`(?i)failure occurred while executing '([^']+)'(?: from ([^;,]+))?[;,].*?(0x[0-9a-f]+|-?\d+)\s*$`)

// providerFailures names the library that stopped Sysprep, when nothing better is known.
func providerFailures(f *findings, lines []logLine) {
	cause{"", provider, bad, func(m []string) events.Finding {
		library, function, ok := strings.Cut(m[1], ",")
		if !ok {
			library, function = m[2], m[1]
		}
		if library = strings.TrimSpace(library); library == "" {
			library = "a library"
		}
		why := "Sysprep asks it for its part of generalizing, and ends when it fails"
		if meaning := codes[strings.TrimPrefix(strings.ToLower(m[3]), "0x8007")]; meaning != "" {
			why = meaning + "; " + why
		} else if meaning := codes[strings.ToLower(m[3])]; meaning != "" {
			why = meaning + "; " + why
		}
		return events.Finding{
			What: fmt.Sprintf("%s failed with %s in %s", clip(library), m[3], clip(strings.TrimSpace(function))),
			Why:  why,
			Fix:  "look for what belongs to it among the programs and roles that the customizers install",
		}
	}}.find(f, lines)
}

// codes are the numbers that providers end with, and what they mean.
var codes = map[string]string{
	"0x2": "a file was not found", "0002": "a file was not found",
	"0x3": "a path was not found", "0003": "a path was not found",
	"0x5": "access was denied", "0005": "access was denied",
	"0x1f": "a device or part of the system does not work", "001f": "a device or part of the system does not work",
	"0x139f": "the machine is not in the state for that", "139f": "the machine is not in the state for that",
	"0x3cf2": "a package could not be removed", "3cf2": "a package could not be removed",
}

func bitLockerOn(why string) events.Finding {
	return events.Finding{
		What: "BitLocker is on",
		Why:  why + "; a disk that is encrypted for one machine starts no other",
		Fix: "let an elevated PowerShell customizer run: Disable-BitLocker -MountPoint C:, and wait until " +
			"(Get-BitLockerVolume -MountPoint C:).VolumeStatus is FullyDecrypted",
	}
}

func restartPending(lines []string) events.Finding {
	return events.Finding{
		What:  "a restart is pending",
		Why:   "Sysprep does not generalize a machine on which an update or a feature waits for a restart",
		Fix:   "add a WindowsRestart customizer as the last one",
		Lines: lines,
	}
}

func noRearm() events.Finding {
	return events.Finding{
		What: "this Windows cannot be rearmed any more",
		Why:  "each generalizing uses up one rearm of its licence, and the source image has none left",
		Fix:  "take a source image that was generalized less often",
	}
}

func invalidState(lines []string) events.Finding {
	return events.Finding{
		What: "Sysprep ran before in this machine, and did not end well",
		Why:  "it takes up no machine that an earlier run left half-way: a customizer's, or one in the source image",
		Fix:  "leave Sysprep out of the customizers; if none runs it, take another source image",

		Lines: lines,
	}
}

// psWord is a package's name. Others than those that can be a word of PowerShell are no names of packages.
func psWord(name string) string {
	name = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '?'
	}, name)
	return name[:min(len(name), 64)]
}
