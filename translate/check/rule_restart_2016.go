package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/ingot-build/ingot/translate/template"
)

// restart2016 is about Windows Server 2016, whose updates finish during the restart.
func restart2016(t *template.ImageTemplate, r *report) {
	const enough = 30 * time.Minute
	s, ok := t.Source.(*template.PlatformImage)
	if !ok || !strings.EqualFold(s.Publisher.Value, "MicrosoftWindowsServer") || !strings.HasPrefix(s.SKU.Value, "2016") {
		return
	}
	restarts(t, func(w *template.WindowsRestart) {
		text, ok := w.RestartTimeout.Get()
		f := finding{why: "Windows Server 2016 takes its time with updates, and the build fails when the restart is not over by then",
			fix: `write "restartTimeout": "30m"`, related: s.SKU.Range, relatedMessage: "the source is Windows Server 2016"}
		switch d, err := time.ParseDuration(text); {
		case w.RestartTimeout.IsAbsent(), ok && text == "":
			f.at, f.path, f.summary = w.Range, w.Path, "the default timeout of 5 minutes is short for a restart of Windows Server 2016"
		case ok && err == nil && d > 0 && d < enough:
			f.at, f.path = w.RestartTimeout.Range, w.Path+".restartTimeout"
			f.summary = fmt.Sprintf("%s are short for a restart of Windows Server 2016", text)
		default:
			return
		}
		r.add(f)
	})
}
