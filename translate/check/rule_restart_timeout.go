package check

import (
	"fmt"
	"time"

	"github.com/ingot-build/ingot/translate/template"
)

// restartTimeout is a duration as Packer reads it.
func restartTimeout(t *template.ImageTemplate, r *report) {
	restarts(t, func(w *template.WindowsRestart) {
		text, ok := w.RestartTimeout.Get()
		if !ok || text == "" || template.Placeholder(text) != "" {
			return
		}
		d, err := time.ParseDuration(text)
		if err == nil && d > 0 {
			return
		}
		f := finding{at: w.RestartTimeout.Range, path: w.Path + ".restartTimeout",
			summary: fmt.Sprintf("the restart timeout %q is not a duration", text),
			why:     "it is a number with a unit, s, m or h", fix: "write for example 10m"}
		if err == nil {
			f.summary, f.why = fmt.Sprintf("the restart timeout is %s", text), "nothing restarts in no time"
		}
		r.add(f)
	})
}

func restarts(t *template.ImageTemplate, f func(*template.WindowsRestart)) {
	for _, c := range t.Customize.Value {
		if w, ok := c.(*template.WindowsRestart); ok {
			f(w)
		}
	}
}
