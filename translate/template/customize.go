package template

import (
	"maps"

	"github.com/ingot-build/ingot/translate/armjson"
)

func (d *decoder) customizers(into *List[Customizer]) reader {
	return list(d, into, func(n *armjson.Node, path string) (Customizer, bool) {
		return union(d, n, path, "customizer", "ImageTemplateCustomizer", variants[Customizer]{
			"ImageTemplateShellCustomizer": func(n *armjson.Node, path string) Customizer {
				return d.shell(n, path, "a Shell customizer", "ImageTemplateShellCustomizer")
			},
			"ImageTemplateFileCustomizer": func(n *armjson.Node, path string) Customizer {
				return d.file(n, path, "a File customizer", "ImageTemplateFileCustomizer")
			},
			"ImageTemplatePowerShellCustomizer": func(n *armjson.Node, path string) Customizer {
				return d.powerShell(n, path, "a PowerShell customizer", "ImageTemplatePowerShellCustomizer")
			},
			"ImageTemplateRestartCustomizer":       func(n *armjson.Node, path string) Customizer { return d.windowsRestart(n, path) },
			"ImageTemplateWindowsUpdateCustomizer": func(n *armjson.Node, path string) Customizer { return d.windowsUpdate(n, path) },
		}, func(n *armjson.Node, path string) Customizer { return d.unknownCustomizer(n, path) })
	})
}

// validators are read as the customizers of the same name are.
func (d *decoder) validators(into *List[Validator]) reader {
	return list(d, into, func(n *armjson.Node, path string) (Validator, bool) {
		return union(d, n, path, "validator", "ImageTemplateInVMValidator", variants[Validator]{
			"ImageTemplateShellValidator": func(n *armjson.Node, path string) Validator {
				return d.shell(n, path, "a Shell validator", "ImageTemplateShellValidator")
			},
			"ImageTemplateFileValidator": func(n *armjson.Node, path string) Validator {
				return d.file(n, path, "a File validator", "ImageTemplateFileValidator")
			},
			"ImageTemplatePowerShellValidator": func(n *armjson.Node, path string) Validator {
				return d.powerShell(n, path, "a PowerShell validator", "ImageTemplatePowerShellValidator")
			},
		}, func(n *armjson.Node, path string) Validator {
			c := &UnknownValidator{Common: Common{Path: path, Range: n.Range}}
			d.openObject(n, path, "a validator", fields{"type": d.str(&c.Type), "name": d.str(&c.Name)})
			return c
		})
	})
}

// unknownCustomizer reads what every customizer has; for the rest the type is wanted.
func (d *decoder) unknownCustomizer(n *armjson.Node, path string) *UnknownCustomizer {
	c := &UnknownCustomizer{Common: Common{Path: path, Range: n.Range}}
	d.openObject(n, path, "a customizer", fields{"type": d.str(&c.Type), "name": d.str(&c.Name)})
	return c
}

// common reads a customizer or validator: what all have, and its own fields.
func (d *decoder) common(c *Common, n *armjson.Node, path, what, typ string, own fields, needs ...string) {
	c.Path, c.Range = path, n.Range
	own["name"] = d.str(&c.Name)
	d.object(n, path, form{what: what, typ: typ, fields: own, needs: needs})
}

// script has the fields of whatever runs a script or inline commands.
func (d *decoder) script(s *Script, own fields) fields {
	all := fields{
		"inline":         d.strings(&s.Inline),
		"script":         d.str(&s.ScriptURI),
		"scriptUri":      d.str(&s.ScriptURI),
		"sha256Checksum": d.str(&s.SHA256Checksum),
	}
	maps.Copy(all, own)
	return all
}

func (d *decoder) shell(n *armjson.Node, path, what, typ string) *Shell {
	c := &Shell{}
	d.common(&c.Common, n, path, what, typ, d.script(&c.Script, nil))
	return c
}

func (d *decoder) file(n *armjson.Node, path, what, typ string) *File {
	c := &File{}
	d.common(&c.Common, n, path, what, typ, fields{
		"sourceUri":      d.str(&c.SourceURI),
		"sha256Checksum": d.str(&c.SHA256Checksum),
		"destination":    d.str(&c.Destination),
	}, "sourceUri", "destination")
	return c
}

func (d *decoder) powerShell(n *armjson.Node, path, what, typ string) *PowerShell {
	c := &PowerShell{}
	d.common(&c.Common, n, path, what, typ, d.script(&c.Script, fields{
		"runElevated":    d.boolean(&c.RunElevated),
		"runAsSystem":    d.boolean(&c.RunAsSystem),
		"validExitCodes": d.ints(&c.ValidExitCodes),
	}))
	return c
}

func (d *decoder) windowsRestart(n *armjson.Node, path string) *WindowsRestart {
	c := &WindowsRestart{}
	d.common(&c.Common, n, path, "a WindowsRestart customizer", "ImageTemplateRestartCustomizer", fields{
		"restartCommand":      d.str(&c.RestartCommand),
		"restartCheckCommand": d.str(&c.RestartCheckCommand),
		"restartTimeout":      d.str(&c.RestartTimeout),
	})
	return c
}

func (d *decoder) windowsUpdate(n *armjson.Node, path string) *WindowsUpdate {
	c := &WindowsUpdate{}
	d.common(&c.Common, n, path, "a WindowsUpdate customizer", "ImageTemplateWindowsUpdateCustomizer", fields{
		"searchCriteria": d.str(&c.SearchCriteria),
		"filters":        d.strings(&c.Filters),
		"updateLimit":    d.integer(&c.UpdateLimit),
	})
	return c
}
