package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

const oneScriptRule = "a script customizer runs either inline commands or one script"

func shellOneScript(t *template.ImageTemplate, r *report) {
	scripts(t, func(c template.Common, s template.Script) {
		hasInline, hasURI := !s.InlineRange.IsZero(), s.ScriptURI.IsSet()
		switch {
		case hasInline && hasURI:
			r.add(finding{at: s.ScriptURI.Range, path: c.Path + ".scriptUri",
				summary: fmt.Sprintf("%s has both \"inline\" and \"scriptUri\"", label(c)), why: oneScriptRule,
				fix:     "remove one of them, or move the script to a customizer of its own",
				related: s.InlineRange, relatedMessage: `"inline" is here`})
		case !hasInline && !hasURI:
			r.add(finding{at: c.Range, path: c.Path, summary: fmt.Sprintf("%s has neither \"inline\" nor \"scriptUri\"", label(c)),
				why: oneScriptRule, fix: `add "inline": ["command"] or "scriptUri": "https://…"`})
		case hasURI && s.ScriptURI.Value == "":
			r.add(finding{at: s.ScriptURI.Range, path: c.Path + ".scriptUri",
				summary: fmt.Sprintf("the scriptUri of %s is empty", label(c)), why: oneScriptRule})
		case hasInline && len(s.Inline) == 0:
			r.add(finding{at: s.InlineRange, path: c.Path + ".inline",
				summary: fmt.Sprintf("%s has no inline commands", label(c)), why: oneScriptRule})
		}
	})
}
