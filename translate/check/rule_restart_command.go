package check

import (
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

var (
	shutdownCommand = regexp.MustCompile(`(?i)^\s*shutdown(?:\.exe)?\s`)
	shutdownRestart = regexp.MustCompile(`(?i)\s[/-](?:r|g)(?:\s|$)`)
)

// restartCommand is about a shutdown that does not come up again.
func restartCommand(t *template.ImageTemplate, r *report) {
	restarts(t, func(w *template.WindowsRestart) {
		if text, ok := w.RestartCommand.Get(); ok && shutdownCommand.MatchString(text) && !shutdownRestart.MatchString(text) {
			r.add(finding{at: w.RestartCommand.Range, path: w.Path + ".restartCommand",
				summary: "the restart command does not restart Windows",
				why:     "shutdown restarts with /r or /g, and neither is given",
				fix:     `write "shutdown /r /f /t 0", or leave it out`})
		}
	})
}
