package check

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-build/ingot/translate/template"
)

// exitCodeRange wants what the service can read.
func exitCodeRange(t *template.ImageTemplate, r *report) {
	powerShells(t, func(p *template.PowerShell) {
		for i, code := range p.ValidExitCodes.Value {
			n, ok := code.Get()
			if !ok || n >= math.MinInt32 && n <= math.MaxInt32 {
				continue
			}
			f := finding{at: code.Range, path: fmt.Sprintf("%s.validExitCodes[%d]", p.Path, i),
				summary: fmt.Sprintf("%d is not an exit code", n), why: "it is a whole number of 32 bits with a sign"}
			if n > 0 && n <= math.MaxUint32 {
				signed := n - math.MaxUint32 - 1
				f.fix = fmt.Sprintf("write %d, which is the same code with a sign", signed)
				f.edits = r.replace(code.Range, fmt.Sprint(n), fmt.Sprint(signed))
			}
			r.add(f)
		}
	})
}

// exitCodes is about a list that replaces the default, [0], and forgets it.
func exitCodes(t *template.ImageTemplate, r *report) {
	powerShells(t, func(p *template.PowerShell) {
		all, ok := p.ValidExitCodes.Get()
		if !ok || len(all) == 0 || slices.ContainsFunc(all, func(c template.Int) bool { return !c.IsKnown() || c.Value == 0 }) {
			return
		}
		r.add(finding{at: p.ValidExitCodes.Range, path: p.Path + ".validExitCodes",
			summary: fmt.Sprintf("%s fails when its script ends well", label(p.Common)),
			why:     "the list replaces the default, which is 0 alone", fix: "add 0"})
	})
}
