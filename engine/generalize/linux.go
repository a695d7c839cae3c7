package generalize

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
)

// The lines by which shells and PowerShell say where a script failed: its number, and what happened.
var (
	linuxFailingLine   = regexp.MustCompile(`^/tmp/DeprovisioningScript\.sh: (?:line )?(\d+): (.*)$`)
	windowsFailingLine = regexp.MustCompile(`(?i)^\s*(?:\+\s*)?(?:at|in) c:\\DeprovisioningScript\.ps1:(\d+)()`)
)

// linux goes from what the step printed to what the machine is like.
func linux(f *findings, c Case, a answers) {
	for _, p := range linuxPrinted {
		for _, line := range c.Output {
			if m := p.form.FindStringSubmatch(line); m != nil {
				found := p.say(m)
				found.Lines = []string{line}
				f.add(p.topic, found)
			}
		}
	}
	if c.Late {
		stillRunning(f, a.files[processes])
	}
	noWaagent(f, c, a)
	scriptErrors(f, c, linuxFailingLine, LinuxScript, a.files[LinuxScript])
	f.replaced(c, LinuxScript, a.facts["script"], "find out which line fails: put set -x into its second line")
	if slices.Contains(strings.Split(a.facts["tmp"], ","), "noexec") {
		f.add("noexec", events.Finding{
			What: "/tmp is mounted with noexec",
			Why:  "nothing that lies there can be run, and the script that generalizes does",
			Fix:  "leave that to machines made from the image, or let the last customizer run: sudo mount -o remount,exec /tmp",
		})
	}
	if a.facts["sudo"] == "no" {
		f.add("sudo", noSudo())
	}
	if n, err := strconv.ParseInt(a.facts["free"], 10, 64); err == nil && n < 10<<10 {
		f.add("space", noSpace(fmt.Sprintf("the root file system has %d KiB left", n)))
	}
	log := readLog("/var/log/waagent.log", a.files["/var/log/waagent.log"], agentLine)
	if lines := worst(log, warning, nil); len(lines) > 0 {
		f.add("log", events.Finding{What: "what waagent's log says last", Lines: lines})
	}
	if is(a.facts["agent"], "cloud-init") && a.facts["cloudInit"] == "" && a.facts["waagent"] != "" {
		f.add("cloud-init", events.Finding{
			What: "cloud-init is not installed",
			Why:  "/etc/waagent.conf leaves it to cloud-init to set up machines made from the image",
			Fix:  "install cloud-init, or write Provisioning.Agent=waagent there",
		})
	}
}

var (
	// What sudo says of names that cannot be resolved does no harm.
	notRoot  = regexp.MustCompile(`^sudo: (a password|a terminal|.*sudoers|.*setuid|.*owned by)|sudo: (command )?not found`)
	noPython = regexp.MustCompile(`env: .?python[0-9.]*.?: No such file|python[0-9.]*: bad interpreter`)
	notRun   = regexp.MustCompile(`/tmp/(?:DeprovisioningScript|script_\d+)\.sh: (?:\d+: )?Permission denied$`)
)

// printed is a line that the step prints when it fails for a known reason.
type printed struct {
	topic string
	form  *regexp.Regexp
	say   func(match []string) events.Finding
}

var linuxPrinted = []printed{
	{"space", regexp.MustCompile(`No space left on device`), func([]string) events.Finding {
		return noSpace("a command found the disk full")
	}},
	{"sudo", notRoot, func([]string) events.Finding { return noSudo() }},
	{"user", regexp.MustCompile(`userdel: user (\S+) is currently (?:used by|logged in)`), func(m []string) events.Finding {
		return events.Finding{
			What: fmt.Sprintf("the user %s could not be deleted", clip(m[1])),
			Why:  "a process of that user is still running",
			Fix:  "stop in the last customizer what an earlier one started in the background",
		}
	}},
	{"python", noPython, func([]string) events.Finding {
		return events.Finding{
			What: "waagent found no Python",
			Why:  "it is a Python program, and a customizer removed or replaced what runs it",
			Fix:  "leave the distribution's python3 where it is",
		}
	}},
	{"noexec", notRun, func([]string) events.Finding {
		return events.Finding{
			What: "the script that generalizes could not be run",
			Why:  "/tmp is mounted with noexec, or a customizer changed who may run the file",
			Fix:  "leave /tmp as it is until the build is over, and make a script of your own executable",
		}
	}},
}

// stillRunning names what the script was waiting for when its time was over: the processes below it with none below them.
func stillRunning(f *findings, list []string) {
	type process struct{ parent, args string }
	all := map[string]process{}
	parents := map[string]bool{}
	for _, line := range list {
		if m := processLine.FindStringSubmatch(line); m != nil {
			all[m[1]] = process{m[2], m[3]}
			parents[m[2]] = true
		}
	}
	var shown []string
	for _, pid := range slices.Sorted(maps.Keys(all)) {
		if parents[pid] {
			continue
		}
		for at, up := pid, 0; up < len(all); at, up = all[at].parent, up+1 {
			if strings.HasSuffix(all[at].args, LinuxScript) {
				shown = append(shown, all[pid].args)
				break
			}
		}
	}
	if shown != nil {
		f.add("running", events.Finding{
			What:  "the script was still waiting for: " + clip(shown[0]),
			Why:   "the time for generalizing was over before that had ended",
			Fix:   "raise --generalize-timeout, if it only needs more time; else look for what it waits for",
			Lines: shown[1:],
		})
	}
}

// processLine is a process as ps lists it: its number, that of its parent, and its command line.
var processLine = regexp.MustCompile(`^\s*(\d+)\s+(\d+)\s+(.*\S)\s*$`)

// agentMissing is what shells say of a waagent that is not there.
var agentMissing = regexp.MustCompile(`(^|[/ ])waagent: (command )?not found|waagent: No such file`)

// noWaagent is about a script that takes the agent for granted, as older ones of the service did.
func noWaagent(f *findings, c Case, a answers) {
	i := slices.IndexFunc(c.Output, agentMissing.MatchString)
	if i < 0 {
		return
	}
	found := events.Finding{
		What:  "waagent is not where the script looks for it",
		Why:   "the source image has no Azure agent, or a customizer removed it",
		Fix:   "install it (the package is waagent, walinuxagent or WALinuxAgent), or let the script do without it, as Ingot's does",
		Lines: c.Output[i : i+1],
	}
	if at := a.facts["waagent"]; at != "" {
		found.Why = "it is at " + clip(at)
		found.Fix = "let the script call waagent by its name alone"
	}
	f.add("waagent", found)
}

// scriptErrors names the lines of the script that failed, as its interpreter says. script is its text; nil when it is not known.
func scriptErrors(f *findings, c Case, form *regexp.Regexp, path string, script []string) {
	for i, line := range c.Output {
		m := form.FindStringSubmatch(line)
		if m == nil || f.said["waagent"] && agentMissing.MatchString(line) {
			continue
		}
		what := m[2]
		if what == "" && i > 0 { // PowerShell has the place behind the message
			what = c.Output[i-1]
		}
		shown := line
		if n, err := strconv.Atoi(m[1]); err == nil && n >= 1 && n <= len(script) {
			shown = fmt.Sprintf("%d: %s", n, strings.TrimSpace(script[n-1]))
		}
		f.said["line"] = true
		f.add("line "+m[1], events.Finding{
			What:  fmt.Sprintf("line %s of %s failed: %s", clip(m[1]), path, clip(strings.TrimSpace(what))),
			Lines: []string{shown},
		})
	}
}

func noSudo() events.Finding {
	return events.Finding{
		What: "the build user cannot become root with sudo",
		Why:  "a customizer changed sudo, or what /etc/sudoers says; the last step runs as root",
		Fix:  "leave the build user's rights as they are: the last step takes them away",
	}
}

func noSpace(why string) events.Finding {
	return events.Finding{
		What: "the build VM's disk is full",
		Why:  why,
		Fix:  "ask for a larger disk with vmProfile.osDiskSizeGB, or remove what the customizers left behind",
	}
}
