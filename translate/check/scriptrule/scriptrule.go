// Package scriptrule is what a rule about a script is, in whatever language: translate/check/shell and translate/check/powershell
// have the rules, and translate/check asks them for each script of an image template.
package scriptrule

import "github.com/ingot-build/ingot/translate/diag"

// Rule is one thing that is checked of a script. F is what its language makes of a script: the parsed text.
type Rule[F any] struct {
	Code      diag.Code
	Severity  diag.Severity
	Summary   string // what a finding of this rule says, in general terms
	Reference string // where the rule comes from
	Check     func(f F, report func(Finding))
}

// Finding is what a rule says about one stretch of a script. Code and severity come from the rule, and the places from the script.
type Finding struct {
	From, To          int // byte offsets in the text of the script
	Summary, Why, Fix string
	Edits             []Edit // together they mend it; only where there is one right answer
}

// Edit replaces a stretch of a script.
type Edit struct {
	From, To int
	Text     string
}
