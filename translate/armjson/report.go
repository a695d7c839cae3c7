package armjson

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// report adds a finding. A file that is nothing but mistakes must not cost more than it is worth: after maxFindings errors
// the reading stops; of more warnings than that only the number is kept, since a file that has warnings alone is a good
// one.
func (p *parser) report(d diag.Diagnostic) {
	switch {
	case p.stopped:
		return
	case d.Severity == diag.Error && p.errors == maxFindings:
		p.stopped = true
		d = diag.Diagnostic{
			Severity: diag.Error, Code: CodeTooManyErrors, Subject: p.here(),
			Summary: fmt.Sprintf("reading stopped here, after %d errors", maxFindings), Fix: "mend those above first",
		}
	case d.Severity == diag.Error:
		p.errors++
		p.stopped = p.loose
	default:
		if p.warnings++; p.warnings > maxFindings {
			if p.hidden.IsZero() {
				p.hidden = d.Subject
			}
			return
		}
	}
	p.list.Add(d)
}

// findings gives all that was found, in file order.
func (p *parser) findings() diag.List {
	if p.brackets {
		// A member may have come into the wrong object, where another has its name.
		p.list = slices.DeleteFunc(p.list, func(d diag.Diagnostic) bool { return d.Code == CodeDuplicateKey })
	} else if p.warnings > maxFindings {
		p.list.Add(diag.Diagnostic{
			Severity: diag.Warning, Code: CodeMoreWarnings, Subject: p.hidden,
			Summary: fmt.Sprintf("%d more warnings from here on are not shown", p.warnings-maxFindings),
		})
	}
	p.list.Sort()
	return p.list
}

// fail reports an error after which there is no sense in going on, and stops the reading.
func (p *parser) fail(code diag.Code, at diag.Range, summary, why, fix string) {
	p.soft(code, at, summary, why, fix)
	p.stopped = true
}

// soft reports an error after which the reading goes on.
func (p *parser) soft(code diag.Code, at diag.Range, summary, why, fix string, related ...diag.Note) {
	p.report(diag.Diagnostic{
		Severity: diag.Error, Code: code, Subject: at, Summary: summary, Why: why, Fix: fix, Related: related,
	})
}

// mend gives the finding that was just made the edit that mends it: what stands at a place is replaced by text. found is
// how many findings there were before it, since not every one is kept.
func (p *parser) mend(found int, at diag.Range, text string) {
	if len(p.list) > found && p.list[found].Code != CodeTooManyErrors {
		p.list[found].Edits = append(p.list[found].Edits, diag.Edit{Range: at, Text: text})
	}
}

// once reports something that is said once a file.
func (p *parser) once(severity diag.Severity, code diag.Code, at diag.Range, summary, why, fix string) {
	key := code
	if severity == diag.Error { // one code for several things
		key += diag.Code(summary)
	}
	if p.told[key] {
		return
	}
	if p.told == nil {
		p.told = map[diag.Code]bool{}
	}
	p.told[key] = true
	p.report(diag.Diagnostic{Severity: severity, Code: code, Subject: at, Summary: summary, Why: why, Fix: fix})
}

// lenient warns, once a kind, of something that Azure reads and strict JSON forbids.
func (p *parser) lenient(code diag.Code, at diag.Range, summary, fix string) {
	if !p.loose {
		p.once(diag.Warning, code, at, summary, "Azure and Ingot read it, strict JSON readers do not; said once a file", fix)
	}
}

// unexpected reports the next code point; at the end of the file it stops the reading.
func (p *parser) unexpected(wanted, fix string) {
	if p.conflict() {
		return
	}
	if p.atEnd() {
		p.fail(CodeNotClosed, p.here(), "the file ends where "+wanted+" is wanted", "", "")
		return
	}
	r := p.peekRune()
	if curlyQuote(r) {
		fix = `write straight double quotes (") around names and texts`
	}
	p.soft(CodeUnexpected, p.runeRange(), fmt.Sprintf("%s stands where %s is wanted", nameRune(r), wanted), "", fix)
}

// shorten makes a stretch of the file fit for a message: it is cut, and what cannot be printed is not.
func shorten(text string) string {
	const most = 40
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text[:min(len(text), utf8.UTFMax*most)])[:most-1]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}
