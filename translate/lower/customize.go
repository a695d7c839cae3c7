package lower

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

func lowerCustomizers(l *lowering) {
	for i, c := range l.t.Customize.Value {
		base := c.Base()
		step := plan.Step{
			ID:     fmt.Sprintf("customize[%d]", i),
			Name:   base.Name.Value,
			Origin: plan.Origin{Path: base.Path, Range: base.Range},
		}
		number := i + 1 // a person counts scripts from 1
		switch c := c.(type) {
		case *template.Shell:
			step.Shell = &plan.Shell{Script: shellScript(number, c)}
		case *template.File:
			step.File = &plan.File{
				Content:     fetched(number, base, c.SourceURI, "sourceUri", c.SHA256Checksum),
				Destination: c.Destination.Value,
			}
			l.refuseBraces(c)
		default:
			panic(fmt.Sprintf("lower: customizer %T should not have passed check", c)) // the other cases are for Windows
		}
		l.p.Steps = append(l.p.Steps, step)
	}
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
		Fix:     "choose another path, and rename the file in a Shell customizer after this one",
	})
}

// shellScript is the script of a Shell customizer, wherever it is.
func shellScript(number int, c *template.Shell) plan.Content {
	if c.ScriptURI.IsSet() {
		return fetched(number, c.Common, c.ScriptURI, "scriptUri", c.SHA256Checksum)
	}
	return plan.Content{
		FileName: fileName(number, c.Name.Value, "", "inline.sh"),
		Text:     inlineText(c.Inline.Value),
		Origin:   plan.Origin{Path: c.Path + ".inline", Range: c.Inline.Range},
	}
}

// inlineText is the script that Packer would make of inline commands: one line each, ending at the first that fails.
func inlineText(lines []template.String) string {
	var b strings.Builder
	b.WriteString("#!/bin/sh -e\n")
	for _, line := range lines {
		b.WriteString(line.Value + "\n")
	}
	return b.String()
}

// fetched is content behind a URI, written in the given property. A checksum of "" means the same as none.
func fetched(number int, base template.Common, uri template.String, property string, sum template.String) plan.Content {
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
