package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

const oneScriptRule = "a script customizer runs either inline commands or one script"

func shellOneScript(t *template.ImageTemplate, r *report) {
	scripts(t, func(c template.Common, s template.Script) {
		commands, hasCommands := s.Inline.Get()
		uri, hasURI := s.ScriptURI.Get()
		switch {
		case s.Inline.IsSet() && s.ScriptURI.IsSet():
			r.add(finding{at: s.ScriptURI.Range, path: c.Path + ".scriptUri",
				summary: fmt.Sprintf("%s has both \"inline\" and \"scriptUri\"", label(c)), why: oneScriptRule,
				fix:     "remove one of them, or move the script to a customizer of its own",
				related: s.Inline.Range, relatedMessage: `"inline" is here`})
		case s.Inline.IsAbsent() && s.ScriptURI.IsAbsent():
			r.add(finding{at: c.Range, path: c.Path, summary: fmt.Sprintf("%s has neither \"inline\" nor \"scriptUri\"", label(c)),
				why: oneScriptRule, fix: `add "inline": ["command"] or "scriptUri": "https://…"`})
		case hasURI && uri == "" && s.Inline.IsAbsent():
			r.add(finding{at: s.ScriptURI.Range, path: c.Path + ".scriptUri",
				summary: fmt.Sprintf("the scriptUri of %s is empty", label(c)), why: oneScriptRule})
		case hasCommands && len(commands) == 0 && s.ScriptURI.IsAbsent():
			r.add(finding{at: s.Inline.Range, path: c.Path + ".inline",
				summary: fmt.Sprintf("%s has no inline commands", label(c)), why: oneScriptRule})
		}
	})
}
