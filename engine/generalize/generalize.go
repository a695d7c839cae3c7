// Package generalize knows why a machine could not be made into an image for many: what to ask it, and what it answers.
//
// It is pure. Who has a connection to the machine runs the commands of Questions and hands what they printed to Explain. What
// a command could not find out is missing from its answer, and then nothing is said about it: who is asked is a machine that
// just failed, and little may work there.
package generalize

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

// Where the service has the script that generalizes, and where a customizer may put its own.
const (
	LinuxScript   = "/tmp/DeprovisioningScript.sh"
	WindowsScript = `c:\DeprovisioningScript.ps1`
)

// Case is what is known of a failure before the machine is asked.
type Case struct {
	OS     plan.OS
	Script string   // SHA-256 of the script that was put there before the customizers, lower-case hex
	Output []string // what the step printed last, without line ends
	Late   bool     // it was ended because it took too long
}

// Questions are the commands that ask a machine, the more telling ones first. They change nothing, and need not succeed.
func Questions(os plan.OS) []string {
	if os == plan.Windows {
		return []string{encoded(windowsLogs()), encoded(windowsFacts())}
	}
	return []string{linuxQuestion}
}

// Explain says what the answers show, the most likely cause first; nil when they show nothing. Replaced says that the script
// that failed, or was missed, is not the one that was put there: some customizer has a part in it. A machine's text is not
// trusted: it is cut, and control characters are left for the view to hide.
func Explain(c Case, answers []string) (found []events.Finding, replaced bool) {
	f := findings{said: map[string]bool{}}
	a := parse(answers)
	if c.OS == plan.Windows {
		windows(&f, c, a)
	} else {
		linux(&f, c, a)
	}
	return f.list[:min(len(f.list), maxFindings)], f.said["script"]
}

// Bounds of what is said.
const (
	maxFindings = 8
	maxLines    = 10  // of a finding
	maxLine     = 400 // bytes of one
)

// cut is the end of a line that was longer.
const cut = " [...]"

// findings collects what is found, each topic once: a log and the registry may tell of the same thing.
type findings struct {
	list []events.Finding
	said map[string]bool // by topic
}

// add takes a finding unless its topic was said already.
func (f *findings) add(topic string, found events.Finding) {
	if f.said[topic] {
		return
	}
	f.said[topic] = true
	found.Lines = tidy(found.Lines)
	f.list = append(f.list, found)
}

// tidy cuts lines and leaves repeated ones out.
func tidy(lines []string) []string {
	var out []string
	for _, l := range lines {
		if len(out) == maxLines {
			break
		}
		if l = clip(strings.TrimSpace(l)); l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// clip bounds a line that a machine wrote.
func clip(line string) string {
	if len(line) > maxLine {
		line = line[:maxLine] + cut
	}
	return strings.ToValidUTF8(line, "\ufffd")
}

// replaced says that the script in the place of the one that was put there is another one, or none.
func (f *findings) replaced(c Case, path, sum string, fix string) {
	switch {
	case sum == "missing":
		f.add("script", events.Finding{
			What: path + " is gone",
			Why:  "a customizer deleted it; nothing else generalizes the image",
			Fix:  "leave that file alone, or put a script of your own in its place",
		})
	case sum == "directory":
		f.add("script", events.Finding{
			What: path + " is a folder",
			Why:  "a customizer put it in the place of the script that generalizes the image",
			Fix:  "write the script to that very path",
		})
	case sum != "" && c.Script != "" && !strings.EqualFold(sum, c.Script):
		if f.said["line"] {
			fix = "correct that line, or leave the script of the build in its place"
		} else if f.said["running"] {
			fix = "let it end sooner, or leave the script of the build in its place"
		}
		f.add("script", events.Finding{
			What: path + " is not the script that the build put there",
			Why:  "a customizer replaced it, so that what failed is the image template's own",
			Fix:  fix,
		})
	}
}
