package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

const oneScriptRule = "a script customizer runs either inline commands or one script"

func shellOneScript(t *template.ImageTemplate, r *report) {
	property := scriptProperty(t)
	scripts(t, func(c template.Common, s template.Script) {
		commands, hasCommands := s.Inline.Get()
		uri, hasURI := s.ScriptURI.Get()
		switch {
		case s.Inline.IsSet() && s.ScriptURI.IsSet():
			r.add(finding{at: s.ScriptURI.Range, path: c.Path + "." + property,
				summary: fmt.Sprintf("%s has both \"inline\" and %q", label(c), property), why: oneScriptRule,
				fix:     "remove one of them, or move the script to a customizer of its own",
				related: s.Inline.Range, relatedMessage: `"inline" is here`})
		case s.Inline.IsAbsent() && s.ScriptURI.IsAbsent():
			r.add(finding{at: c.Range, path: c.Path, summary: fmt.Sprintf("%s has neither \"inline\" nor %q", label(c), property),
				why: oneScriptRule, fix: fmt.Sprintf(`add "inline": ["command"] or %q: "https://…"`, property)})
		case hasURI && uri == "" && s.Inline.IsAbsent():
			r.add(finding{at: s.ScriptURI.Range, path: c.Path + "." + property,
				summary: fmt.Sprintf("the %s of %s is empty", property, label(c)), why: oneScriptRule})
		case hasCommands && len(commands) == 0 && s.ScriptURI.IsAbsent():
			r.add(finding{at: s.Inline.Range, path: c.Path + ".inline",
				summary: fmt.Sprintf("%s has no inline commands", label(c)), why: oneScriptRule})
		}
	})
}

// scriptProperty is what the address of a script is called in the template's api-version.
func scriptProperty(t *template.ImageTemplate) string {
	if t.Before("2019-05-01-preview") {
		return "script"
	}
	return "scriptUri"
}
