package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check/powershell"
	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

// aboutScripts makes rules of an image template from those of one language. Each script is parsed once for all of them.
func aboutScripts[F any](language script.Language, parse func(*script.Script) F, rules []scriptrule.Rule[F]) []Rule {
	var all []Rule
	for _, rule := range rules {
		all = append(all, Rule{Code: rule.Code, Severity: rule.Severity, Summary: rule.Summary, Reference: rule.Reference,
			check: func(_ *template.ImageTemplate, r *report) {
				for _, s := range r.scripts() {
					if s.Language != language {
						continue
					}
					f, ok := r.parsed[s].(F)
					if !ok {
						f = parse(s)
						r.parsed[s] = f
					}
					rule.Check(f, func(f scriptrule.Finding) { r.inScript(s, f) })
				}
			}})
	}
	return all
}

// inScript reports a finding about a script. In a file it says which part of the template runs that.
func (r *report) inScript(s *script.Script, f scriptrule.Finding) {
	made := finding{at: s.Range(f.From, f.To), path: s.Command(f.From), summary: f.Summary, why: f.Why, fix: f.Fix}
	if !s.Inline {
		made.related, made.relatedMessage = s.Place, "run from here"
	}
	for _, e := range f.Edits {
		if !s.Editable(e.From, e.To) {
			made.edits = nil // half a mending is none
			break
		}
		var text strings.Builder
		armjson.WriteString(&text, e.Text)
		made.edits = append(made.edits, diag.Edit{Range: s.Range(e.From, e.To), Text: text.String()[1 : text.Len()-1]})
	}
	r.add(made)
}

// AboutSecret reports whether findings with a code say that a secret stands in clear text where they point, or right behind. They
// do not quote it, and whoever shows the text around them should not either.
func AboutSecret(code diag.Code) bool {
	return code == CodeURISecret || code == shell.CodeSecret || code == powershell.CodeSecret
}
