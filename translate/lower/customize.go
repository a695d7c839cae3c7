package lower

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

func lowerCustomizers(l *lowering) {
	for i, c := range l.t.Customize.Value {
		step := step(fmt.Sprintf("customize[%d]", i), c.Base())
		number := fmt.Sprintf("%02d", i+1) // a person counts scripts from 1
		switch c := c.(type) {
		case *template.Shell:
			step.Shell = &plan.Shell{Script: shellScript(number, c)}
		case *template.File:
			step.File = l.file(number, c)
		case *template.PowerShell:
			step.PowerShell = powerShell(number, c)
		case *template.WindowsRestart:
			step.WindowsRestart = l.windowsRestart(c)
		case *template.WindowsUpdate:
			step.WindowsUpdate = l.windowsUpdate(c)
		default:
			panic(fmt.Sprintf("lower: customizer %T should not have passed check", c))
		}
		l.p.Steps = append(l.p.Steps, step)
	}
}

func step(id string, base template.Common) plan.Step {
	return plan.Step{ID: id, Name: base.Name.Value, Origin: plan.Origin{Path: base.Path, Range: base.Range}}
}

func (l *lowering) file(number string, c *template.File) *plan.File {
	l.refuseBraces(c)
	return &plan.File{
		Content:     fetched(number, c.Common, c.SourceURI, "sourceUri", c.SHA256Checksum),
		Destination: l.exact(c.Destination, c.Path+".destination"),
	}
}

func powerShell(number string, c *template.PowerShell) *plan.PowerShell {
	s := &plan.PowerShell{
		Script:   script(number, c.Common, c.Script, "inline.ps1", ""),
		Elevated: c.RunElevated.Value,
		AsSystem: c.RunAsSystem.Value,
	}
	for _, code := range c.ValidExitCodes.Value {
		s.ValidExitCodes = append(s.ValidExitCodes, code.Value)
	}
	return s
}

func (l *lowering) windowsRestart(c *template.WindowsRestart) *plan.WindowsRestart {
	return &plan.WindowsRestart{
		Command:      l.exact(c.RestartCommand, c.Path+".restartCommand"),
		CheckCommand: l.exact(c.RestartCheckCommand, c.Path+".restartCheckCommand"),
		Timeout:      l.exact(c.RestartTimeout, c.Path+".restartTimeout"),
	}
}

func (l *lowering) windowsUpdate(c *template.WindowsUpdate) *plan.WindowsUpdate {
	u := &plan.WindowsUpdate{
		SearchCriteria: l.exact(c.SearchCriteria, c.Path+".searchCriteria"),
		UpdateLimit:    c.UpdateLimit.Value,
	}
	for i, filter := range c.Filters.Value {
		u.Filters = append(u.Filters, l.exact(filter, fmt.Sprintf("%s.filters[%d]", c.Path, i)))
	}
	return u
}

// exact returns a text that becomes an HCL string. Text that HCL would change is refused: it normalizes all strings to Unicode's
// form NFC, and a path or a command in another form is another one.
func (l *lowering) exact(s template.String, path string) string {
	if !norm.NFC.IsNormalString(s.Value) {
		l.diags.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeNotNFC, Subject: s.Range, Path: path,
			Summary: fmt.Sprintf("%q is not in Unicode's form NFC", s.Value),
			Why:     "a Packer template can only hold text in that form, and would have other bytes here",
			Fix:     fmt.Sprintf("write %q, or do it in a script, where bytes stay as they are", norm.NFC.String(s.Value)),
		})
	}
	return s.Value
}

// refuseBraces refuses a destination that no Packer template can name. Packer's file provisioner renders it as a Go template over
// and over until nothing changes, so there is no way to escape "{{".
func (l *lowering) refuseBraces(c *template.File) {
	if !strings.Contains(c.Destination.Value, "{{") {
		return
	}
	l.diags.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodePackerBraces, Subject: c.Destination.Range, Path: c.Path + ".destination",
		Summary: fmt.Sprintf("the destination %q contains \"{{\"", c.Destination.Value),
		Why:     "Packer takes it for the start of a template, and has no way to write it",
		Fix:     "choose another path, and rename the file in a script after this one",
	})
}

func shellScript(number string, c *template.Shell) plan.Content {
	return script(number, c.Common, c.Script, "inline.sh", "#!/bin/sh -e\n")
}

// script is the script of a customizer, wherever it is. Inline commands become the script that Packer would make of them: the
// head, and a line for each.
func script(number string, base template.Common, s template.Script, fallback, head string) plan.Content {
	if s.ScriptURI.IsSet() {
		return fetched(number, base, s.ScriptURI, "scriptUri", s.SHA256Checksum)
	}
	var b strings.Builder
	b.WriteString(head)
	lines := make(plan.Lines, strings.Count(head, "\n"))
	for _, line := range s.Inline.Value {
		b.WriteString(line.Value + "\n")
		for range 1 + strings.Count(line.Value, "\n") {
			lines = append(lines, line.Range)
		}
	}
	return plan.Content{
		FileName: fileName(number, base.Name.Value, "", fallback),
		Text:     b.String(),
		Origin:   plan.Origin{Path: base.Path + ".inline", Range: s.Inline.Range},
		Lines:    lines,
	}
}

// fetched is content behind a URI, written in the given property. A checksum of "" means the same as none.
func fetched(number string, base template.Common, uri template.String, property string, sum template.String) plan.Content {
	c := plan.Content{
		FileName: fileName(number, base.Name.Value, uri.Value, property),
		URI:      uri.Value,
		SHA256:   strings.ToLower(sum.Value),
		Origin:   plan.Origin{Path: base.Path + "." + property, Range: uri.Range},
	}
	if sum.Value != "" {
		c.ChecksumOrigin = plan.Origin{Path: base.Path + ".sha256Checksum", Range: sum.Range}
	}
	return c
}
