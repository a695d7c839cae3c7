// Package check holds the rules that a decoded image template must keep, one to a file.
//
// A rule says something about the text that the shape alone does not: two properties exclude each other, an id has the wrong
// form, a target cannot do what is asked. Rules are independent of each other and of their order. What Ingot does not
// cover yet is refused by a rule as well, with a code from ING3003 on, so that it is never skipped in silence.
//
// A rule never guesses. Values may not be known before the deployment (see template.Written), and a rule speaks only of what holds
// whatever they turn out to be. So it asks v.Get() for a value; v.IsSet() and v.IsAbsent() for its presence, each of which is false
// when that is not known; t.Since(x) and t.Before(x) for the api-version, likewise. What it stays silent about is listed by
// template.Unknowns, and translate/lower refuses to build without what the build needs.
//
// A new rule is a file rule_<name>.go, its constant in codes.go, its line in the table of Rules, and a pair of
// testdata/err/<name>.json and .out. docs/diagnostics.md is made from the table.
package check

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

// The targets.
const (
	QEMU  = "qemu"  // builds on this machine
	Azure = "azure" // a Packer template for it can be made
)

// What else a rule may be about.
const (
	qemuBuild = QEMU + ", to build" // what cannot be built on this machine yet, whereas a Packer template can be made of it
	anyTarget = "any"               // what has no form in any Packer template
)

// Rule is one thing that is checked.
type Rule struct {
	Code      diag.Code
	Severity  diag.Severity
	Summary   string // what a finding of this rule says, in general terms
	Reference string // where the rule comes from
	Target    string // what the rule is about: a target, qemuBuild or anyTarget; "" for the text alone; see Scope

	check func(t *template.ImageTemplate, r *report)
}

// Scope says when the rule is asked, in words; "" for always.
func (r Rule) Scope() string {
	switch r.Target {
	case "":
		return ""
	case qemuBuild:
		return "only for a build on this machine, and with validate --target " + QEMU + "; translate takes it"
	case anyTarget:
		return "only for build and translate, and with validate --target " + QEMU
	default:
		return "only with --target " + r.Target
	}
}

// Options say what Check looks at. The zero Options looks at the image template alone.
type Options struct {
	Target string // whose limits count too: QEMU, Azure; "" for none
	// Translate says that a Packer template is made and nothing is built: what only stands in the way of a build does not count.
	Translate bool
	Files     map[string][]byte // texts of the files that the template is made of, to point into strings; some may be missing
	// Script gives what is at a scriptUri, without a download: nil, or ok is false, where that cannot be had.
	Script func(uri, sha256Checksum string) (file string, data []byte, ok bool)
	// Scripts gives the scripts of the template, where the caller has taken them out already: nil has that done with Files and Script.
	Scripts func() []*script.Script
	Skip    func(Rule) bool // rules that are not asked; nil for all to be asked
}

// table is made once: a thousand templates would make it a thousand times.
var table = sync.OnceValue(Rules)

// Check runs the rules. It copes with templates that Decode found errors in. Findings are in file order. An unknown target is a
// fault of the program and panics.
func Check(t *template.ImageTemplate, o Options) diag.List {
	if o.Target != "" && o.Target != QEMU && o.Target != Azure {
		panic(fmt.Sprintf("check: unknown target %q", o.Target))
	}
	var list diag.List
	scripts := o.Scripts
	if scripts == nil {
		scripts = sync.OnceValue(func() []*script.Script { return script.Of(t, o.Files, o.Script) })
	}
	parsed := map[*script.Script]any{}
	for _, rule := range table() {
		if o.asks(rule) {
			rule.check(t, &report{rule: rule, list: &list, target: o.Target, translate: o.Translate, files: o.Files, scripts: scripts, parsed: parsed})
		}
	}
	list.Sort()
	return list
}

// asks reports whether a rule counts.
func (o *Options) asks(rule Rule) bool {
	switch rule.Target {
	case "":
	case anyTarget:
		if o.Target == "" {
			return false
		}
	case qemuBuild:
		if o.Target != QEMU || o.Translate {
			return false
		}
	default:
		if rule.Target != o.Target {
			return false
		}
	}
	return o.Skip == nil || !o.Skip(rule)
}

// report collects the findings of one rule.
type report struct {
	rule      Rule
	list      *diag.List
	target    string            // of Options
	translate bool              // of Options
	files     map[string][]byte // of Options
	scripts   func() []*script.Script
	parsed    map[*script.Script]any // what their languages make of them
}

// finding is what a rule says about one place; code and severity come from the rule.
type finding struct {
	at                diag.Range
	path              string
	summary, why, fix string
	related           diag.Range
	relatedMessage    string
	edits             []diag.Edit
}

func (r *report) add(f finding) {
	d := diag.Diagnostic{
		Severity: r.rule.Severity, Code: r.rule.Code, Subject: f.at, Path: f.path, Summary: f.summary, Why: f.why, Fix: f.fix,
		Edits: f.edits,
	}
	if f.relatedMessage != "" {
		d.Related = []diag.Note{{Message: f.relatedMessage, Range: f.related}}
	}
	r.list.Add(d)
}

// oneOf reports a value that is not among the known ones. Upper and lower case count, as in the service. A value that was not
// written, or as "", is not looked at.
func (r *report) oneOf(s template.String, path string, known ...string) {
	if v, ok := s.Get(); !ok || v == "" || slices.Contains(known, v) || template.Placeholder(v) != "" {
		return
	}
	why := ""
	near := diag.Near(s.Value, known)
	if strings.EqualFold(near, s.Value) {
		why = "upper and lower case count here"
	}
	name := path[strings.LastIndexByte(path, '.')+1:]
	f := finding{at: s.Range, path: path, summary: fmt.Sprintf("%q is %q", name, s.Value), why: why,
		fix: diag.KnownNames(s.Value, known)}
	if why != "" {
		f.edits = r.rewrite(s, near)
	}
	r.add(f)
}

// label names a customizer or validator in a message: by its name where it has one, else by its place.
func label(c template.Common) string {
	switch {
	case c.Name.Value != "" && strings.HasPrefix(c.Path, "properties.validate."):
		return fmt.Sprintf("validator %q", c.Name.Value)
	case c.Name.Value != "":
		return fmt.Sprintf("customizer %q", c.Name.Value)
	}
	return strings.TrimPrefix(c.Path, "properties.")
}

// scripts calls f for every customizer and validator that runs a script.
func scripts(t *template.ImageTemplate, f func(template.Common, template.Script)) {
	one := func(c any) {
		switch c := c.(type) {
		case *template.Shell:
			f(c.Common, c.Script)
		case *template.PowerShell:
			f(c.Common, c.Script)
		}
	}
	for _, c := range t.Customize.Value {
		one(c)
	}
	for _, v := range t.Validate.InVMValidations.Value {
		one(v)
	}
}

// copies calls f for every customizer and validator that copies a file.
func copies(t *template.ImageTemplate, f func(*template.File)) {
	for _, c := range t.Customize.Value {
		if file, ok := c.(*template.File); ok {
			f(file)
		}
	}
	for _, v := range t.Validate.InVMValidations.Value {
		if file, ok := v.(*template.File); ok {
			f(file)
		}
	}
}
